"""Gaussian process over options and numbers: encoding, kernel, likelihood, fit, prediction."""
