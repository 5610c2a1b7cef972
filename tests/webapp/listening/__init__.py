"""The listening process."""
