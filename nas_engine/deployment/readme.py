"""README of a deploy bundle, in Markdown."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.frontend.elsewhere import is_from_elsewhere
from nas_engine.deployment.frontend.tables_fixed import unsupported
from nas_engine.files.tflite_tensors import QuantisedTensor, input_and_output

_TEMPLATE = Path(__file__).with_name("readme.template.md")
_PROJECTS = Path(__file__).with_name("readme_projects.template.md")
_OURS = {
    "frontend_row": "| frontend.json, frontend.py | how sound becomes the network's input, and the same in Python |",
    "source_rows": """\
| earshot/ | an Arduino sketch; in earshot/src/ the sources that all projects share |
| pc/ | a CMake project for a computer, with the test of the front end in C |
| zephyr/ | a Zephyr application |""",
    "tests": """\
    cmake -S pc -B build && cmake --build build && ctest --test-dir build

The first test runs sounds through frontend.py and inputs through the network, the others the front end in C.""",
    "loop_source": "; earshot_loop.h states how they are called",
    "loop_bytes": "The front end and the loop take a static `earshot_loop` besides, most of it the latest "
    "{input_bytes:,} bytes of features.",
}
_ELSEWHERE = {
    "frontend_row": "| frontend.json | how sound becomes the network's input: package, version, parameters and call |",
    "source_rows": "| earshot/src/ | the network as C array, operators, and a classifier from features to scores |",
    "tests": """
The test runs inputs through the network. It does not compute features.""",
    "loop_source": "; the loop is yours to write",
    "loop_bytes": "The latest {input_bytes:,} bytes of features are kept besides, by your loop.",
}
_NO_PROJECTS = """\
## Front end

The front end is {title}, of which Earshot has no C code, neither in float32 nor in integers, so that no project comes
along. Use that of {package} {version} or of your chip's SDK: "call" of frontend.json is the one of training. Hold what
it gives against test_vectors/test_features.npy, the features of the sounds in test_vectors/test_pcm.npy. Normalise and
quantise by frontend.json, then earshot/src/earshot_classifier.h takes the input and gives the scores. It needs
TensorFlow Lite Micro from your own SDK, and was checked where Earshot is made by its syntax alone.
"""
_FIXED = """\
The front end computes in float32. For processors without a floating-point unit, such as a Cortex-M0+, it computes in
integers where EARSHOT_FIXED_POINT is defined for all sources, with the same functions, a row in int32 and no libm:

- Computer: `-DEARSHOT_FIXED_POINT=ON`; the second test of the front end is that of integers.
- Arduino: take the comment marks off its line in earshot/src/earshot_frontend.h.
- Zephyr: CONFIG_EARSHOT_FIXED_POINT, which is set by itself where the processor has no FPU.

Features may differ by 0.01 of a standard deviation from those of training, in float32 by 0.001.
"""
_NOT_FIXED = """\
This front end is not computed in integers: {why}. The sources compute in float32 and stop the compiler where
EARSHOT_FIXED_POINT is defined; in Zephyr, unset CONFIG_EARSHOT_FIXED_POINT for a processor without an FPU.
"""
_ALONG_WIDTH = """\
Time runs along the width, since Ethos-U is faster so; the bytes of the input are those of [1, frames, 1, mel bins]."""
_MEASURED = """\
The measurement is of TensorFlow Lite Micro with its reference kernels on a 64-bit computer. On 32-bit
microcontrollers structures are smaller; kernels such as those of CMSIS-NN may want scratch buffers in addition: where
AllocateTensors fails, raise the number."""
_ESTIMATED = """\
Nothing was measured: where AllocateTensors fails, raise the number. Kernels such as those of CMSIS-NN may want scratch
buffers in addition."""


def readme(contents: BundleContents, methods: tuple[str, ...]) -> str:
    """README of these contents, whose network needs these `methods` of MicroMutableOpResolver."""
    source, sink = input_and_output(contents.network)
    words = _ELSEWHERE if is_from_elsewhere(contents.frontend) else _OURS
    loop_bytes = words["loop_bytes"].format(input_bytes=prod(source.shape))
    return _TEMPLATE.read_text("utf-8").format(
        title=contents.title,
        network_bytes=len(contents.network),
        classes=len(contents.labels),
        vectors=_vectors(contents),
        source=_tensor(source),
        sink=_tensor(sink),
        axis=f"\n{_ALONG_WIDTH}" if _is_along_width(source) else "",
        sounds=_sounds(contents),
        loop=_loop(contents),
        arena=_arena(contents),
        reserved=contents.reserved_arena_bytes,
        reserved_as="" if contents.arena else ", an estimate with room to spare",
        limits=_MEASURED if contents.arena else _ESTIMATED,
        projects=_projects(contents.frontend),
        **words | {"loop_bytes": loop_bytes},
        operators=len(methods),
        methods=", ".join(f"{method}()" for method in methods),
    )


def _projects(frontend: Mapping[str, Any]) -> str:
    """Section on the projects; for a front end from elsewhere, how it and the classifier are used without them."""
    if is_from_elsewhere(frontend):
        return _NO_PROJECTS.format(
            title=frontend["title"], package=frontend["package"], version=frontend["package_version"]
        )
    why = unsupported(frontend)
    fixed = _NOT_FIXED.format(why=why) if why else _FIXED
    return _PROJECTS.read_text("utf-8").format(rate=frontend["parameters"]["sample_rate_hz"], fixed=fixed)


def _tensor(tensor: QuantisedTensor) -> str:
    shape = " x ".join(str(size) for size in tensor.shape)
    return f"int8 [{shape}], scale {tensor.scale:.9g}, zero point {tensor.zero_point}"


def _is_along_width(source: QuantisedTensor) -> bool:
    """Whether an input [1, height, width, channels] has all of its positions along the width."""
    _, height, width, _ = source.shape
    return height == 1 < width


def _vectors(contents: BundleContents) -> str:
    if contents.vectors is None:
        return "There are no scored test vectors: the features of the data set are not there any more."
    names = ", ".join(sorted(contents.vectors.scores))
    return (
        f"{len(contents.vectors.features) - contents.vectors.of_sounds} clips of the evaluation split, as features, "
        f"with the scores of these kernels: {names}. "
        "Features tell something of the sounds that they were made of: pass them on with the same care."
    )


def _sounds(contents: BundleContents) -> str:
    if not contents.sounds:
        return "A made sound with its features tests the front end: clips of the data set are not in this bundle."
    folders, tests = (
        ("test_vectors/", "") if is_from_elsewhere(contents.frontend) else ("test_vectors/ and pc/", " and ctest")
    )
    names = ", ".join(contents.sounds)
    return (
        f"{len(contents.sounds)} clips of the evaluation split are there as sound, 16-bit PCM, with their features "
        f"({names}). They are recordings of your data set: whoever has this bundle can listen to them. Delete "
        f"{folders} before you pass the rest on to others who may not: smoke_test.py{tests} cannot run without them."
    )


def _loop(contents: BundleContents) -> str:
    settings, labels = contents.loop_or_default, contents.labels
    detected = [label for label in labels if label not in settings.silent_classes]
    thresholds = ", ".join(f"{label} {settings.threshold_of(label):g}" for label in detected)
    silent = ", ".join(label for label in labels if label in settings.silent_classes)
    sentences = [
        "" if contents.loop else "Nobody has chosen these settings for this network: they are defaults.",
        f"The network runs every {settings.hop_s:g} s. Its outputs are averaged over {settings.smoothing_windows}; a "
        f"class is active where {settings.needed} of the last {settings.among} averages are strictly above its "
        f"threshold, and is detected unless it was within the last {settings.refractory_s:g} s.",
        f"Thresholds: {thresholds}.",
        f"Never detected: {silent}." if silent else "",
        f"A gain of {settings.gain_db:g} dB is applied to the samples." if settings.gain_db else "",
    ]
    return "\n".join(sentence for sentence in sentences if sentence)


def _arena(contents: BundleContents) -> str:
    estimate = f"Estimated from the architecture: {contents.arena_estimate_bytes:,} bytes of activations."
    if contents.arena is None:
        return f"{contents.arena_note or 'The tensor arena was not measured.'} {estimate}"
    measured = contents.arena
    return (
        f"Measured tensor arena: {measured.arena_bytes:,} bytes, the smallest in which the network runs: "
        f"{measured.head_bytes:,} for activations and {measured.tail_bytes:,} for structures that stay. {estimate}"
    )
