"""Readers of what Joulescope's instruments (JS110, JS220, JS320), programs and scripts write."""
