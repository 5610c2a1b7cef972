"""Sound files by content: recognised, and opened so that they are read to their end."""
