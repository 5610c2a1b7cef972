"""Strongly labelled lists: which sounds lie where in recordings, one module a format, recognised by content."""
