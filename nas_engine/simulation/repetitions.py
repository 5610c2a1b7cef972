"""Noise of training on the clips of a recording without repetitions, from networks trained several times elsewhere.

`repetitions.json`, next to the recordings: by a recording's name, int8 accuracies (0..1) of trainings, a list for each
network.
"""

import json
from pathlib import Path

from nas_engine.simulation.recorded_trainings import pooled_deviation

REPETITIONS = "repetitions.json"


def known_noise(recording: Path) -> float | None:
    """Standard deviation (0..1) between trainings of one network; None where nothing is kept for this recording."""
    path = recording.with_name(REPETITIONS)
    if not path.exists():
        return None
    accuracies = json.loads(path.read_text(encoding="utf-8")).get(recording.stem)
    return None if accuracies is None else pooled_deviation(accuracies)
