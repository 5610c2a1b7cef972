"""Deployment: what a trained network needs on a device, as files, and what it takes there."""
