"""What the loop misses and alarms falsely on streams: matching, DET curves, thresholds, measures with intervals."""
