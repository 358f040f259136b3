"""The page on which a person decides about what an audit of labels suspects."""
