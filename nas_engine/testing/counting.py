"""TensorFlow's own counts of a network, to compare `nas_engine.cost` with."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from nas_engine.architecture import Architecture
from nas_engine.layers import INPUT_NAME, Add, Conv, Dense, Depthwise, Layer, all_layers
from nas_engine.network import builder
from nas_engine.network.builder import Tensor
from nas_engine.network.keras import keras, tf, tflite_schema, tfmot

_WITH_WEIGHTS = (
    tflite_schema.BuiltinOperator.CONV_2D,
    tflite_schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    tflite_schema.BuiltinOperator.FULLY_CONNECTED,
)


def trainable_parameters(model: Any) -> int:
    """Trainable parameters as in `model.summary()`."""
    return sum(int(weights.shape.num_elements()) for weights in model.trainable_weights)


def profiled_flops(models: Mapping[str, Any]) -> dict[str, int]:
    """FLOPs of one inference by tf.profiler, by name of the Keras model; additions of tensors left out.

    TensorFlow of 2021, which the paper used, did not count additions. One graph holds all models, because profiling a
    graph takes a second whatever its size.
    """

    def run_all() -> None:
        for name, model in models.items():
            with tf.name_scope(name):
                model(tf.zeros((1, *model.input_shape[1:])), training=False)

    graph = tf.function(run_all, autograph=False).get_concrete_function().graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder
    wanted = options(options.float_operation()).with_empty_output().build()
    counted: Counter[str] = Counter(dict.fromkeys(models, 0))
    for node in tf.compat.v1.profiler.profile(graph, options=wanted).children:
        if node.float_ops and graph.get_operation_by_name(node.name).type != "AddV2":
            counted[node.name.partition("/")[0]] += node.float_ops
    return dict(counted)


def apply_folded(layer: Layer, inputs: list[Tensor]) -> Tensor:
    """Output of `layer` in the deployed network, BatchNorm folded into a bias; without activations."""
    if builder.has_weights(layer):
        return builder.weighted_layer(layer, layer.name, use_bias=True)(inputs[0])
    return builder.bare_layer(layer)(inputs if len(inputs) > 1 else inputs[0])


def quantized_parameters(architecture: Architecture) -> int:
    """`count_params()` of the network prepared by the toolkit's own `quantize_model`, which the paper published."""
    return int(tfmot.quantization.keras.quantize_model(_plain(architecture)).count_params())


def stored_weight_bytes(content: bytes) -> int:
    """Bytes of the weights and biases in a .tflite file's buffers."""
    model = tflite_schema.ModelT.InitFromObj(tflite_schema.Model.GetRootAsModel(content, 0))
    graph = model.subgraphs[0]
    tensors = [
        graph.tensors[index]
        for operator in graph.operators
        if model.operatorCodes[operator.opcodeIndex].builtinCode in _WITH_WEIGHTS
        for index in operator.inputs[1:]
    ]
    return sum(len(model.buffers[tensor.buffer].data) for tensor in tensors)


def _plain(architecture: Architecture) -> Any:
    """Network as written by hand in Keras, the form that the toolkit's patterns recognise."""
    inputs = keras.Input(architecture.stem.input_shape)
    tensors = {INPUT_NAME: inputs}
    layers = all_layers(architecture)
    for layer in layers:
        tensors[layer.name] = _apply_plain(layer, [tensors[name] for name in layer.inputs])
    return keras.Model(inputs, tensors[layers[-1].name])


def _apply_plain(layer: Layer, inputs: list[Tensor]) -> Tensor:
    match layer:
        case Dense() | Conv(batch_norm=False):
            with_bias = builder.weighted_layer(layer, layer.name, use_bias=True)
            with_bias.activation = keras.activations.get(layer.activation)
            return with_bias(inputs[0])
        case Conv() | Depthwise():
            convolved = builder.weighted_layer(layer, layer.name, use_bias=False)(inputs[0])
            return _relu(layer, keras.layers.BatchNormalization()(convolved))
        case Add():
            return _relu(layer, builder.bare_layer(layer)(inputs))
        case _:
            return builder.bare_layer(layer)(inputs[0])


def _relu(layer: Conv | Depthwise | Add, x: Tensor) -> Tensor:
    return keras.layers.ReLU()(x) if layer.activation == "relu" else x
