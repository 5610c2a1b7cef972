"""Early stopping of trainings by forecasts of the final reward from the learning curve so far."""
