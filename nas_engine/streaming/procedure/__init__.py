"""One evaluation on streams from its settings to its outcome: clips parted, thresholds chosen, mistakes listed."""
