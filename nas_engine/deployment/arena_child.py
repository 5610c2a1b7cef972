"""The process of `arena.measure_arena`: `python -m nas_engine.deployment.arena_child`, network in, JSON out.

The interpreter reports to the descriptor of standard error, below Python's own stream, so that is caught in a file.
"""

import json
import os
import re
import struct
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

_FIRST_BYTES = 1 << 20
_MOST_BYTES = 1 << 29
_PART = re.compile(r"Arena allocation (head|tail) (\d+) bytes")
_STANDARD_ERROR = 2
NOT_LOADED = 3
"""Exit status where the interpreter cannot be imported."""


def smallest_arena(content: bytes) -> dict[str, Any]:
    """Fields of `ArenaMeasurement` for the .tflite file `content`. Raises RuntimeError where it cannot run."""
    high = _growing(content)
    low = 0  # never enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(content, middle) else (middle, high)
    head, tail = _parts(content, high)
    return {"arena_bytes": high, "head_bytes": head, "tail_bytes": tail, "interpreter": version("tflite-micro")}


def _growing(content: bytes) -> int:
    """An arena that is large enough."""
    size = _FIRST_BYTES
    while not _fits(content, size):
        size *= 2
        if size > _MOST_BYTES:
            raise RuntimeError(f"it does not start in an arena of {_MOST_BYTES / 1e6:.0f} MB")
    return size


def _fits(content: bytes, size: int) -> bool:
    """Whether an interpreter can be made with an arena of `size` bytes; all of the arena is allocated then."""
    return bool(_quietly(lambda: _interpreter(content, size) is not None)[0])


def _interpreter(content: bytes, size: int) -> Any:
    from tflite_micro import runtime

    try:
        return runtime.Interpreter.from_bytes(content, arena_size=size)
    except RuntimeError:
        return None


def _parts(content: bytes, size: int) -> tuple[int, int]:
    """(head, tail) in bytes as the interpreter reports them after an inference in an arena of `size` bytes."""
    interpreter = _interpreter(content, size)
    shape = interpreter.get_input_details(0)["shape"]
    interpreter.set_input(np.zeros(shape, np.int8), 0)
    interpreter.invoke()
    _, printed = _quietly(interpreter.print_allocations)
    found = {name: int(count) for name, count in _PART.findall(printed)}
    return found["head"], found["tail"]


def _quietly(call: Callable[[], Any]) -> tuple[Any, str]:
    """Result of `call`, and what it printed to the descriptor of standard error."""
    kept = os.dup(_STANDARD_ERROR)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), _STANDARD_ERROR)
        try:
            result = call()
        finally:
            os.dup2(kept, _STANDARD_ERROR)
            os.close(kept)
        caught.seek(0)
        return result, caught.read().decode(errors="replace")


if __name__ == "__main__":
    try:
        print(json.dumps(smallest_arena(sys.stdin.buffer.read())))
    except (RuntimeError, ValueError) as error:
        sys.exit(str(error))
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(NOT_LOADED)
    except struct.error:
        sys.exit("its file is cut or damaged")
