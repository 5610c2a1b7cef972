"""The always-on loop compiled for the host with sanitizers, and the loop as its definition reads."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.frontend.files import c_files
from nas_engine.deployment.loop.constants import NAME, SOURCES, constants_header
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.deployment.frontend.compiled import SANITIZERS, WARNINGS, write_files
from tests.nas_engine.deployment.frontend.sounds import description_of, hard_clips

LABELS = ("alarm", "dog_bark", "negative")
OUTPUT = {"shape": [1, 3], "dtype": "int8", "scale": 1 / 256, "zero_point": -128}


def description() -> dict[str, Any]:
    """frontend.json of a network of these classes."""
    return description_of(hard_clips()) | {"output": OUTPUT}


def sources(folder: Path, settings: LoopSettings) -> Path:
    header = constants_header(LABELS, 1024, settings, description())
    files = {path.name: path.read_bytes() for path in SOURCES} | {NAME: header.encode()}
    return write_files(folder, c_files(description()) | files)


def program(folder: Path, name: str, settings: LoopSettings, options: tuple[str, ...] = ()) -> Path:
    """`decide.c` or `hear.c` with a loop of these settings."""
    made = sources(folder, settings)
    parts = [Path(__file__).with_name(name), made / "earshot_loop.c", made / "earshot_frontend.c"]
    command = ["gcc", *WARNINGS, *SANITIZERS, *options, f"-I{made}", *parts, "-lm", "-o", made / Path(name).stem]
    built = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return made / Path(name).stem


def detections_in_c(program: Path, outputs: NDArray[np.int8]) -> list[tuple[int, int]]:
    """(window, class) of each detection."""
    ran = subprocess.run([program], input=outputs.tobytes(), capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return [(int(line.split()[0]), int(line.split()[1])) for line in ran.stdout.decode().splitlines()]


def detections(outputs: NDArray[np.int8], settings: LoopSettings) -> Iterator[tuple[int, int]]:
    """(window, class), window by window and from nothing but the definition: averages, N of M, refractory time."""
    count, last = settings.smoothing_windows, {}
    probabilities = (outputs.astype(np.int64) + 128) / 256
    for window in range(len(outputs)):
        for number, label in enumerate(LABELS):
            ends = range(max(count, window + 2 - settings.among), window + 2)
            averages = [probabilities[end - count : end, number].sum() / count for end in ends]
            above = sum(average > settings.threshold_of(label) for average in averages)
            waited = number not in last or round((window - last[number]) * settings.hop_s * 1000) >= round(
                settings.refractory_s * 1000
            )
            if label not in settings.silent_classes and above >= settings.needed and waited:
                last[number] = window
                yield window, number
