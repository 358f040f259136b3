"""The axis interpretability: which pixels mattered, and what that explanation is worth."""
