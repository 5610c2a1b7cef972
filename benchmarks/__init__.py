"""Programs that measure what Earshot claims. `make bench` runs them all and writes one JSON."""
