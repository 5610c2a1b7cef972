"""Parsing shared by readers: text, tables, units, clocks, archives, and the checks of power and timing."""
