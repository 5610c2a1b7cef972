"""Programs that measure what Earshot claims. `make bench` runs most of them and writes one JSON; `make bench-search`
compares search and early stopping with others.
"""
