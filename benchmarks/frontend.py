"""The front end in C: RAM, flash, instructions per hop on emulated Cortex-M, and its distance from training's features.

    python -m benchmarks.frontend --json benchmarks/results/frontend.json --page docs/device.md
        [--clips ../shared/data/soundevents]

Both are measured, in float32 and in fixed point (the keys that end in "_fixed"). Needs gcc, arm-none-eabi-gcc and
qemu-system-arm (`python -m bootstrap.cross_compiler`). Without `--clips` only clips of the generator are compared, and
no network is trained (`benchmarks.frontend_answers`). Deviations are those of the compared clips' own features. RAM and
flash of the always-on loop, of nine classes with its default settings, are with them. The tables of the page are
written between their marks.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.emulation.cortex_m import COMPILER, EMULATOR, PROCESSORS, Processor, count_instructions
from benchmarks.frontend_answers import answers
from benchmarks.marked_part import replaced
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.synthesis.positive_classes import POSITIVE
from nas_engine.deployment.frontend import files, reference, tables_fixed
from nas_engine.deployment.frontend.tables import table_bytes
from nas_engine.deployment.loop import constants
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.deployment.frontend.compiled import (
    build,
    fixed_rows_and_inputs,
    fixed_rows_program,
    rows_of,
    write_files,
)
from tests.nas_engine.deployment.frontend.sounds import (
    Clips,
    description_of,
    hard_clips,
    real_clips,
    synthetic_clips,
    training_features,
)

REAL_CLIPS = 200
CLOCK_HZ, MOST_CYCLES = 48_000_000, 2
"""Clock and cycles an instruction by which a share of a Cortex-M0+ is stated: most instructions take one cycle, loads,
stores and jumps two, if memory does not wait; calls and multiplications in cores with the slow multiplier take more."""
FIXED = ("-DEARSHOT_FIXED_POINT",)
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


def differences_fixed(clips: Clips, folder: Path) -> dict[str, Any]:
    """As `differences` in fixed point, with the mean difference and the share of int8 inputs that are other steps."""
    description = description_of(clips)
    found = fixed_rows_and_inputs(fixed_rows_program(folder, description, ("-O2",)), clips, 320)
    std, apart, steps = np.array(description["std"]), [], []
    for clip, (rows, ours) in zip(clips.values(), found, strict=True):
        expected = training_features(clip, FrontendConfig())
        apart.append(np.abs(rows - expected) / std)
        theirs = reference.quantise(reference.normalise(expected, description), description)
        steps.append(np.abs(ours.astype(int) - theirs))
    features, inputs = np.concatenate(apart), np.concatenate(steps)
    return {
        "clips": len(clips),
        "rows": len(features),
        "largest_std": float(features.max()),
        "rms_std": float(np.sqrt((features**2).mean())),
        "mean_std": float(features.mean()),
        "inputs_off": float((inputs > 0).mean()),
        "inputs_most_steps": int(inputs.max()),
    }


def code_and_stack(processor: Processor, sources: Path, options: tuple[str, ...]) -> dict[str, int]:
    """Flash of code with its constants, and the deepest frame of one function, in bytes, at -O2."""
    built = sources / "size.o"
    options = ("-mthumb", "-O2", "-std=c99", *processor.flags, "-fstack-usage", *options)
    subprocess.run([COMPILER, *options, "-c", sources / "earshot_frontend.c", "-o", built], check=True)
    size = subprocess.run(["arm-none-eabi-size", built], capture_output=True, text=True, check=True)
    frames = [int(line.split("\t")[1]) for line in built.with_suffix(".su").read_text().splitlines()]
    return {"flash_bytes": int(size.stdout.splitlines()[1].split()[0]), "largest_stack_frame_bytes": max(frames)}


def on_processors(folder: Path, options: tuple[str, ...] = ()) -> dict[str, Any]:
    """Instructions, flash and stack by processor, for a second of two synthetic clips each and the hard ones."""
    clips = {name: clip[:16_000] for name, clip in list(synthetic_clips(1).items())[:2]} | hard_clips()
    description = description_of(clips)
    sources = write_files(folder, files.c_files(description) | files.vector_files(description, clips))
    return {
        name: count_instructions(processor, sources, folder, options)
        | code_and_stack(processor, sources, options)
        | loop_bytes(processor, folder / "loop", options)
        for name, processor in PROCESSORS.items()
    }


def loop_bytes(processor: Processor, folder: Path, options: tuple[str, ...]) -> dict[str, int]:
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
        flags = ("-mthumb", "-O2", "-std=c99", *processor.flags, *options)
        subprocess.run([COMPILER, *flags, "-c", folder / f"{name}.c", "-o", built], check=True)
        size = subprocess.run(["arm-none-eabi-size", built], capture_output=True, text=True, check=True)
        sizes[name] = [int(cell) for cell in size.stdout.splitlines()[1].split()[:3]]
    return {"loop_flash_bytes": sizes["earshot_loop"][0], "loop_state_bytes": sizes["state"][2]}


def tables(results: dict[str, Any]) -> str:
    """The page's tables."""
    kinds = {"float32": "", "fixed point": "_fixed"}
    lines = [
        "| processor | arithmetic | instructions per hop | normalise and quantise | million instructions a second | "
        "state, bytes | code and tables, bytes | deepest stack frame, bytes | state of the loop, bytes | "
        "code of the loop, bytes |",
        "|---" * 10 + "|",
    ]
    counts = ("state_bytes", "flash_bytes", "largest_stack_frame_bytes", "loop_state_bytes", "loop_flash_bytes")
    for name in results["processors"]:
        for kind, key in kinds.items():
            found = results[f"processors{key}"][name]
            cells = (f"{found['push_mean']:,}", f"{found['quantise_mean']:,}", f"{a_second(found) / 1e6:.1f}")
            figures = " | ".join((*cells, *(f"{found[count]:,}" for count in counts)))
            lines.append(f"| {NAMES[name]} | {kind} | {figures} |")
    lines += [
        "",
        "| sounds | rows | largest difference, standard deviations | in fixed point | its mean | inputs off |",
    ]
    lines.append("|---" * 6 + "|")
    for name, found in results["differences"].items():
        fixed = results["differences_fixed"][name]
        lines.append(
            f"| {found['clips']} {SOUNDS[name]} | {found['rows']:,} | {found['largest_std']:.1e} | "
            f"{fixed['largest_std']:.1e} | {fixed['mean_std']:.1e} | {inputs_off(fixed)} |"
        )
    for kind, key in kinds.items():
        sizes = results[f"table_bytes{key}"]
        window = sizes["earshot_window"]
        lines += ["", f"Of the tables in {kind}, {sum(sizes.values()):,} bytes in all, the window takes {window:,}."]
    lines += ["", sentence_of_m0plus(results), *(["", sentence_of(found)] if (found := results.get("answers")) else [])]
    return "\n".join([*lines, "", f"-O2; {'; '.join(results['versions'])}."])


def a_second(found: dict[str, Any]) -> float:
    """Instructions a second of a processor's figures."""
    return (
        float(found["push_mean"] + found["quantise_mean"])
        * FrontendConfig().sample_rate_hz
        / FrontendConfig().hop_samples
    )


def inputs_off(found: dict[str, Any]) -> str:
    """Share of int8 inputs that differ, with the most steps."""
    return f"{100 * found['inputs_off']:.3f} %, by {found['inputs_most_steps']}" if found["inputs_off"] else "none"


def sentence_of_m0plus(results: dict[str, Any]) -> str:
    """Real time on a Cortex-M0+, in both kinds of arithmetic."""
    shares = [
        MOST_CYCLES * a_second(results[key]["cortex-m0plus"]) / CLOCK_HZ for key in ("processors", "processors_fixed")
    ]
    return (
        f"A Cortex-M0+ at {CLOCK_HZ / 1e6:.0f} MHz that takes {MOST_CYCLES} cycles an instruction computes a second of "
        f"sound in {shares[0]:.1f} s in float32, and in {shares[1]:.2f} s in fixed point."
    )


def sentence_of(found: dict[str, Any]) -> str:
    """What fixed point changes in a network's answers."""
    return (
        f"{found['network']}, trained for {found['epochs']} epochs, heard {found['clips']} real clips of the "
        "evaluation split with the features of training and with those in fixed point: "
        f"{100 * found['inputs_off']:.2f} % of the int8 inputs differ, by {found['inputs_most_steps']} step at most, "
        f"and {100 * found['scores_off']:.1f} % of the int8 scores, by {found['scores_most_steps']} of 256 steps at "
        f"most; {found['answers_changed']} answers and "
        f"{found['detections_changed']} of {found['detections']} scores above 0.5 are others "
        f"(accuracy {100 * found['accuracy']:.1f} % and {100 * found['accuracy_fixed']:.1f} %)."
    )


def first_line(program: str) -> str:
    """What the program prints first of its version."""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def measure(clips: Path | None) -> dict[str, Any]:
    """All figures; `clips` is a folder with the splits train and eval."""
    compared = {"synthetic": synthetic_clips(), "hard": hard_clips()}
    if clips:
        compared = {"synthetic": compared["synthetic"], "real": real_clips(clips, REAL_CLIPS), "hard": compared["hard"]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "versions": [first_line(program) for program in ("gcc", COMPILER, EMULATOR)],
            "table_bytes": table_bytes(description_of(hard_clips())),
            "table_bytes_fixed": tables_fixed.table_bytes(description_of(hard_clips())),
            "differences": {kind: differences(sounds, folder / kind) for kind, sounds in compared.items()},
            "differences_fixed": {kind: differences_fixed(sounds, folder / kind) for kind, sounds in compared.items()},
            "processors": on_processors(folder / "device"),
            "processors_fixed": on_processors(folder / "device", FIXED),
        } | ({"answers": answers(clips, REAL_CLIPS, folder / "answers")} if clips else {})


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
