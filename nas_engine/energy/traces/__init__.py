"""Traces of power: integration, windows, alignment, idle power, checks, statistics, plots."""
