"""One thread for every test with TensorFlow, as in a training worker."""

from functools import cache

from nas_engine.network.keras import configure


@cache
def use_one_thread() -> None:
    """To be called at import: TensorFlow takes the number of threads before its first operation only."""
    configure(1)
