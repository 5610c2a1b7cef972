#!/usr/bin/env bash
# ai-edge-litert 2.3.0 and tflite-micro 0.dev20261023182759 (Linux on x86-64)
#
# Behaviour: one int8 layer, same file, same input, has three different outputs. A 1x1 convolution and a fully connected
# layer of the same weights are the same sums, so there are eight runs of the same arithmetic:
#                                   CONV_2D           FULLY_CONNECTED
#     LiteRT as it comes, XNNPACK   rounds exactly    rounds exactly
#     LiteRT without XNNPACK        its own           its own
#     LiteRT, reference kernels     rounds twice      rounds exactly
#     TFLite Micro                  rounds twice      rounds twice
# The values that differ, two or three in ten thousand here, differ by 1.
#
# Guess before the first run: bit-exact everywhere. The sums are of integers, the quantization specification fixes the
# scales, and the reference kernels are there to say what is right.
# Wrong: it leaves open how a sum is scaled to 8 bits. XNNPACK multiplies once and rounds once; TFLite Micro does a 32-bit
# fixed-point multiplication that rounds, then a shift that rounds again. The reference kernels do as Micro in convolutions
# and as XNNPACK in fully connected layers, so no choice of kernels on the host gives in both what Micro gives.
#
# Hurts: whoever checks a device against the host with `==` or a hash of the output, or stores expected outputs of int8
# networks: the check fails in a few values and looks like a fault of the port, which it is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    ai-edge-litert==2.3.0 tflite-micro==0.dev20261023182759 numpy==2.4.6 flatbuffers==25.12.19
venv/bin/python - 2>interpreters.log <<'EOF' || { cat interpreters.log >&2; exit 1; }
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro.python.tflite_micro import runtime

ROWS, COLUMNS, INPUTS, OUTPUTS = 40, 50, 24, 32
IN_SCALE, WEIGHT_SCALE, OUT_SCALE = (np.float32(scale) for scale in (0.05, 0.0047, 0.79))
IN_ZERO, OUT_ZERO = -3, 5
random = np.random.default_rng(0)
weights = random.integers(-127, 128, (OUTPUTS, INPUTS)).astype(np.int8)
bias = random.integers(-2000, 2000, OUTPUTS).astype(np.int32)
sound = random.integers(-128, 128, (1, ROWS, COLUMNS, INPUTS)).astype(np.int8)


def tensor(name, shape, kind, scale, zero, buffer):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale, made.quantization.zeroPoint = [float(scale)], [zero]
    return made


def holding(values=None):
    made = schema.BufferT()
    made.data = None if values is None else np.frombuffer(values.tobytes(), np.uint8)
    return made


def convolution():
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = options.dilationWFactor = options.dilationHFactor = 1
    return options


def network(name, version, weight_shape, in_shape, out_shape, options):
    """A .tflite file of one operator."""
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
    code.version = version
    operator = schema.OperatorT()
    operator.inputs, operator.outputs, operator.builtinOptions = [0, 1, 2], [3], options
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
    graph = schema.SubGraphT()
    graph.inputs, graph.outputs, graph.operators = [0], [3], [operator]
    int8, int32 = schema.TensorType.INT8, schema.TensorType.INT32
    graph.tensors = [
        tensor("sound", in_shape, int8, IN_SCALE, IN_ZERO, 0),
        tensor("weights", weight_shape, int8, WEIGHT_SCALE, 0, 1),
        tensor("bias", bias.shape, int32, IN_SCALE * WEIGHT_SCALE, 0, 2),
        tensor("scores", out_shape, int8, OUT_SCALE, OUT_ZERO, 0),
    ]
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [holding(), holding(weights), holding(bias)]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def litert(resolver):
    def run(file, values):
        interpreter = Interpreter(model_content=file, experimental_op_resolver_type=resolver, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    return run


def micro(file, values):
    interpreter = runtime.Interpreter.from_bytes(file, arena_size=2**21)
    interpreter.set_input(values, 0)
    interpreter.invoke()
    return interpreter.get_output(0)


RUNTIMES = {
    "LiteRT as it comes": litert(OpResolverType.AUTO),
    "LiteRT without XNNPACK": litert(OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
    "LiteRT, reference kernels": litert(OpResolverType.BUILTIN_REF),
    "TFLite Micro": micro,
}
positions = ROWS * COLUMNS
layers = {
    "CONV_2D": (
        network("CONV_2D", 3, (OUTPUTS, 1, 1, INPUTS), sound.shape, (1, ROWS, COLUMNS, OUTPUTS), convolution()),
        sound,
    ),
    "FULLY_CONNECTED": (
        network("FULLY_CONNECTED", 4, weights.shape, (positions, INPUTS), (positions, OUTPUTS), schema.FullyConnectedOptionsT()),
        sound.reshape(positions, INPUTS),
    ),
}
sums = (sound.reshape(positions, INPUTS).astype(np.int64) - IN_ZERO) @ weights.T.astype(np.int64) + bias
exact = np.clip(np.rint(sums * (float(IN_SCALE) * float(WEIGHT_SCALE) / float(OUT_SCALE))) + OUT_ZERO, -128, 127)

scores = {
    (layer, name): run(file, values).reshape(positions, OUTPUTS).astype(int)
    for layer, (file, values) in layers.items()
    for name, run in RUNTIMES.items()
}
micro_of = {layer: scores[layer, "TFLite Micro"] for layer in layers}
differ = {}
print(f"of {exact.size} outputs, how many differ from")
print(f"{'':44s}exact rounding   TFLite Micro")
for (layer, name), values in scores.items():
    differ[layer, name] = (int((values != exact).sum()), int((values != micro_of[layer]).sum()))
    assert abs(values - exact).max() <= 1
    print(f"{layer:16s} {name:27s}{differ[layer, name][0]:14d}{differ[layer, name][1]:15d}")

conv, dense = ({name: differ[layer, name] for name in RUNTIMES} for layer in layers)
for counts in (conv, dense):
    assert counts["LiteRT as it comes"][0] == 0 < counts["TFLite Micro"][0] < exact.size / 100
    assert min(counts["LiteRT without XNNPACK"]) > 0
assert conv["LiteRT, reference kernels"][1] == 0
assert dense["LiteRT, reference kernels"][0] == 0
EOF

# Printed:
#
#     of 64000 outputs, how many differ from
#                                                 exact rounding   TFLite Micro
#     CONV_2D          LiteRT as it comes                      0             15
#     CONV_2D          LiteRT without XNNPACK                 18             15
#     CONV_2D          LiteRT, reference kernels              15              0
#     CONV_2D          TFLite Micro                           15              0
#     FULLY_CONNECTED  LiteRT as it comes                      0             15
#     FULLY_CONNECTED  LiteRT without XNNPACK                 18             15
#     FULLY_CONNECTED  LiteRT, reference kernels               0             15
#     FULLY_CONNECTED  TFLite Micro                           15              0
