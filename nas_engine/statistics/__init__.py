"""Statistics for comparing trained networks: accuracies over seeds and clips, energies over repeats, in words."""
