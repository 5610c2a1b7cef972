"""Settings of the always-on loop (`nas_engine.streaming.loop`) in whole steps and windows, as a device counts.

Outputs are int8. A sum of them above the zero point is an exact integer, and so is the largest sum that is not above a
threshold: a device needs no floating point to decide as Earshot does.
"""

import math
from collections.abc import Mapping
from typing import Any

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.streaming.hop import frames_of_hop
from nas_engine.streaming.loop import LoopSettings

_MOST_STEPS = 255
_MS = 1e3


def hop_rows(settings: LoopSettings, parameters: Mapping[str, Any]) -> int:
    """Rows of features from one inference to the next; `parameters` are those of frontend.json.

    Raises ValueError unless the loop's hop is a whole number of the front end's hops.
    """
    return frames_of_hop(settings.hop_s, FrontendConfig.from_json(parameters))


def refractory_windows(settings: LoopSettings) -> int:
    """Windows from a detection to the first that may be detected again, by times in whole milliseconds."""
    return math.ceil(round(settings.refractory_s * _MS) / (settings.hop_s * _MS) - 1e-9)


def threshold_steps(settings: LoopSettings, label: str, scale: float) -> int:
    """Largest sum of the last `smoothing_windows` outputs above the zero point that is not above the class's threshold.

    `scale` is that of the network's output. A class that is silent has the largest sum there is.
    """
    windows, most = settings.smoothing_windows, _MOST_STEPS * settings.smoothing_windows
    if label in settings.silent_classes:
        return most
    threshold = settings.threshold_of(label)
    steps = min(most, math.ceil(threshold * windows / scale) + 1)
    while steps > 0 and steps * scale / windows > threshold:
        steps -= 1
    return steps
