"""A machine without compilers is given a sentence, not an error."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_machine_without_compilers_learns_what_to_install(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "bootstrap/cross_compiler.py"],
        cwd=ROOT, env=os.environ | {"PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "need gcc, arm-none-eabi-gcc, qemu-system-arm" in ended.stdout
    assert "apt-get install gcc libc6-dev gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm" in ended.stdout
    assert "skipped until then" in ended.stdout
