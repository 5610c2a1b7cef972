"""Front ends from elsewhere, which a dataset may have instead of Earshot's own: their features, streams and effects."""
