"""The write side: every move of a study, a trial or a dataset is one keyword-only function here."""
