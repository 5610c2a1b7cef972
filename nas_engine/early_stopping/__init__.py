"""When a training is not worth its remaining epochs: forecasts of the final reward from the curve so far."""
