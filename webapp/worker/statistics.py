"""Statistics of an opening of the test split, in the worker: SciPy stays out of the web process."""

from collections.abc import Mapping, Sequence
from typing import Any

from nas_engine.evaluation_result import BothSplits
from webapp.models import SplitOpening


def statistics_of(
    opening: SplitOpening, answers: BothSplits, recordings: Mapping[str, Sequence[str]]
) -> Mapping[str, Any]:
    return {}
