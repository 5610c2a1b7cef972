"""Generated header `earshot_constants.h`: what a program needs to know of the network and of its always-on loop."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas_engine.deployment.c_array import c_string
from nas_engine.deployment.loop.settings import hop_rows, refractory_windows, threshold_steps
from nas_engine.streaming.loop import LoopSettings

NAME = "earshot_constants.h"
SOURCES = tuple(Path(__file__).with_name("c") / name for name in ("earshot_loop.c", "earshot_loop.h"))
"""C sources of the loop, which include this header and the front end."""

_LEAST_RING = 4096


def constants_header(
    labels: tuple[str, ...], arena_bytes: int, settings: LoopSettings, frontend: Mapping[str, Any]
) -> str:
    """C header with the classes in the order of the outputs, the bytes of the tensor arena and the loop's constants.

    `frontend` is the content of frontend.json with "output". Raises ValueError for a hop that the front end does not
    make.
    """
    names = ",\n    ".join(c_string(label) for label in labels)
    steps = ", ".join(str(threshold_steps(settings, label, frontend["output"]["scale"])) for label in labels)
    values = {"CLASSES": len(labels), "ARENA_BYTES": arena_bytes, **_loop_values(settings, frontend)}
    macros = "\n".join(f"#define EARSHOT_{name} {value}" for name, value in values.items())
    return f"""\
/* Generated from labels.txt, arena.json, loop.json and thresholds.json. Change them here to try others. */
#ifndef EARSHOT_CONSTANTS_H_
#define EARSHOT_CONSTANTS_H_

#include <stdint.h>

{macros}

/* Classes in the order of the outputs. */
static const char* const earshot_labels[EARSHOT_CLASSES] = {{
    {names}}};

#ifdef EARSHOT_THRESHOLDS
/* A class is above its threshold where the last EARSHOT_SMOOTHING_WINDOWS outputs, each less the zero point, add up to
   more than this. */
static const int32_t earshot_threshold_steps[EARSHOT_CLASSES] = {{{steps}}};
#endif

#endif /* EARSHOT_CONSTANTS_H_ */
"""


def _loop_values(settings: LoopSettings, frontend: Mapping[str, Any]) -> dict[str, int | str]:
    """Macros of the loop by their names without EARSHOT_; GAIN, also times 65536, is there only where there is one.

    RING_SAMPLES, for programs that keep sound in a ring while the network runs, is the next power of two above a hop.
    """
    parameters = frontend["parameters"]
    rows = hop_rows(settings, parameters)
    values: dict[str, int | str] = {
        "OUTPUT_ZERO_POINT": f"({frontend['output']['zero_point']})",
        "HOP_ROWS": rows,
        "RING_SAMPLES": max(_LEAST_RING, 1 << (rows * int(parameters["hop_samples"])).bit_length()),
        "SMOOTHING_WINDOWS": settings.smoothing_windows,
        "NEEDED": settings.needed,
        "AMONG": settings.among,
        "REFRACTORY_WINDOWS": refractory_windows(settings),
    }
    if settings.gain_db:
        gain = 10.0 ** (settings.gain_db / 20.0)
        values |= {"GAIN": f"{gain:.8e}f", "GAIN_Q16": round(gain * 65536)}
    return values
