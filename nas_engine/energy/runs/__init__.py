"""Runs: from the files of one network on one device to its energy per inference."""
