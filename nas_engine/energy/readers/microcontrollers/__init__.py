"""Readers of what firmware and tools of microcontrollers print: times of one inference on the device."""
