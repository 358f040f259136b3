"""The axis features: one SVM on features made by hand and learnt."""
