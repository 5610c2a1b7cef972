"""A machine without compilers is given a sentence, not an error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


ADVICE = {
    "cross_compiler": (
        "need gcc, arm-none-eabi-gcc, qemu-system-arm",
        "apt-get install gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
    ),
    "cmake": ("need cmake, make, gcc, g++", "apt-get install cmake make gcc g++"),
}


@pytest.mark.parametrize("name", ADVICE)
def test_a_machine_without_compilers_learns_what_to_install(name: str, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", f"bootstrap.{name}"],
        cwd=ROOT, env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert all(words in ended.stdout for words in ADVICE[name])
    assert "skipped until then" in ended.stdout
