#!/usr/bin/env bash
# tensorflow-cpu 2.21.0 (XNNPACK delegate of tf.lite.Interpreter, its default)
#
# Behaviour: a convolution with 'same' padding, a kernel of 3 and a stride of 4 is not computed where the last window ends
# before the input does: the output tensor keeps what it held, in float and in int8, and invoke() reports success. The
# reference kernels compute it. With 'valid' padding, which is the same convolution there, both agree; so they do one row
# less of input, where the last window ends with it.
#
# Guess before the first run: the default kernels give what the reference kernels give, up to rounding.
#
# Hurts: whoever searches or scores networks with kernels smaller than their strides: accuracies are of another function,
# and a network looks bad, or a constant, for no reason of its own. Converters and training show nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cat >compare.py <<'PY'
import numpy as np
import tensorflow as tf

KINDS = tf.lite.experimental.OpResolverType
rng = np.random.default_rng(0)


def difference(rows, padding):
    kernel = rng.normal(size=(3, 3, 1, 4)).astype("float32")
    x = rng.normal(size=(1, rows, rows, 1)).astype("float32")
    spec = tf.TensorSpec(x.shape, tf.float32)
    function = tf.function(lambda x: tf.nn.conv2d(x, kernel, 4, padding), input_signature=[spec])
    model = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()]).convert()
    outputs = []
    for kind in (KINDS.AUTO, KINDS.BUILTIN_REF):
        interpreter = tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=kind)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return float(np.abs(outputs[0] - outputs[1]).max())


for rows, padding in ((12, "SAME"), (12, "VALID"), (11, "SAME"), (11, "VALID")):
    print(f"{rows} rows, {padding:5}:", "other values" if difference(rows, padding) > 0.1 else "alike")
PY
venv/bin/python compare.py 2>/dev/null | tee seen
[ "$(awk -F': ' '{print $2}' seen | tr '\n' ' ')" = "other values alike alike alike " ]

# Printed with tensorflow-cpu 2.21.0 and Python 3.11.7, x86-64 without AVX-512:
#
# 12 rows, SAME : other values
# 12 rows, VALID: alike
# 11 rows, SAME : alike
# 11 rows, VALID: alike
