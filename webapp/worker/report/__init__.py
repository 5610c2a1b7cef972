"""Reports of studies and comparisons: what stands in them, apart from the forms in which they are written."""
