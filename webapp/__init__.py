"""The Django application: studies, trials, datasets, the workers that carry them out and the pages that show them."""
