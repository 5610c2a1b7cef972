"""Configuration of JAX in the search process: 64 bits, one thread, compilation cache, no import of TensorFlow."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

CACHE_VARIABLE = "EARSHOT_JAX_CACHE"  # a folder; unset: compiled code is not kept


def configure(cache_folder: str | None = None) -> None:
    """Configure JAX for Vizier's Gaussian processes. Call before the first array; idempotent.

    `cache_folder` (default: environment variable EARSHOT_JAX_CACHE) keeps compiled code between processes.
    """
    import jax

    limit_threads()
    set_option: Callable[[str, object], None] = jax.config.update
    set_option("jax_enable_x64", True)  # Vizier's models are written for 64 bits and fail without
    folder = cache_folder or os.environ.get(CACHE_VARIABLE)
    if folder:
        set_option("jax_compilation_cache_dir", folder)
        # By default only what takes a second to compile is kept. The Gaussian process is eighty small functions: kept,
        # the first suggestion of a new process takes half the time.
        set_option("jax_persistent_cache_min_compile_time_secs", 0.0)


def limit_threads(threads: int = 1) -> None:
    """Keep XLA and BLAS to `threads` threads, so that a search does not take the processors that train.

    XLA reads these variables when JAX first computes; later calls have no effect. Flags already set in the environment
    are kept. JAX factorises and solves with SciPy's OpenBLAS, whose threads spin while they wait for each other: during
    training, two of them took three times the processor time of one.
    """
    os.environ.setdefault("NPROC", str(threads))  # the size of XLA's pool for operations
    flags = os.environ.get("XLA_FLAGS", "")
    if threads == 1 and "xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        importlib.import_module("scipy.linalg")  # loads the library that is to be limited
        threadpool_limits(threads, user_api="blas")


@contextmanager
def tensorflow_kept_out() -> Iterator[None]:
    """Context in which importing TensorFlow fails, unless it is loaded already.

    TensorFlow Probability's JAX side, which Vizier builds on, imports TensorFlow where it is installed, only to copy
    docstrings. Without it the search worker starts in half the time and takes 500 MB less.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules
    modules["tensorflow"] = None  # Python's documented way to forbid an import
    try:
        yield
    finally:
        del sys.modules["tensorflow"]
