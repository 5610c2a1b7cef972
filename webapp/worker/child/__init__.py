"""Child processes that hold TensorFlow: one way for workers to start them, give them jobs and survive their death.

`messages` is what both ends exchange, `process` the worker's end, `__main__` the child's; `training` and `bench` do the
jobs. Workers import the first two alone, so that they stay light.
"""
