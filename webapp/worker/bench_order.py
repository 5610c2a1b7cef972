"""The data worker's end of a bench process: what it is asked for, and what it answered."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from nas_engine.errors import TransientError

_LEAST_SECONDS = 300.0
_SECONDS_A_NETWORK = 60.0
_THREADS = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """`refused`: why, by hash, architectures could not become a file; `measured`: a HostMeasurement as JSON."""

    refused: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)


def ask(
    folder: Path, *, architectures: Mapping[str, Any] | None = None, measure: str = "", seconds: float = 0.0
) -> Answer:
    """Have FOLDER/HASH.tflite written for `architectures` (their JSON by hash), and FOLDER/`measure` run for `seconds`.

    Raises TransientError where the process ended without an answer.
    """
    wanted = dict(architectures or {})
    order = {"architectures": wanted, "measure": measure, "seconds": seconds}
    (folder / "order.json").write_text(json.dumps(order))
    patience = _LEAST_SECONDS + len(wanted) * _SECONDS_A_NETWORK + 4 * seconds
    try:
        done = subprocess.run(
            [sys.executable, "-m", "webapp.worker.bench_child", str(folder)],
            cwd=settings.BASE_DIR,
            env=os.environ | _THREADS,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"TensorFlow did not answer within {patience:.0f} s.") from error
    answer = folder / "answer.json"
    if done.returncode or not answer.is_file():
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["without a word"]
        raise TransientError(f"The process with TensorFlow ended with code {done.returncode}: {last[0][:300]}")
    return Answer(**json.loads(answer.read_text()))
