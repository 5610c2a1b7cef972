"""Write side: one keyword-only function for each change of state of a study, a trial or a dataset."""
