"""Energy per inference: read from power monitors, and predicted before anyone has measured."""
