"""Readers of programs that log the power sensors and counters of the computer they run on. Indicative."""
