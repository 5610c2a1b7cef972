"""Readers of measurement files: one module per format, chosen by the content of a file and not by its name."""
