"""Evaluation on continuous sound: streams, the always-on loop, its detections, and what they miss or alarm falsely."""
