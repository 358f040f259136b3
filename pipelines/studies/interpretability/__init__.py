"""The axis interpretability: which pixels mattered, and how faithful that explanation is."""
