"""How long a detector takes, and how many images a second."""
