"""Checks of the machine itself: interpreter, processor, memory, disk."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from webapp.data_folder import DataFolder
from webapp.supervisor.doctor.findings import MachineFinding, fail, ok, warn
from webapp.supervisor.plan import core_count

OLDEST, NEWEST = (3, 11), (3, 13)
TRAINER_BYTES = 1_500_000_000  # a warm training worker with TensorFlow, in the middle of a training
OTHERS_BYTES = 1_500_000_000  # database, web server, search workers (one with JAX), data worker
LITTLE_DISK_BYTES = 2_000_000_000
NO_DISK_BYTES = 300_000_000


def check_python() -> Iterator[MachineFinding]:
    version = platform.python_version()
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        yield ok("Python", f"{version} ({sys.executable})")
    else:
        yield fail("Python", f"{version} is not supported", "Run `make clean setup` with Python 3.11, 3.12 or 3.13.")
    if sys.prefix == sys.base_prefix:
        mend = "Use .venv/bin/python, which `make setup` makes."
        yield warn("Python", "this is not a virtual environment: packages of the system may interfere", mend)


def check_processor() -> Iterator[MachineFinding]:
    cores = core_count()
    flags = _processor_flags()
    if flags and "avx" not in flags:
        mend = "Use a machine or a virtual machine type whose processor has AVX."
        yield fail("processor", "has no AVX: TensorFlow's packages cannot run here", mend)
    elif flags and not {"avx2", "fma"} <= flags:
        yield warn("processor", f"{cores} cores, without AVX2 or FMA: training is slow", "Use a newer processor.")
    else:
        yield ok("processor", f"{cores} core{'s' if cores != 1 else ''} to use, {platform.machine()}")


def check_memory() -> Iterator[MachineFinding]:
    total = _memory_bytes()
    trainers = core_count()
    needed = OTHERS_BYTES + trainers * TRAINER_BYTES
    found = f"{total / 1e9:.1f} GB; {trainers} training workers and the rest want {needed / 1e9:.1f} GB"
    fitting = max(1, int((total - OTHERS_BYTES) // TRAINER_BYTES))
    if total >= needed:
        yield ok("memory", found)
    elif total < OTHERS_BYTES + TRAINER_BYTES:
        yield fail("memory", found, "Use a machine with more memory, or run parts elsewhere (docs/operations.md).")
    else:
        yield warn("memory", found, f"Start with `make up ARGS='--trainers {fitting}'`.")


def check_data_folder(folder: DataFolder) -> Iterator[MachineFinding]:
    root = folder.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"x")
    except OSError as error:
        mend = f"Give it to this account ({os.geteuid()}), or set EARSHOT_DATA to a folder of its own."
        yield fail("data folder", f"{root} cannot be written: {error.strerror}", mend)
        return
    free = shutil.disk_usage(root).free
    found = f"{root}, {free / 1e9:.1f} GB free"
    mend = f"Free some space, or set EARSHOT_DATA elsewhere; {folder.cache} may be emptied at any time."
    if free < NO_DISK_BYTES:
        yield fail("data folder", found, mend)
    elif free < LITTLE_DISK_BYTES:
        yield warn("data folder", found, mend)
    else:
        yield ok("data folder", found)


def _processor_flags() -> set[str]:
    """Instruction sets of an x86 processor on Linux; empty where they cannot be determined."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    lines = (line for line in text.splitlines() if line.startswith("flags"))
    return set(next(lines, "flags:").partition(":")[2].split())


def _memory_bytes() -> int:
    """Memory of the machine, or what its control group allows (containers)."""
    total = int(psutil.virtual_memory().total)
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total
