"""README of a deploy bundle, in Markdown."""

from pathlib import Path

from nas_engine.deployment.contents import BundleContents
from nas_engine.files.tflite_tensors import QuantisedTensor, input_and_output

_TEMPLATE = Path(__file__).with_name("readme.template.md")


def readme(contents: BundleContents, methods: tuple[str, ...]) -> str:
    """README of these contents, whose network needs these `methods` of MicroMutableOpResolver."""
    source, sink = input_and_output(contents.network)
    return _TEMPLATE.read_text("utf-8").format(
        title=contents.title,
        network_bytes=len(contents.network),
        classes=len(contents.labels),
        vectors=_vectors(contents),
        source=_tensor(source),
        sink=_tensor(sink),
        thresholds=_thresholds(contents),
        arena=_arena(contents),
        reserved=contents.reserved_arena_bytes,
        operators=len(methods),
        methods=", ".join(f"{method}()" for method in methods),
    )


def _tensor(tensor: QuantisedTensor) -> str:
    shape = " x ".join(str(size) for size in tensor.shape)
    return f"int8 [{shape}], scale {tensor.scale:.9g}, zero point {tensor.zero_point}"


def _vectors(contents: BundleContents) -> str:
    if contents.vectors is None:
        return "There are no test vectors: the features of the data set are not there any more."
    names = ", ".join(sorted(contents.vectors.scores))
    return (
        f"{len(contents.vectors.features)} clips of the evaluation split, as features, with the scores of these "
        f"kernels: {names}. "
        "Features tell something of the sounds that they were made of: pass them on with the same care."
    )


def _thresholds(contents: BundleContents) -> str:
    if contents.thresholds is None:
        return "Nobody has chosen thresholds: the answer to a clip is the class of the best score."
    return "A detection is a probability strictly above the threshold of its class (thresholds.json)."


def _arena(contents: BundleContents) -> str:
    estimate = f"Estimated from the architecture: {contents.arena_estimate_bytes:,} bytes of activations."
    if contents.arena is None:
        return f"{contents.arena_note or 'The tensor arena was not measured.'} {estimate}"
    measured = contents.arena
    return (
        f"Measured tensor arena: {measured.arena_bytes:,} bytes, the smallest in which the network runs: "
        f"{measured.head_bytes:,} for activations and {measured.tail_bytes:,} for structures that stay. {estimate}"
    )
