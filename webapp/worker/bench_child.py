"""The process that holds TensorFlow for a bench: `python -m webapp.worker.bench_child FOLDER`.

FOLDER/order.json says what to do, FOLDER/answer.json what came of it. It knows neither Django nor the database, so a
crash in native code, or a network that cannot be converted, ends no data worker.
"""

import json
import platform
import sys
from pathlib import Path
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.energy import rapl
from nas_engine.errors import ConversionError, InfeasibleArchitecture
from nas_engine.network.host_benchmark import benchmark
from nas_engine.network.untrained import untrained_files


def main(folder: Path) -> None:
    order: dict[str, Any] = json.loads((folder / "order.json").read_text())
    answer = {"refused": _convert(folder, order["architectures"])}
    if order["measure"]:
        answer["measured"] = _measure(folder / order["measure"], order["seconds"])
    (folder / "answer.json").write_text(json.dumps(answer))


def _convert(folder: Path, architectures: dict[str, Any]) -> dict[str, str]:
    """Write FOLDER/HASH.tflite for each architecture; why not, by hash, for those that cannot be built."""
    refused = {}
    for digest, spec in architectures.items():
        try:
            _, packed = untrained_files(Architecture.from_json(spec))
        except (ConversionError, InfeasibleArchitecture) as error:
            refused[digest] = str(error)
        else:
            (folder / f"{digest}.tflite").write_bytes(packed)
    return refused


def _measure(path: Path, seconds: float) -> dict[str, Any]:
    counters = rapl.Counters.find()
    measured = benchmark(path.read_bytes(), seconds, counters)
    note = "Energy is that of all processor packages, by their own counters (RAPL)." if counters else rapl.why_not()
    return {**measured.to_json(), "machine": platform.node() or "this computer", "energy_note": note}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
