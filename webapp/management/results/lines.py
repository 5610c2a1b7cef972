"""Lines of a journal, their form and what makes each one: ended trials, and openings of the test split.

A line of a trial is `webapp.services.restoring.trial_as_values`; `study` is the search, or a name for its finalists or
the baselines that is the same on every machine. A line of an opening holds the answers of its seeds once it is READY.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nas_engine.architecture import Architecture
from webapp.models import SplitOpening, Trial
from webapp.services.restoring import ENDED, NAMES

TRIAL, OPENING = "trial", "opening"
_OF_BOTH: Mapping[str, type] = {"study": str, "number": int, "label": str, "state": str, "architecture": dict}
_TYPES: Mapping[str, Mapping[str, type]] = {
    TRIAL: {
        **_OF_BOTH,
        "seed": int,
        "tflite": str,
        "curve": list,
        **dict.fromkeys(("seconds", "environment", "runtimes"), dict),
    },
    OPENING: {**_OF_BOTH, "opened_at": str, "clips": dict, "seeds": list},
}
_RESULTS = ("float_accuracy", "int8_accuracy", "flash_bytes", "energy_mj", "reward")


def key_of(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes a line one: its kind, study and network, and the trained file or the state of the opening."""
    which = line["tflite"] if line["kind"] == TRIAL else line["state"]
    return line["kind"], line["study"], line["number"], line["label"], _spec_hash(line["architecture"]), which


def _spec_hash(spec: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()


def architecture_hash(line: Mapping[str, Any]) -> str:
    """Hash of the line's architecture, as `StoredArchitecture` has it."""
    return Architecture.from_json(line["architecture"]).hash


def require_form(line: object) -> None:
    """Raises ValueError stating what is missing or wrong."""
    if not isinstance(line, dict) or line.get("kind") not in _TYPES:
        raise ValueError(f"it is neither a {TRIAL} nor an {OPENING}")
    for name, kind in _TYPES[line["kind"]].items():
        if not isinstance(line.get(name), kind):
            raise ValueError(f"{name} must be of type {kind.__name__}, not {line.get(name)!r:.40}")
    Architecture.from_json(line["architecture"])
    (_require_trial if line["kind"] == TRIAL else _require_opening)(line)


def _require_trial(line: Mapping[str, Any]) -> None:
    missing = [name for name in NAMES if name not in line]
    if missing:
        raise ValueError(f"{', '.join(missing)} must be given")
    if line["state"] not in ENDED:
        raise ValueError(f"the state of an ended trial is one of {', '.join(ENDED)}, not {line['state']}")
    empty = [name for name in _RESULTS if not isinstance(line[name], int | float)]
    if line["state"] == Trial.State.COMPLETED and (empty or not line["tflite"]):
        raise ValueError(f"a completed trial has {', '.join(empty) or 'a tflite'}")


def _require_opening(line: Mapping[str, Any]) -> None:
    datetime.fromisoformat(line["opened_at"])
    if line["state"] not in SplitOpening.State.values:
        raise ValueError(f"{line['state']} is no state of an opening")
    clips = [line["clips"].get(split) for split in ("eval", "test")]
    whole = all(isinstance(one, dict) and {"labels", "recordings"} <= set(one) for one in clips)
    if line["state"] == SplitOpening.State.READY and not (whole and all(map(_is_seed, line["seeds"]))):
        raise ValueError(
            "an opening has labels and recordings of both splits, and seeds [seed, network, answers twice]"
        )


def _is_seed(value: object) -> bool:
    kinds = (int, str, list, list)
    return isinstance(value, list) and len(value) == len(kinds) and all(map(isinstance, value, kinds))
