"""What the completed trials of a study say about its search space: which choices of a block decide, and how much."""
