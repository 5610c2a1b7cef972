"""Regression on tables of networks: Gaussian process, forest, additive model, ensembles, active learning."""
