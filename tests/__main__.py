"""`python -m tests [pytest's arguments]`: most tests in parallel, then those that bound or depend on times.

Of these, the ones that kill and freeze the processes of a whole machine mostly wait: two such machines run at a time.
The others run alone. It ends with an error if one of the three runs does, or if none found a test.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.written_marks import files_with

# A file's tests stay on one worker: they share fixtures, and what JAX and TensorFlow have compiled. There are two
# workers at most, since each has a database server and holds TensorFlow and JAX, more than a gigabyte.
PARALLEL = ("--numprocesses", "auto", "--maxprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")
# Threads of two workers would wait for each other in loops: tests of regressions took 60 s of processor, not 43.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
HARMLESS = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


RUNS: tuple[tuple[str, Sequence[str], Sequence[str]], ...] = (
    ("not alone", PARALLEL, ()),
    ("alone and faults", PARALLEL, ("alone", "faults")),
    ("alone and not faults", (), ("alone",)),
)
"""Marker expression of each run, one after another, how pytest is to run it, and marks of the files it needs."""


def main(arguments: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Run them all, also after failures; returns the first exit code of pytest that is an error."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="markers")
    chosen, others = parser.parse_known_args(arguments)
    also = f" and ({chosen.markers})" if chosen.markers else ""
    codes = []
    has_paths = any(Path(word.split("::")[0]).exists() for word in others)
    for markers, how, marks in RUNS:
        files = files_with(marks) if marks and not has_paths else []
        codes.append(run([*how, "-m", f"{markers}{also}", *others, *files]))
        if codes[-1] == pytest.ExitCode.INTERRUPTED:
            break
    return next((code for code in codes if code not in HARMLESS), min(codes))


def pytest_in_a_process(arguments: Sequence[str]) -> int:
    # Bytecode is written, also where the environment forbids it: hundreds of processes would compile the same files.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if "--numprocesses" in arguments:
        environment = ONE_THREAD | environment
    process = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # pytest has heard it, too, and ends what its tests have started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], pytest_in_a_process))
