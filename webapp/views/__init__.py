"""Pages: authorise, validate, call one service, render."""
