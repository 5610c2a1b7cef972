"""The test split: opened by `opening`, answered by `answers`, imported by the process of a recorded opening alone."""
