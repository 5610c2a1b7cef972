import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from nas_engine.designers.jax_setup import limit_threads, tensorflow_kept_out

_CONFIGURED = """
import json, os, sys
from nas_engine.designers.jax_setup import configure
configure()
import jax
from threadpoolctl import threadpool_info
blas = sorted({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"})
dtype, folder = str(jax.numpy.ones(3).dtype), jax.config.jax_compilation_cache_dir
print(json.dumps({"dtype": dtype, "folder": folder, "flags": os.environ["XLA_FLAGS"], "blas": blas}))
"""

_THREADS = ("NPROC", "XLA_FLAGS", "OPENBLAS_NUM_THREADS")


def configured(**environment: str) -> dict[str, Any]:
    process = subprocess.run(
        [sys.executable, "-c", _CONFIGURED],
        check=True,
        capture_output=True,
        text=True,
        env={key: value for key, value in os.environ.items() if key not in _THREADS} | environment,
    )
    result: dict[str, Any] = json.loads(process.stdout)
    return result


def test_jax_computes_in_64_bits_on_one_thread_and_keeps_compiled_code_where_it_is_told(tmp_path):
    result = configured(EARSHOT_JAX_CACHE=str(tmp_path))
    assert result["dtype"] == "float64"
    assert result["folder"] == str(tmp_path)
    assert any(tmp_path.iterdir()), "what is compiled in no time is kept, too"
    assert result["flags"] == "--xla_cpu_multi_thread_eigen=false"
    assert result["blas"] == [1]


def test_flags_that_the_person_has_set_stay(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.setenv("NPROC", "6")
    limit_threads()
    limit_threads()
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false --xla_cpu_multi_thread_eigen=false"
    assert os.environ["NPROC"] == "6"


def test_tensorflow_can_be_imported_again_afterwards(monkeypatch):
    for name in [module for module in sys.modules if module.partition(".")[0] == "tensorflow"]:
        monkeypatch.delitem(sys.modules, name)
    with tensorflow_kept_out(), pytest.raises(ImportError, match="tensorflow"):
        import_module("tensorflow.python.ops")
    assert "tensorflow" not in sys.modules
