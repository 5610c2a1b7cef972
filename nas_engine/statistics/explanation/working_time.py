"""When workers worked and when they waited, from the begin and end of their trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Span = tuple[float, float]
"""Begin and end in seconds."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """One worker's time from its first trial's begin to its last one's end.

    `busy_seconds` counts trials that overlap once; `longest_gap` is the longest time between two trials, None where
    there is none.
    """

    worker: str
    trials: int
    first_seconds: float
    last_seconds: float
    busy_seconds: float
    longest_gap: Span | None

    @property
    def present_seconds(self) -> float:
        """From the first begin to the last end."""
        return self.last_seconds - self.first_seconds

    @property
    def idle_seconds(self) -> float:
        """Time between its first and its last trial in which it had none."""
        return self.present_seconds - self.busy_seconds


def working_time(worker: str, spans: Sequence[Span]) -> WorkingTime:
    """Of the trials of one worker, at least one, in any order."""
    merged = merged_spans(spans, 0.0)
    gaps = [(before[1], after[0]) for before, after in pairwise(merged)]
    return WorkingTime(
        worker=worker,
        trials=len(spans),
        first_seconds=merged[0][0],
        last_seconds=merged[-1][1],
        busy_seconds=sum(end - begin for begin, end in merged),
        longest_gap=max(gaps, key=lambda gap: gap[1] - gap[0], default=None),
    )


def merged_spans(spans: Sequence[Span], gap_seconds: float) -> list[Span]:
    """The spans in their order, those with at most `gap_seconds` between them as one."""
    if not spans:
        return []
    found = np.array(sorted(spans), np.float64)
    ends = np.maximum.accumulate(found[:, 1])
    starts_new = np.concatenate([[True], found[1:, 0] - ends[:-1] > gap_seconds])
    begins = found[starts_new, 0]
    last = np.concatenate([np.flatnonzero(starts_new)[1:] - 1, [len(found) - 1]])
    return list(zip(begins.tolist(), ends[last].tolist(), strict=True))
