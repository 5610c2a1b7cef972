"""Earshot's engine: searches for audio classifiers that can listen all day on a battery.

A library. It knows nothing of Django, Celery, Plotly or HTTP, and importing this package loads nothing heavy: the
value types, costs and search spaces are pure Python (and NumPy); TensorFlow lives in `network`, JAX and Vizier in
`designers`, scikit-learn in `energy`.
"""
