"""The deploy bundle: a zip with a network and all that a device needs to run it.

The same contents give the same bytes: members are sorted by name and dated 1980, the earliest that a zip can state.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.c_array import c_array
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.frontend import files as frontend_files
from nas_engine.deployment.frontend.elsewhere import is_from_elsewhere
from nas_engine.deployment.loop import constants
from nas_engine.deployment.model_card import model_card
from nas_engine.deployment.operators import resolver_header, resolver_methods
from nas_engine.deployment.readme import readme

SOURCES = "earshot/src"
"""Folder of the bundle with the C and C++ sources that all projects compile."""
HEADER_SECONDS = 1.0
"""Sound of each test vector that the C test computes; the others have all of it."""
_VECTORS = "test_vectors"
_CLASSIFIER = f"{SOURCES}/earshot_classifier"
_HERE = Path(__file__).parent
_SKELETONS = _HERE / "skeletons"
_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_DEFAULTS = "Nobody has chosen this for the network: it is a default. Choose it on streams before a device is used."


def bundle_files(contents: BundleContents) -> dict[str, bytes]:
    """Files of the bundle by path. Raises ValueError for a network that is no int8 .tflite file or has an operator
    that TensorFlow Lite Micro's method is not known of, for a loop that the front end does not fit, and where
    `contents.files` would replace another file; BadDataset for a front end of our own that the C code does not compute.

    A front end from elsewhere has no C code of ours: such a bundle has the network, the classifier around it and the
    test vectors, and neither the loop's sources nor the projects that start from sound.
    """
    methods = resolver_methods(contents.network)
    source, header = c_array(contents.network)
    texts = {
        "README.md": readme(contents, methods),
        "MODEL_CARD.md": model_card(contents.card),
        "labels.txt": "".join(f"{label}\n" for label in contents.labels),
        "smoke_test.py": (_HERE / "smoke_test.py").read_text("utf-8"),
        f"{SOURCES}/earshot_network.c": source,
        f"{SOURCES}/earshot_network.h": header,
        f"{SOURCES}/{constants.NAME}": constants.constants_header(
            contents.labels, contents.reserved_arena_bytes, contents.loop_or_default, contents.frontend
        ),
        f"{SOURCES}/earshot_operators.h": resolver_header(methods),
        **{name: _json(value) for name, value in _documents(contents, methods).items()},
    }
    files = {
        "network.tflite": contents.network,
        **_skeletons(contents.frontend),
        **_frontend(contents.frontend),
        **{name: text.encode() for name, text in texts.items()},
        **{f"{_VECTORS}/{name}": data for name, data in _vectors(contents).items()},
    }
    if twice := sorted(files.keys() & contents.files.keys()):
        raise ValueError(f"Two files of the deploy bundle are called {', '.join(twice)}.")
    return files | dict(contents.files)


def bundle(contents: BundleContents, folder: str) -> bytes:
    """Zip of `bundle_files` in a folder `folder`. Raises ValueError as that does."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in sorted(bundle_files(contents).items()):
            member = zipfile.ZipInfo(f"{folder}/{name}", _DATE)
            member.external_attr, member.compress_type = _READABLE, zipfile.ZIP_DEFLATED
            archive.writestr(member, content, compresslevel=9)
    return made.getvalue()


def _frontend(description: Mapping[str, Any]) -> dict[str, bytes]:
    """The front end in Python at the top, its C sources and the loop's among the others, its test in the folder of the
    computer; of a front end from elsewhere its description alone.
    """
    if is_from_elsewhere(description):
        return frontend_files.python_files(description)
    loop = {f"{SOURCES}/{path.name}": path.read_bytes() for path in constants.SOURCES}
    sources = {
        f"{'pc' if name.startswith('test_') else SOURCES}/{name}": data
        for name, data in frontend_files.c_files(description).items()
    }
    return frontend_files.python_files(description) | sources | loop


def _vectors(contents: BundleContents) -> dict[str, bytes]:
    """Scored inputs, and sounds with their features. Without sounds a made one tests the front end."""
    scored, parameters = contents.vectors, contents.frontend["parameters"]
    is_scored = bool(contents.sounds) and scored is not None and scored.of_sounds == len(contents.sounds)
    sounds = frontend_files.vector_files(
        contents.frontend,
        contents.sounds or {"made: a tone between silences": _tone(parameters)},
        header_samples=max(parameters["window_samples"], round(HEADER_SECONDS * parameters["sample_rate_hz"])),
        first_input=len(scored.features) - scored.of_sounds if scored is not None and is_scored else None,
    )
    return sounds | (scored.files() if scored is not None else {})


def _tone(parameters: Mapping[str, Any]) -> NDArray[np.int16]:
    """A second of a loud tone with half a second of silence on both sides."""
    rate = parameters["sample_rate_hz"]
    time = np.arange(rate) / rate
    tone = np.rint(30_000.0 * np.sin(2.0 * np.pi * 0.1 * rate * time)).astype(np.int16)
    silence = np.zeros(rate // 2, np.int16)
    return np.concatenate([silence, tone, silence])


def _documents(contents: BundleContents, methods: tuple[str, ...]) -> Mapping[str, Any]:
    loop = contents.loop_or_default
    chosen: dict[str, str] = {} if contents.loop else {"note": _DEFAULTS}
    settings = {name: value for name, value in loop.to_json().items() if name != "thresholds"}
    thresholds = {name: loop.threshold_of(name) for name in contents.labels if name not in loop.silent_classes}
    return {
        **contents.documents,
        "arena.json": {
            "measured": contents.arena.to_json() if contents.arena else None,
            "note": contents.arena_note,
            "estimated_activation_bytes": contents.arena_estimate_bytes,
            "reserved_bytes": contents.reserved_arena_bytes,
        },
        "operators.json": list(methods),
        "thresholds.json": {"thresholds": thresholds, **chosen},
        "loop.json": {**settings, **chosen},
    }


def _skeletons(description: Mapping[str, Any]) -> dict[str, bytes]:
    """The projects; for a front end from elsewhere the classifier alone, since the others start from sound."""
    files = {path.relative_to(_SKELETONS).as_posix(): path for path in _SKELETONS.rglob("*") if path.is_file()}
    beginning = _CLASSIFIER if is_from_elsewhere(description) else ""
    return {name: path.read_bytes() for name, path in files.items() if name.startswith(beginning)}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"
