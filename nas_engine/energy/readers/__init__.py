"""Readers of measurement files: one module a format, chosen by what is in a file and not by its name."""
