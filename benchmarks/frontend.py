"""The front end in C: RAM, flash, instructions per hop on emulated Cortex-M, and its distance from training's features.

    python -m benchmarks.frontend --json benchmarks/results/frontend.json [--clips ../shared/data/soundevents]

Needs gcc, arm-none-eabi-gcc and qemu-system-arm (`python bootstrap/cross_compiler.py`). Without `--clips` only clips of
the generator are compared. Deviations are those of the compared clips' own features.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.emulation.cortex_m import COMPILER, EMULATOR, PROCESSORS, Processor, count_instructions
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.deployment.frontend import files
from nas_engine.deployment.frontend.tables import table_bytes
from tests.nas_engine.deployment.frontend.compiled import build, rows_of, write_files
from tests.nas_engine.deployment.frontend.sounds import (
    Clips,
    description_of,
    hard_clips,
    real_clips,
    synthetic_clips,
    training_features,
)

REAL_CLIPS = 200
ROWS = Path(__file__).parents[1] / "tests" / "nas_engine" / "deployment" / "frontend" / "rows.c"


def differences(clips: Clips, folder: Path) -> dict[str, Any]:
    """Over all features of the clips, in standard deviations of their mel bin: largest and root mean square."""
    description = description_of(clips)
    program = build(write_files(folder, files.c_files(description)), ROWS, ("-O2",))
    std = np.array(description["std"])
    apart = np.concatenate(
        [
            (ours - training_features(clip, FrontendConfig()).astype(np.float64)) / std
            for clip, ours in zip(clips.values(), rows_of(program, clips, 320), strict=True)
        ]
    )
    return {
        "clips": len(clips),
        "rows": len(apart),
        "largest_std": float(np.abs(apart).max()),
        "rms_std": float(np.sqrt((apart**2).mean())),
    }


def code_and_stack(processor: Processor, sources: Path) -> dict[str, int]:
    """Flash of code with its constants, and the deepest frame of one function, in bytes, at -O2."""
    built = sources / "size.o"
    options = ("-mthumb", "-O2", "-std=c99", *processor.flags, "-fstack-usage")
    subprocess.run([COMPILER, *options, "-c", sources / "earshot_frontend.c", "-o", built], check=True)
    size = subprocess.run(["arm-none-eabi-size", built], capture_output=True, text=True, check=True)
    frames = [int(line.split("\t")[1]) for line in built.with_suffix(".su").read_text().splitlines()]
    return {"flash_bytes": int(size.stdout.splitlines()[1].split()[0]), "largest_stack_frame_bytes": max(frames)}


def on_processors(folder: Path) -> dict[str, Any]:
    """Instructions, flash and stack by processor, for a second of two synthetic clips each and the hard ones."""
    clips = {name: clip[:16_000] for name, clip in list(synthetic_clips(1).items())[:2]} | hard_clips()
    description = description_of(clips)
    sources = write_files(folder, files.c_files(description) | files.vector_files(description, clips))
    return {
        name: count_instructions(processor, sources, folder) | code_and_stack(processor, sources)
        for name, processor in PROCESSORS.items()
    }


def first_line(program: str) -> str:
    """What the program prints first of its version."""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def measure(clips: Path | None) -> dict[str, Any]:
    """All figures; `clips` is a folder with the splits train and eval."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compared = {"synthetic": differences(synthetic_clips(), folder / "synthetic")}
        if clips:
            compared["real"] = differences(real_clips(clips, REAL_CLIPS), folder / "real")
        compared["hard"] = differences(hard_clips(), folder / "hard")
        return {
            "versions": [first_line(program) for program in ("gcc", COMPILER, EMULATOR)],
            "table_bytes": table_bytes(description_of(hard_clips())),
            "differences": compared,
            "processors": on_processors(folder / "device"),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--clips", type=Path, help="folder with train/CLASS/*.flac and eval/CLASS/*.flac")
    arguments = parser.parse_args()
    result = measure(arguments.clips)
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
