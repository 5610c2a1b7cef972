"""The deploy bundle: a zip with a network and all that a device needs to run it.

The same contents give the same bytes: members are sorted by name and dated 1980, the earliest that a zip can state.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nas_engine.deployment.c_array import c_array, labels_header
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.model_card import model_card
from nas_engine.deployment.operators import resolver_header, resolver_methods
from nas_engine.deployment.readme import readme

SOURCES = "earshot/src"
"""Folder of the bundle with the C and C++ sources that all projects compile."""
_HERE = Path(__file__).parent
_SKELETONS = _HERE / "skeletons"
_DATE = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_NOT_CHOSEN = "Nobody has chosen thresholds for this network: choose them on streams before it is used on a device."
_NO_LOOP = "Nobody has chosen settings of the loop for this network."


def bundle_files(contents: BundleContents) -> dict[str, bytes]:
    """Files of the bundle by path. Raises ValueError for a network that is no int8 .tflite file or has an operator
    that TensorFlow Lite Micro's method is not known of, and where `contents.files` would replace another file.
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
        f"{SOURCES}/earshot_constants.h": labels_header(contents.labels, contents.reserved_arena_bytes),
        f"{SOURCES}/earshot_operators.h": resolver_header(methods),
        **{name: _json(value) for name, value in _documents(contents, methods).items()},
    }
    files = {
        "network.tflite": contents.network,
        **{path.relative_to(_SKELETONS).as_posix(): path.read_bytes() for path in _skeletons()},
        **{name: text.encode() for name, text in texts.items()},
        **{
            f"test_vectors/{name}": data
            for name, data in (contents.vectors.files() if contents.vectors else {}).items()
        },
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


def _documents(contents: BundleContents, methods: tuple[str, ...]) -> Mapping[str, Any]:
    thresholds, loop = contents.thresholds, contents.loop
    return {
        **contents.documents,
        "arena.json": {
            "measured": contents.arena.to_json() if contents.arena else None,
            "note": contents.arena_note,
            "estimated_activation_bytes": contents.arena_estimate_bytes,
            "reserved_bytes": contents.reserved_arena_bytes,
        },
        "operators.json": list(methods),
        "thresholds.json": {"thresholds": dict(thresholds)}
        if thresholds
        else {"thresholds": None, "note": _NOT_CHOSEN},
        "loop.json": loop.to_json() if loop else {"note": _NO_LOOP},
    }


def _skeletons() -> list[Path]:
    return sorted(path for path in _SKELETONS.rglob("*") if path.is_file())


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"
