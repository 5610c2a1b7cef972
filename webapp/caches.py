"""Caches that a process of the web application keeps between requests or tasks, by name.

All hold what never changes under its key (content by hash, results of pure functions, results of a study as of its
last event), so nothing has to be cleared.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

R = TypeVar("R")

MOST_KEPT: Mapping[str, int] = {
    "accuracy cells": 4_096,  # of tables, some hundred bytes each
    "accuracy intervals": 16_384,  # two numbers each
    "architecture bars": 4_096,  # the small pictures in tables, some hundred bytes each
    "differences of networks": 256,  # some kB each
    "charts of studies": 64,  # JSON, up to 0.3 MB each
    "drawings of studies": 64,  # SVG, some 20 kB each
    "energy predictors": 8,  # some MB each
    "expected rewards": 32,  # of all trials of a study, up to 0.3 MB at 10,000 trials
    "importances": 8,  # of the choices of a study, with the levels of its networks, up to 1 MB each
    "least accuracies above chance": 256,
    "networks": 4,  # .tflite files that are listened with, some hundred kB each
    "presets": 1,  # the study files that come with Earshot
    "results of studies": 32,  # of all completed trials, up to 1 MB at 10,000 trials
    "spaces": 64,  # distributions of networks drawn from a space
    "shares within hard limits": 64,
    "views of studies": 64,  # one chart with its drawings, sentences and table, some 100 kB each
    "unfinished trials of studies": 64,  # up to 200 with their costs, and all numbers, some 10 kB each
    "traces": 4,  # plotted points of a trace, some MB each
}
"""Greatest number of entries of each cache; those unused for longest go."""
MOST_PARAMETERS_COUNTED = 50_000
published_parameters: dict[str, int] = {}
"""Parameters as the paper counts them, by an architecture's hash."""
MOST_ENCODED = 100_000
encoded_networks: dict[tuple[str, str], tuple[int, ...] | None] = {}
"""Options of a network at each position, None where it is not of the space; by the space's digest and the hash."""


def kept(name: str) -> "Callable[[Callable[..., R]], _lru_cache_wrapper[R]]":
    """Decorator that keeps a function's results under `name`, one of `MOST_KEPT`."""
    return cast("Callable[[Callable[..., R]], _lru_cache_wrapper[R]]", lru_cache(maxsize=MOST_KEPT[name]))
