"""Operators that a program on a microcontroller registers for a network.

TensorFlow Lite Micro links only the kernels that a `MicroMutableOpResolver<N>` is given, by one method each
(tensorflow/lite/micro/micro_mutable_op_resolver.h). Codes are those of BuiltinOperator in
tensorflow/lite/schema/schema.fbs.
"""

from collections.abc import Mapping

from nas_engine.files.tflite_operators import operator_codes

RESOLVER_METHODS: Mapping[int, str] = {
    0: "AddAdd",
    1: "AddAveragePool2D",
    2: "AddConcatenation",
    3: "AddConv2D",
    4: "AddDepthwiseConv2D",
    6: "AddDequantize",
    9: "AddFullyConnected",
    14: "AddLogistic",
    17: "AddMaxPool2D",
    18: "AddMul",
    19: "AddRelu",
    21: "AddRelu6",
    22: "AddReshape",
    25: "AddSoftmax",
    28: "AddTanh",
    34: "AddPad",
    40: "AddMean",
    41: "AddSub",
    43: "AddSqueeze",
    45: "AddStridedSlice",
    114: "AddQuantize",
}
"""Method of MicroMutableOpResolver by code of the operator: those of our networks and their near relatives."""


def resolver_methods(content: bytes) -> tuple[str, ...]:
    """Methods to call for the .tflite file `content`, each once, in the order in which operators first occur.

    Raises ValueError if it is no .tflite file, and for an operator without a known method, naming its code.
    """
    methods = dict.fromkeys(operator_codes(content))
    unknown = [code for code in methods if code not in RESOLVER_METHODS]
    if unknown:
        raise ValueError(
            f"The network has operators of the codes {unknown}, for which the method of MicroMutableOpResolver is not "
            "known: add it to RESOLVER_METHODS in nas_engine/deployment/operators.py."
        )
    return tuple(RESOLVER_METHODS[code] for code in methods)


def resolver_header(methods: tuple[str, ...]) -> str:
    """C++ header with a function that registers these `methods` with a resolver of the right size.

    A template, since the class is `tflite::MicroMutableOpResolver` in older and
    `tflite::micro::MicroMutableOpResolver` in newer versions of TensorFlow Lite Micro.
    """
    calls = " ||\n      ".join(f"resolver.{method}() != kTfLiteOk" for method in methods)
    return f"""\
// Operators of the network, {len(methods)} in all, to be registered before the interpreter is made.
#ifndef EARSHOT_OPERATORS_H_
#define EARSHOT_OPERATORS_H_

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

constexpr unsigned int kEarshotOperatorCount = {len(methods)};

// Register with a MicroMutableOpResolver<kEarshotOperatorCount>.
template <typename Resolver>
TfLiteStatus RegisterEarshotOperators(Resolver& resolver) {{
  if ({calls}) {{
    return kTfLiteError;
  }}
  return kTfLiteOk;
}}

#endif  // EARSHOT_OPERATORS_H_
"""
