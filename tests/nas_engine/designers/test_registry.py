import subprocess
import sys

import numpy as np
import pytest

from nas_engine.designers import registry
from nas_engine.designers.base import Outcome
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.spaces import small_2d


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no designer 'hyperbee'; known are random, eagle, gaussian_process, "):
        registry.create("hyperbee", small_2d(), seed=0)


@pytest.mark.parametrize("name", ["eagle", "evolution", "hyperfirefly", "nsga2"])
def test_a_history_of_another_space_is_refused(name):
    stranger = Outcome(1, paper_2d().sample(np.random.default_rng(0)), 0.5)
    with pytest.raises(ValueError, match="not in the search space small_2d"):
        registry.create(name, small_2d(), seed=0, history=[stranger])


_LOADED = """
import sys
from nas_engine.designers import registry
from nas_engine.testing.spaces import tiny_2d
registry.create({name!r}, tiny_2d(), seed=0)
print(*(module for module in ("vizier", "jax", "tensorflow") if module in sys.modules))
"""


@pytest.mark.parametrize(
    ("name", "loaded"), [("random", ""), ("evolution", ""), ("nsga2", ""), ("gaussian_process", "vizier jax")]
)
def test_a_designer_loads_what_it_needs_and_never_tensorflow(name, loaded):
    process = subprocess.run(
        [sys.executable, "-c", _LOADED.format(name=name)], check=True, capture_output=True, text=True
    )
    assert process.stdout.strip() == loaded
