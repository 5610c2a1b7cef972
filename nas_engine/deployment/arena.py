"""Bytes of the tensor arena of a network, measured in TensorFlow Lite Micro.

The arena is the one piece of RAM that an interpreter of TensorFlow Lite Micro takes: activations and scratch buffers,
planned to overlap (the *head*), and structures that stay (the *tail*). Its interpreter for Python names the two by
`print_allocations`; the smallest arena is found by trying, one byte apart, since alignment changes what is needed.

Limits. The interpreter is compiled for x86-64: pointers in the tail take 8 bytes there and 4 on a Cortex-M, which
therefore needs less. Kernels are the reference ones: those of CMSIS-NN and other libraries may want scratch buffers in
addition. The estimate to compare with is `nas_engine.cost`'s `peak_activation_bytes`; where nothing can be measured,
`arena_to_reserve` adds what it leaves out.
"""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nas_engine.deployment.arena_child import NOT_LOADED
from nas_engine.errors import EarshotError, TransientError
from nas_engine.files.tflite_operators import operator_codes
from nas_engine.files.tflite_tensors import stored_tensors

CHILD = "nas_engine.deployment.arena_child"
_PATIENCE_SECONDS = 300.0
_PLANNER = 1.5
"""Gaps that the planner leaves between activations: at most 1.4 of the estimate in benchmarks/results/arena.json."""
_BYTES_AN_OPERATOR = 320
"""Structures of an operator that stay: at most 266 bytes there, less those of its channels."""
_BYTES_A_CHANNEL = 8
"""Multiplier and shift of an output channel, 32 bits each."""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class ArenaMeasurement:
    """Bytes of the smallest arena in which a network runs, and of its parts: `head_bytes` planned for activations and
    scratch buffers, `tail_bytes` for structures that stay. `interpreter` is the version of TensorFlow Lite Micro.
    """

    arena_bytes: int
    head_bytes: int
    tail_bytes: int
    interpreter: str

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def is_available() -> bool:
    """Whether this machine has the interpreter: it is published for Linux on x86-64 alone."""
    return find_spec("tflite_micro") is not None


def arena_to_reserve(activation_bytes: int, operators: int, channels: int) -> int:
    """Bytes of an arena that is large enough without a measurement, for `activation_bytes` by `nas_engine.cost`.

    `channels` are those of `weight_channels`. Covers every network of benchmarks/results/arena.json; an estimate.
    """
    return round(_PLANNER * activation_bytes) + _BYTES_AN_OPERATOR * operators + _BYTES_A_CHANNEL * channels


def weight_channels(content: bytes) -> int:
    """Scales of all int8 weights of a .tflite file: one for each output channel, or one for a tensor.

    Raises ValueError if `content` is no .tflite file.
    """
    return sum(
        len(tensor.scales) for tensor in stored_tensors(content) if tensor.dtype == "int8" and tensor.values.size
    )


def measure_arena(content: bytes) -> ArenaMeasurement:
    """Arena of the int8 .tflite file `content`, measured in a process of its own, which a failing allocation may end.

    Raises EarshotError where this machine lacks the interpreter, or `content` is no network or one that it cannot run;
    TransientError where the process was killed or took too long.
    """
    if not is_available():
        raise EarshotError(
            "The tensor arena was not measured: this machine has no interpreter of TensorFlow Lite Micro, which is "
            "published for Linux on x86-64. Have the bundle packed by a worker on such a machine."
        )
    try:
        operator_codes(content)
    except ValueError as error:
        raise EarshotError(f"The tensor arena was not measured: {error}") from error
    command = [sys.executable, "-m", CHILD]
    try:
        made = subprocess.run(
            command, input=content, capture_output=True, timeout=_PATIENCE_SECONDS, cwd=_ROOT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TransientError(f"The tensor arena was not measured within {_PATIENCE_SECONDS:.0f} s.") from error
    if made.returncode < 0:
        name = signal.Signals(-made.returncode).name
        raise TransientError(f"TensorFlow Lite Micro was ended by {name} while the tensor arena was measured.")
    if made.returncode != 0:
        last = "".join(made.stderr.decode(errors="replace").strip().splitlines()[-1:])
        if made.returncode == NOT_LOADED:
            raise EarshotError(
                f"The tensor arena was not measured: TensorFlow Lite Micro is installed but does not load: {last}. "
                "Install the requirements again with `make setup`."
            )
        raise EarshotError(f"TensorFlow Lite Micro cannot run this network: {last}")
    return ArenaMeasurement(**json.loads(made.stdout))
