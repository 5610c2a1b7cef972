"""README of a deploy bundle, in Markdown."""

from math import prod
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
        sounds=_sounds(contents),
        loop=_loop(contents),
        arena=_arena(contents),
        reserved=contents.reserved_arena_bytes,
        input_bytes=prod(source.shape),
        rate=contents.frontend["parameters"]["sample_rate_hz"],
        operators=len(methods),
        methods=", ".join(f"{method}()" for method in methods),
    )


def _tensor(tensor: QuantisedTensor) -> str:
    shape = " x ".join(str(size) for size in tensor.shape)
    return f"int8 [{shape}], scale {tensor.scale:.9g}, zero point {tensor.zero_point}"


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
    names = ", ".join(contents.sounds)
    return (
        f"{len(contents.sounds)} clips of the evaluation split are there as sound, 16-bit PCM, with their features "
        f"({names}). They are recordings of your data set: whoever has this bundle can listen to them. Delete "
        "test_vectors/ and pc/ before you pass the rest on to others who may not."
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
