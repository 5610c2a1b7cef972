"""Smoke test of a deploy bundle: `python smoke_test.py` in its folder. Needs Python, NumPy and one runtime.

The runtime is the first that is installed of ai_edge_litert, tflite_runtime, tensorflow and tflite_micro, or the one
named by --runtime. The network's scores for the test vectors must be those that Earshot recorded, to the last int8
step, with the kernels of that runtime; --steps N allows differences of up to N. The front end is tested, too, where it
is Earshot's own.
"""

import argparse
import importlib
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

KERNELS = {"ai_edge_litert": "xnnpack", "tflite_runtime": "xnnpack", "tensorflow": "xnnpack", "tflite_micro": "micro"}
"""Kernels that each runtime computes with, by which the recorded scores are named."""
_FROM_ELSEWHERE = "earshot-frontend-from-elsewhere"
_ARENA_BYTES = 32_000_000
MOST_APART = 1e-3
"""Standard deviations of a mel bin that a feature may differ by."""
MOST_OFF = 1e-3
"""Share of the network's inputs that may be one int8 step off."""


def main() -> None:
    """Run the test, print a sentence and exit with 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", choices=sorted(KERNELS), help="package to use")
    parser.add_argument("--steps", type=int, default=0, help="int8 steps that a score may differ by (0)")
    parser.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent, help="the bundle's folder")
    options = parser.parse_args()
    content = (options.folder / "network.tflite").read_bytes()
    if c_bytes((options.folder / "earshot" / "src" / "earshot_network.c").read_text("utf-8")) != content:
        sys.exit("earshot/src/earshot_network.c holds other bytes than network.tflite: unpack the bundle again.")
    name, run = first_runtime([options.runtime] if options.runtime else list(KERNELS), content)
    vectors = options.folder / "test_vectors"
    check_sounds(options.folder, vectors)
    recorded = vectors / f"scores_{KERNELS[name]}.npy"
    if not recorded.exists():
        sys.exit(f"The bundle has no recorded scores for {name} ({recorded.name}); use another runtime.")
    features, expected = np.load(vectors / "features.npy"), np.load(recorded).astype(int)
    scores = np.array([run(example) for example in features]).astype(int)
    differences = np.abs(scores - expected)
    labels = (options.folder / "labels.txt").read_text("utf-8").split("\n")[:-1]
    if scores.shape[1] != len(labels):
        sys.exit(f"The network answers {scores.shape[1]} classes, labels.txt names {len(labels)}.")
    changed = int((scores.argmax(1) != expected.argmax(1)).sum())
    print(
        f"{name}: {len(scores)} test vectors, {int((differences > 0).sum())} of {differences.size} scores differ, "
        f"by {int(differences.max())} steps of 256 at most; {changed} other answers."
    )
    if differences.max() > options.steps:
        sys.exit("FAILED: this runtime computes other scores than Earshot recorded.")
    print("PASSED")


def check_sounds(folder: Path, vectors: Path) -> None:
    """Exit where frontend.py gives the sounds other features than Earshot computed, or other inputs of the network.

    The last bits differ with the version of NumPy, so that an input may be one step off now and then.
    """
    page = json.loads((folder / "frontend.json").read_text("utf-8"))
    if page["format"] == _FROM_ELSEWHERE:
        print(f"The front end is {page['title']}: features are not computed here, by {page['package']} they can be.")
        return
    frontend = _frontend(folder)
    pcm, rows = np.load(vectors / "test_pcm.npy"), np.load(vectors / "test_features.npy")
    sounds = json.loads((vectors / "test_vectors.json").read_text("utf-8"))
    apart, steps = 0.0, np.zeros(1, int)
    for sound in sounds:
        features = frontend.log_mel(pcm[: sound["samples"]], page)
        if features.shape[0] != sound["rows"]:
            sys.exit(f"FAILED: frontend.py gives {len(features)} rows of features for {sound['name']}.")
        apart = max(apart, float((np.abs(features - rows[: sound["rows"]]) / np.array(page["std"])).max()))
        if sound["input"] is not None:
            ours = frontend.quantise(frontend.normalise(frontend.crop(features, page), page), page).astype(int)
            recorded = np.load(vectors / "features.npy")[sound["input"]]
            steps = np.concatenate([steps, np.abs(ours - recorded).ravel()])
        pcm, rows = pcm[sound["samples"] :], rows[sound["rows"] :]
    print(f"frontend.py: {len(sounds)} sounds, features within {apart:.1e} of a standard deviation.")
    if not apart <= MOST_APART or steps.max() > 1 or steps.mean() > MOST_OFF:
        sys.exit("FAILED: frontend.py computes other features or inputs than Earshot recorded.")


def _frontend(folder: Path) -> Any:
    sys.path.insert(0, str(folder.resolve()))
    return importlib.import_module("frontend")


def c_bytes(source: str) -> bytes:
    """Bytes of the array in a C source."""
    return bytes(int(text, 16) for text in re.findall(r"0x([0-9a-f]{2})\b", source))


def first_runtime(names: list[str], content: bytes) -> tuple[str, Callable[[Any], Any]]:
    """The first of the runtimes that is installed: its name, and a function from features to scores, int8 both."""
    for name in names:
        try:
            return name, _MAKERS[name](content)
        except ImportError:
            continue
    sys.exit(f"None of {', '.join(names)} is installed: pip install ai-edge-litert")


def _litert(content: bytes) -> Callable[[Any], Any]:
    return _interpreting(importlib.import_module("ai_edge_litert.interpreter").Interpreter(model_content=content))


def _tflite_runtime(content: bytes) -> Callable[[Any], Any]:
    return _interpreting(importlib.import_module("tflite_runtime.interpreter").Interpreter(model_content=content))


def _tensorflow(content: bytes) -> Callable[[Any], Any]:
    return _interpreting(importlib.import_module("tensorflow").lite.Interpreter(model_content=content))


def _interpreting(interpreter: Any) -> Callable[[Any], Any]:
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(example: Any) -> Any:
        interpreter.set_tensor(source["index"], example.reshape(source["shape"]))
        interpreter.invoke()
        return interpreter.get_tensor(sink["index"])[0].copy()

    return run


def _micro(content: bytes) -> Callable[[Any], Any]:
    runtime = importlib.import_module("tflite_micro.python.tflite_micro.runtime")
    interpreter = runtime.Interpreter.from_bytes(content, arena_size=_ARENA_BYTES)
    shape = interpreter.get_input_details(0)["shape"]

    def run(example: Any) -> Any:
        interpreter.set_input(example.reshape(shape), 0)
        interpreter.invoke()
        return interpreter.get_output(0)[0].copy()

    return run


_MAKERS = {
    "ai_edge_litert": _litert,
    "tflite_runtime": _tflite_runtime,
    "tensorflow": _tensorflow,
    "tflite_micro": _micro,
}

if __name__ == "__main__":
    main()
