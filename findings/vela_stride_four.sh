#!/usr/bin/env bash
# ethos-u-vela 5.2.0 (ai-edge-litert 2.3.0 for the schema and the outputs)
#
# Behaviour: a convolution whose stride is its kernel's length is one operation of the NPU up to a stride of 3. At 4 and
# above Vela compiles it into one operation for each output position, 24 for 96 rows at a stride of 4, and estimates 9
# to 28 times the cycles of the same sums written otherwise; it stays on the NPU, and no warning is printed. Written as
# a RESHAPE and a convolution with a kernel of 1 it is one operation again, with the same output, on Ethos-U55, U65,
# U85.
#
# Guess before the first run: "supported" means about as fast as other convolutions with as many multiply-accumulates. A
# kernel that neither overlaps nor leaves anything out is the easiest case of all, a matrix product of the rows in
# fours.
# Wrong: hardware strides end at 3. Above, with rows that are padded, U55 and U65 leave the operator to the CPU, and
# Vela says so; without padding it is taken apart, and Vela says nothing.
#
# Hurts: whoever designs networks for Ethos-U with a patch embedding or a strided stem, or lets a search choose kernels
# and strides: one layer is most of the network's time. Look for rows of one tensor that repeat in the per-layer file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    ethos-u-vela==5.2.0 ai-edge-litert==2.3.0 numpy==2.4.6 flatbuffers==25.12.19
venv/bin/python - 2>interpreter.log <<'EOF' || { cat interpreter.log >&2; exit 1; }
import csv
import subprocess
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

ROWS, CHANNELS, FILTERS = 96, 32, 64
INT8, INT32 = schema.TensorType.INT8, schema.TensorType.INT32
values = np.random.default_rng(0)
all_weights = values.integers(-127, 128, ROWS * CHANNELS * FILTERS).astype(np.int8)
sound = values.integers(-128, 128, (1, ROWS, 1, CHANNELS)).astype(np.int8)


def tensor(name, shape, kind, scale, buffer):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(shape), kind, buffer
    made.quantization = schema.QuantizationParametersT()
    made.quantization.scale, made.quantization.zeroPoint = [scale], [0]
    return made


def holding(array):
    made = schema.BufferT()
    made.data = np.frombuffer(array.tobytes(), np.uint8)
    return made


def operator(inputs, output, code, options):
    made = schema.OperatorT()
    made.inputs, made.outputs, made.opcodeIndex, made.builtinOptions = inputs, [output], code, options
    made.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
    return made


def network(stride, reshaped):
    """An int8 .tflite file: kernel `stride` x 1 at that stride, or a RESHAPE of rows in groups and a kernel of 1."""
    places = ROWS // stride
    weights = all_weights[: FILTERS * stride * CHANNELS].reshape(FILTERS, stride, 1, CHANNELS)
    grouped = (1, places, 1, stride * CHANNELS)
    options = schema.Conv2DOptionsT()
    options.strideH, options.strideW, options.padding = stride, 1, schema.Padding.VALID
    options.dilationHFactor = options.dilationWFactor = 1
    shape = schema.ReshapeOptionsT()
    shape.newShape = list(grouped)
    graph, model = schema.SubGraphT(), schema.ModelT()
    if reshaped:
        options.strideH, weights = 1, weights.reshape(FILTERS, 1, 1, stride * CHANNELS)
    bias, group_shape = np.zeros(FILTERS, np.int32), np.array(grouped, np.int32)
    model.buffers = [schema.BufferT(), holding(weights), holding(bias), holding(group_shape)]
    graph.tensors = [
        tensor("sound", sound.shape, INT8, 0.05, 0),
        tensor("weights", weights.shape, INT8, 0.01, 1),
        tensor("bias", (FILTERS,), INT32, 0.0005, 2),
        tensor("output", (1, places, 1, FILTERS), INT8, 0.9, 0),
        tensor("grouped", grouped, INT8, 0.05, 0),
        tensor("shape", (4,), INT32, 1.0, 3),
    ]
    graph.operators = [operator([4 if reshaped else 0, 1, 2], 3, 0, options)]
    if reshaped:
        graph.operators.insert(0, operator([0, 5], 4, 1, shape))
    else:
        graph.tensors = graph.tensors[:4]
    model.operatorCodes = []
    for name, version in (("CONV_2D", 3), ("RESHAPE", 1))[: 1 + reshaped]:
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
        code.version = version
        model.operatorCodes.append(code)
    graph.inputs, graph.outputs = [0], [3]
    model.version, model.subgraphs = 3, [graph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def output(file):
    interpreter = Interpreter(model_content=file)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sound)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def estimate(file, accelerator):
    """Cycles by Vela, multiply-accumulates, and operations on the NPU of which all cycles are."""
    Path("network.tflite").write_bytes(file)
    command = ["venv/bin/vela", "network.tflite", "--accelerator-config", accelerator, "--verbose-performance"]
    printed = subprocess.run([*command, "--output-dir", "out"], check=True, capture_output=True, text=True).stdout
    assert "supported operators" not in printed
    tables = next(Path("out").glob("network_summary_*.csv")), Path("out/network_per-layer.csv")
    summary, layers = (list(csv.DictReader(table.open(newline=""))) for table in tables)
    for table in tables:
        table.unlink()
    assert all(layer["Target"] == "NPU" for layer in layers)
    return int(float(summary[0]["cycles_total"])), int(float(summary[0]["nn_macs"])), len(layers)


print("                 kernel and                  cycles               operations          cycles by RESHAPE  same")
print("accelerator      stride         MACs         by Vela              of the NPU          and a kernel of 1  output")
for accelerator in ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256"):
    for stride in (1, 2, 3, 4, 6, 8):
        direct, grouped = network(stride, reshaped=False), network(stride, reshaped=True)
        (cycles, macs, parts), (other, same_macs, _) = (estimate(file, accelerator) for file in (direct, grouped))
        alike = np.array_equal(output(direct), output(grouped))
        print(
            f"{accelerator:17s}{stride:5d}{macs:18,d}{cycles:14,d} ({cycles / other:4.1f} x){parts:16d}"
            f"{other:25,d}         {alike}"
        )
        assert alike and macs == same_macs == ROWS * CHANNELS * FILTERS
        assert parts == (ROWS // stride if stride > 3 else 1)
        assert cycles > 8 * other if stride > 3 else cycles < 6 * other
EOF

# Printed:
#
#                      kernel and                  cycles               operations          cycles by RESHAPE  same
#     accelerator      stride         MACs         by Vela              of the NPU          and a kernel of 1  output
#     ethos-u55-128        1           196,608         4,784 ( 1.0 x)               1                    4,784         True
#     ethos-u55-128        2           196,608         7,728 ( 1.3 x)               1                    5,916         True
#     ethos-u55-128        3           196,608         6,800 ( 1.0 x)               1                    6,800         True
#     ethos-u55-128        4           196,608       215,284 (24.3 x)              24                    8,848         True
#     ethos-u55-128        6           196,608       210,272 (16.2 x)              16                   12,944         True
#     ethos-u55-128        8           196,608       208,020 (12.2 x)              12                   17,040         True
#     ethos-u65-256        1           196,608         4,941 ( 1.0 x)               1                    4,941         True
#     ethos-u65-256        2           196,608         4,583 ( 1.0 x)               1                    4,729         True
#     ethos-u65-256        3           196,608         4,105 ( 0.8 x)               1                    5,242         True
#     ethos-u65-256        4           196,608        52,190 (10.8 x)              24                    4,816         True
#     ethos-u65-256        6           196,608        46,650 (10.6 x)              16                    4,388         True
#     ethos-u65-256        8           196,608        43,146 ( 9.2 x)              12                    4,688         True
#     ethos-u85-256        1           196,608        31,249 ( 1.0 x)               1                   31,249         True
#     ethos-u85-256        2           196,608        16,249 ( 4.0 x)               1                    4,068         True
#     ethos-u85-256        3           196,608        14,999 ( 3.4 x)               1                    4,446         True
#     ethos-u85-256        4           196,608       105,142 (28.0 x)              24                    3,749         True
#     ethos-u85-256        6           196,608       104,396 (23.8 x)              16                    4,388         True
#     ethos-u85-256        8           196,608        97,581 (19.5 x)              12                    5,004         True
