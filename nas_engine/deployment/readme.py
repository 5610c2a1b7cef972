"""README of a deploy bundle, in Markdown."""

from nas_engine.deployment.contents import BundleContents
from nas_engine.files.tflite_tensors import QuantisedTensor, input_and_output


def readme(contents: BundleContents, methods: tuple[str, ...]) -> str:
    """README of these contents, whose network needs these `methods` of MicroMutableOpResolver."""
    source, sink = input_and_output(contents.network)
    return f"""\
# {contents.title}

| file | contents |
|---|---|
| network.tflite | the int8 network, {len(contents.network):,} bytes |
| labels.txt | {len(contents.labels)} classes in the order of the outputs, one a line |
| frontend.json | how sound becomes the network's input |
| thresholds.json, loop.json | when a score is a detection, and the settings of the loop |
| arena.json | bytes of RAM that the interpreter takes, measured and estimated |
| MODEL_CARD.md | data, accuracy by class, energy, limits |
| smoke_test.py, test_vectors/ | inputs with the scores they must give, and the program that compares |
| earshot/ | an Arduino sketch; in earshot/src/ the sources that all projects share |
| pc/ | a CMake project for a computer |
| zephyr/ | a Zephyr application |
| other .json | architecture and figures of the training |

## First

    pip install numpy ai-edge-litert
    python smoke_test.py

{_vectors(contents)}

## The network

Input: {_tensor(source)}. Output: {_tensor(sink)}; a probability is scale × (score − zero point).
{_thresholds(contents)}

## Memory

{_arena(contents)}
The sources reserve {contents.reserved_arena_bytes:,} bytes (EARSHOT_ARENA_BYTES in earshot/src/earshot_constants.h).
The measurement is of TensorFlow Lite Micro with its reference kernels on a 64-bit computer. On 32-bit
microcontrollers structures are smaller; kernels such as those of CMSIS-NN may want scratch buffers in addition: where
AllocateTensors fails, raise the number.

## Operators

A `MicroMutableOpResolver<{len(methods)}>` needs {", ".join(f"{method}()" for method in methods)}; earshot_operators.h
has the function.

## Projects

They take TensorFlow Lite Micro from your own SDK, which is not in this bundle.

- Computer: `cmake -S pc -B build && cmake --build build && build/earshot_check` compiles the network alone. With
  `-DTFLITE_MICRO_DIR=...` also earshot_scores: `build/earshot_scores test_vectors/features.npy`.
- Arduino: open earshot/earshot.ino and install a library that has TensorFlow Lite Micro.
- Zephyr: `west build -b BOARD zephyr`, in a workspace with the module tflite-micro.

earshot_check was compiled and run where Earshot is made. What includes TensorFlow Lite Micro was checked there by
layout and syntax alone: not built with an SDK and not run on a device.
"""


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
