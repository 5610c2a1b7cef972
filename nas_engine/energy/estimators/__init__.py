"""Energy predictors: analytical cost model, learned predictors, their training and validation, proposals."""
