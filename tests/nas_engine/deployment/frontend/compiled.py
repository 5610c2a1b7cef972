"""The front end compiled for the host with warnings as errors and sanitizers, and its rows of clips."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.deployment.frontend.files import c_files
from nas_engine.deployment.frontend.tables_fixed import FRACTION_BITS
from tests.nas_engine.deployment.frontend.sounds import Clips

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
FIXED = ("-DEARSHOT_FIXED_POINT", "-Wconversion")
"""Options of the front end in fixed point. What is an integer alone has no excuse to be converted silently."""
ROWS = Path(__file__).with_name("rows.c")


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def build(folder: Path, program: Path | str, options: tuple[str, ...] = SANITIZERS) -> Path:
    """Compile a program with the front end of `folder`; shows the compiler's words where it fails."""
    path = folder / Path(program).stem
    command = ["gcc", *WARNINGS, *options, f"-I{folder}", program, folder / "earshot_frontend.c", "-lm", "-o", path]
    built = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return path


def rows_program(folder: Path, description: Mapping[str, Any]) -> Path:
    """`rows.c` with the front end of the description."""
    return build(write_files(folder, c_files(description)), ROWS)


def fixed_rows_program(folder: Path, description: Mapping[str, Any], options: tuple[str, ...] = SANITIZERS) -> Path:
    """`rows.c` with the front end of the description in fixed point."""
    return build(write_files(folder, c_files(description)), ROWS, (*options, *FIXED))


def fixed_rows_and_inputs(
    program: Path, clips: Clips, piece: int
) -> list[tuple[NDArray[np.float64], NDArray[np.int8]]]:
    """As `rows_and_inputs`, of a program in fixed point; its rows as they are, divided by what stands for 1."""
    found = rows_and_inputs(program, clips, piece)
    return [(np.ascontiguousarray(rows).view("<i4") / 2.0**FRACTION_BITS, steps) for rows, steps in found]


def rows_of(program: Path, clips: Clips, piece: int) -> list[NDArray[np.float32]]:
    """Log-mel rows [rows, mel_bins] of each clip, pushed in pieces of so many samples."""
    return [rows for rows, _ in rows_and_inputs(program, clips, piece)]


def rows_and_inputs(program: Path, clips: Clips, piece: int) -> list[tuple[NDArray[np.float32], NDArray[np.int8]]]:
    """For each clip its log-mel rows and, where the tables hold a network's input, the same rows in int8."""
    folder, arguments = program.parent, []
    for number, clip in enumerate(clips.values()):
        clip.astype("<i2").tofile(folder / f"{number}.pcm")
        arguments += [str(folder / f"{number}.pcm"), str(folder / f"{number}.rows")]
    ran = subprocess.run([str(program), str(piece), *arguments], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    tables = (folder / "earshot_frontend_tables.h").read_text()
    bins = int(tables.split("MEL_BINS ")[1].split()[0])
    row_bytes = 5 * bins if "INPUT_SCALE" in tables else 4 * bins
    found = []
    for number in range(len(clips)):
        content = (folder / f"{number}.rows").read_bytes()
        rows, odd = divmod(len(content), row_bytes)
        assert not odd
        end = 4 * bins * rows
        values, steps = np.frombuffer(content[:end], "<f4"), np.frombuffer(content[end:], np.int8)
        found.append((values.reshape(-1, bins), steps.reshape(-1, bins)))
    return found
