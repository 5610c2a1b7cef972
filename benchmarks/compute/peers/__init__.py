"""Peers of the comparison: a module for each library, loaded only where one of its entrants takes part."""
