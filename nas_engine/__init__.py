"""Earshot's engine: searches for audio classifiers that can listen all day on a battery.

A library without Django, Celery, Plotly or HTTP. Importing this package loads nothing heavy: value types, costs and
search spaces are pure Python and NumPy; TensorFlow is imported in `network`, JAX and Vizier in `designers`,
scikit-learn in `energy`.
"""
