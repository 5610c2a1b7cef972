"""Designers, which suggest architectures; see `registry.create`. The only package that imports JAX and Vizier."""
