"""`python -m tests [pytest's arguments]`: every test in parallel, then alone those that bound or depend on times.

It ends with an error if one of the two runs does, or if neither found a test.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest

# A file's tests stay on one worker: they share fixtures, and what JAX and TensorFlow have compiled. There are two
# workers at most, since each has a database server and holds TensorFlow and JAX, more than a gigabyte.
PARALLEL = ("--numprocesses", "auto", "--maxprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder")
HARMLESS = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main(arguments: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Run both, also after failures in the first; returns the first exit code of pytest that is an error."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="markers")
    chosen, others = parser.parse_known_args(arguments)
    also = f" and ({chosen.markers})" if chosen.markers else ""
    together = run([*PARALLEL, "-m", f"not alone{also}", *others])
    if together == pytest.ExitCode.INTERRUPTED:
        return together
    alone = run(["-m", f"alone{also}", *others])
    return next((code for code in (together, alone) if code not in HARMLESS), min(together, alone))


def pytest_in_a_process(arguments: Sequence[str]) -> int:
    process = subprocess.Popen([sys.executable, "-m", "pytest", *arguments])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # pytest has heard it, too, and ends what its tests have started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], pytest_in_a_process))
