"""Differences between runtimes: of whole networks that were trained, and of each of their operators alone.

    python -m benchmarks.runtimes --pack FILE --json OUT [--networks 3] [--epochs 8] [--seed 0]

FILE is a feature pack (`webapp` keeps those of data sets; `nas_engine.audio.dataset.prepare` writes one). Each network,
drawn from the paper's 2-D space, is trained in float once, and from there on twice: with scales as measured, and with
those at which runtimes round alike (`network.rounding`). Reported for both: right clips in each runtime, clips that it
names another class than XNNPACK does, the largest difference of an output in int8 steps, and for each kind of operator
the share of values that differ from the reference kernels' when each operator is given the reference kernels' inputs.
"""

import argparse
import copy
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from nas_engine.architecture import Architecture
from nas_engine.audio.batches import evaluation_arrays, steps_per_epoch, training_batches
from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.cost import cost
from nas_engine.evaluation_result import Runtime
from nas_engine.network import builder, quantization, runtimes, tflite
from nas_engine.network.keras import configure, keras, tf, tflite_schema
from nas_engine.network.schedule import CosineDecay
from nas_engine.network.training import Batch, ModelTrainer
from nas_engine.search_space.paper_spaces import paper_2d

BATCH = 64
QAT_EPOCHS = 2
CLIPS_A_LAYER = 5
RESOLVERS = tf.lite.experimental.OpResolverType
REFERENCE = RESOLVERS.BUILTIN_REF
_KINDS = {code: name for name, code in vars(tflite_schema.BuiltinOperator).items() if isinstance(code, int)}


def trained_files(architecture: Architecture, pack: FeaturePack, epochs: int, seed: int) -> dict[str, bytes]:
    """The network's file with scales as measured and with safe ones, from the same float training."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = builder.build(architecture, dropout=0.2)
    train(model, pack, epochs, 1e-2, rng)
    ranges = quantization.measure_ranges(architecture, model, [x for x, _ in batches(pack, rng)][:4])
    files = {}
    for name, safe in (("as measured", False), ("safe", True)):
        quantised = quantization.quantise(architecture, model, ranges, rounding_safe=safe)
        train(quantised, pack, QAT_EPOCHS, 1e-4, np.random.default_rng(seed + 1))
        files[name] = tflite.convert(quantised)
    return files


def batches(pack: FeaturePack, rng: np.random.Generator) -> Iterable[Batch]:
    train_split = pack.split("train")
    return training_batches(train_split, pack.config, pack.mean, pack.std, BATCH, rng, negative_share=0.5)


def train(model: Any, pack: FeaturePack, epochs: int, learning_rate: float, rng: np.random.Generator) -> None:
    steps = steps_per_epoch(len(pack.split("train")), BATCH)
    trainer = ModelTrainer(model, "benchmark", CosineDecay(learning_rate, steps * epochs), label_smoothing=0.1)
    for _ in range(epochs):
        trainer.epoch(batches(pack, rng))


def whole(content: bytes, x: NDArray[np.float32], y: NDArray[np.int64], flops: int) -> dict[str, Any]:
    """Results of all runtimes, compared with XNNPACK."""
    outputs = runtimes.predict("xnnpack", content, x)
    found = runtimes.compare(content, x, y, outputs, runtime="xnnpack", flops=flops)
    return {name: asdict(result) for name, result in found.items()}


def by_operator(content: bytes, x: NDArray[np.float32]) -> dict[str, dict[str, float]]:
    """Share (0..1) of values of each kind of operator that differ from the reference kernels', by runtime."""
    inputs = tflite.quantised_inputs(content, x)
    model = tflite_schema.ModelT.InitFromObj(tflite_schema.Model.GetRootAsModel(content, 0))
    tensors = activations(content, inputs)
    differing: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number, operator in enumerate(model.subgraphs[0].operators):
        kind = _KINDS[model.operatorCodes[operator.opcodeIndex].builtinCode]
        given = [index for index in operator.inputs if index in tensors[0]]
        alone = one_operator(model, number, given)
        expected = np.array([of_clip[operator.outputs[0]] for of_clip in tensors])
        for name in runtimes.available():
            made = run_alone(name, alone, [[of_clip[index] for index in given] for of_clip in tensors])
            differing[kind][name].append(float(np.mean(made != expected)))
    return {kind: {name: float(np.mean(shares)) for name, shares in found.items()} for kind, found in differing.items()}


def activations(content: bytes, inputs: NDArray[np.int8]) -> list[dict[int, NDArray[np.int8]]]:
    """What the reference kernels compute for each input: tensors by number, without constants."""
    interpreter = tf.lite.Interpreter(
        model_content=content, experimental_op_resolver_type=REFERENCE, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    computed = {source} | {int(index) for operator in interpreter._get_ops_details() for index in operator["outputs"]}
    found = []
    for example in inputs:
        interpreter.set_tensor(source, example[np.newaxis])
        interpreter.invoke()
        found.append({index: interpreter.get_tensor(index) for index in computed})
    return found


def one_operator(model: Any, number: int, inputs: list[int]) -> bytes:
    """A .tflite file of operator `number` alone, from the tensors `inputs` to its output."""
    alone = copy.deepcopy(model)
    subgraph = alone.subgraphs[0]
    subgraph.operators = [subgraph.operators[number]]
    subgraph.inputs, subgraph.outputs = np.array(inputs, np.int32), subgraph.operators[0].outputs
    file = flatbuffers.Builder()
    file.Finish(alone.Pack(file), b"TFL3")
    return bytes(file.Output())


def run_alone(runtime: Runtime, content: bytes, clips: list[list[NDArray[np.int8]]]) -> NDArray[np.int8]:
    """The output for each clip's inputs in a runtime."""
    if runtime == "micro":
        from tflite_micro import runtime as micro

        interpreter = micro.Interpreter.from_bytes(content, arena_size=8_000_000)
        places, sink = range(len(clips[0])), 0
        set_input, get_output = lambda place, x: interpreter.set_input(x, place), interpreter.get_output
    else:
        interpreter = tflite.interpreter_of(content, REFERENCE if runtime == "reference" else RESOLVERS.AUTO)
        places = [details["index"] for details in interpreter.get_input_details()]
        sink = interpreter.get_output_details()[0]["index"]
        set_input, get_output = interpreter.set_tensor, interpreter.get_tensor
    outputs = []
    for inputs in clips:
        for place, x in zip(places, inputs, strict=True):
            set_input(place, x)
        interpreter.invoke()
        outputs.append(get_output(sink).copy())
    return np.array(outputs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--networks", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    configure(1)
    pack = open_pack(arguments.pack)
    x, y = evaluation_arrays(pack, "eval")
    space, rng, rows = paper_2d(len(pack.classes)), np.random.default_rng(arguments.seed), []
    for number in range(arguments.networks):
        architecture = space.sample(rng)
        files = trained_files(architecture, pack, arguments.epochs, arguments.seed + number)
        row: dict[str, Any] = {"hash": architecture.hash}
        for name, content in files.items():
            row[name] = {"runtimes": whole(content, x, y, cost(architecture).flops)}
            row[name]["operators"] = by_operator(content, x[:CLIPS_A_LAYER])
        rows.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
        arguments.json.write_text(json.dumps({"networks": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
