"""Designers: what to try next. The only package that imports JAX and Vizier; `registry.create` makes every one."""
