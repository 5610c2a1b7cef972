"""The only package that imports the engine's heavy modules (TensorFlow, JAX, Vizier)."""
