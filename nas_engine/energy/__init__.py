"""Energy per inference: what models predict before anyone has measured."""
