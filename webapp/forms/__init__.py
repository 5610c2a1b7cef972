"""Validated input from users and files."""
