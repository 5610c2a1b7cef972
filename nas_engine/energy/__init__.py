"""Energy per inference (mJ): measured with power monitors, and predicted by energy models."""
