"""Feature pack of random values with the size of a small real set, for benchmarks that time training."""

from pathlib import Path

import numpy as np

from nas_engine.audio.cache import Example, write_pack
from nas_engine.audio.frontend import FrontendConfig

CLASSES = (*(f"class {number}" for number in range(8)), "negative")
CLIPS = {"train": 640, "eval": 192}


def random_pack(path: Path) -> Path:
    """Write a pack of noise clips of 1.5 to 5 s, half of them negatives, to `path`."""
    rng = np.random.default_rng(0)
    config = FrontendConfig()
    write_pack(
        path,
        (
            Example(
                split,
                CLASSES[-1] if number % 2 else CLASSES[number // 2 % 8],
                f"{split}-{number}",
                rng.normal(-6.0, 2.0, (rng.integers(75, 250), config.mel_bins)).astype(np.float32),
            )
            for split, clips in CLIPS.items()
            for number in range(clips)
        ),
        config,
        CLASSES,
    )
    return path
