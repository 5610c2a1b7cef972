"""Stopping by marginal value: epochs go to the training, a new one or one more of a finished network."""
