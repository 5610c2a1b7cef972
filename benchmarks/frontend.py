"""The front end in C: RAM, flash, instructions per hop on emulated Cortex-M, and its distance from training's features.

    python -m benchmarks.frontend --json benchmarks/results/frontend.json --page docs/device.md
        [--clips ../shared/data/soundevents]

Needs gcc, arm-none-eabi-gcc and qemu-system-arm (`python -m bootstrap.cross_compiler`). Without `--clips` only clips of
the generator are compared. Deviations are those of the compared clips' own features. RAM and flash of the always-on
loop, of nine classes with its default settings, are with them. The tables of the page are written between their marks.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.emulation.cortex_m import COMPILER, EMULATOR, PROCESSORS, Processor, count_instructions
from benchmarks.marked_part import replaced
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.synthesis.positive_classes import POSITIVE
from nas_engine.deployment.frontend import files
from nas_engine.deployment.frontend.tables import table_bytes
from nas_engine.deployment.loop import constants
from nas_engine.streaming.loop import LoopSettings
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
BEGIN, END = "<!-- front end begin -->", "<!-- front end end -->"
NAMES = {"cortex-m4f": "Cortex-M4F", "cortex-m55": "Cortex-M55", "cortex-m0plus": "Cortex-M0+"}
SOUNDS = {
    "real": "real clips",
    "synthetic": "synthetic clips",
    "hard": "sounds of full scale next to silence, single steps, noise",
}
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
        name: count_instructions(processor, sources, folder)
        | code_and_stack(processor, sources)
        | loop_bytes(processor, folder / "loop")
        for name, processor in PROCESSORS.items()
    }


def loop_bytes(processor: Processor, folder: Path) -> dict[str, int]:
    """RAM of the always-on loop's state, front end included, and flash of its code with the tables of nine classes."""
    labels = (*POSITIVE, "negative")
    output = {"shape": [1, len(labels)], "dtype": "int8", "scale": 1 / 256, "zero_point": -128}
    description = description_of(hard_clips()) | {"output": output}
    header = constants.constants_header(labels, 1024, LoopSettings(), description)
    sources = {path.name: path.read_bytes() for path in constants.SOURCES} | {constants.NAME: header.encode()}
    state = b'#include "earshot_loop.h"\nearshot_loop state;\n'
    write_files(folder, files.c_files(description) | sources | {"state.c": state})
    sizes = {}
    for name in ("earshot_loop", "state"):
        built = folder / f"{name}.o"
        options = ("-mthumb", "-O2", "-std=c99", *processor.flags)
        subprocess.run([COMPILER, *options, "-c", folder / f"{name}.c", "-o", built], check=True)
        size = subprocess.run(["arm-none-eabi-size", built], capture_output=True, text=True, check=True)
        sizes[name] = [int(cell) for cell in size.stdout.splitlines()[1].split()[:3]]
    return {"loop_flash_bytes": sizes["earshot_loop"][0], "loop_state_bytes": sizes["state"][2]}


def tables(results: dict[str, Any]) -> str:
    """The page's tables."""
    processors = results["processors"]
    lines = [
        "| processor | instructions per hop | normalise and quantise | million instructions a second | state, bytes | "
        "code and tables, bytes | deepest stack frame, bytes | state of the loop, bytes | code of the loop, bytes |",
        "|---" * 9 + "|",
    ]
    hops_a_second = FrontendConfig().sample_rate_hz / FrontendConfig().hop_samples
    for name, found in processors.items():
        millions = (found["push_mean"] + found["quantise_mean"]) * hops_a_second / 1e6
        counts = ("state_bytes", "flash_bytes", "largest_stack_frame_bytes", "loop_state_bytes", "loop_flash_bytes")
        cells = (f"{found['push_mean']:,}", f"{found['quantise_mean']:,}", f"{millions:.1f}")
        lines.append(f"| {NAMES[name]} | {' | '.join((*cells, *(f'{found[key]:,}' for key in counts)))} |")
    lines += ["", "| sounds | rows | largest difference, standard deviations |", "|---|---|---|"]
    lines += [
        f"| {found['clips']} {SOUNDS[name]} | {found['rows']:,} | {found['largest_std']:.1e} |"
        for name, found in results["differences"].items()
    ]
    window = results["table_bytes"]["earshot_window"]
    lines += ["", f"Of the tables, {sum(results['table_bytes'].values()):,} bytes in all, the window takes {window:,}."]
    return "\n".join([*lines, "", f"-O2; {'; '.join(results['versions'])}."])


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
    parser.add_argument("--page", type=Path, help="page whose tables are written")
    parser.add_argument("--clips", type=Path, help="folder with train/CLASS/*.flac and eval/CLASS/*.flac")
    arguments = parser.parse_args()
    result = measure(arguments.clips)
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    if arguments.page:
        text = arguments.page.read_text("utf-8")
        arguments.page.write_text(replaced(text, BEGIN, END, tables(result), arguments.page), "utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
