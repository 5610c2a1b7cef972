"""Primitive layers of an architecture: the one expansion that training and `cost` both follow.

`expand` turns blocks into primitive layers with explicit shapes. Every layer names its inputs, so parallel paths need
no special case: walk the layers in order, look the inputs up by name. Shapes leave out the batch axis: (height =
time, width = frequency, channels), and (units,) after the global average. Everything is padded 'same'.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from nas_engine.architecture import Architecture, Block, BlockKind, Head, Layout, Pair, Shape, is_not_computed, strided
from nas_engine.errors import InfeasibleArchitecture

Activation = Literal["linear", "relu", "softmax"]

INPUT_NAME = "x"


@dataclass(frozen=True, slots=True)
class Layer:
    """Fields common to all layers. `input_shape` is that of the first input (an Add's inputs have equal shapes)."""

    name: str
    inputs: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape


@dataclass(frozen=True, slots=True)
class Conv(Layer):
    """Convolution. It has BatchNorm and no bias, or a bias and no BatchNorm."""

    kernel: Pair
    strides: Pair
    batch_norm: bool
    activation: Activation

    @property
    def filters(self) -> int:
        """Output channels."""
        return self.output_shape[-1]


@dataclass(frozen=True, slots=True)
class Depthwise(Layer):
    """Depthwise convolution (one filter per channel) without bias, followed by BatchNorm."""

    kernel: Pair
    strides: Pair
    activation: Activation


@dataclass(frozen=True, slots=True)
class Dense(Layer):
    """Fully connected layer with a bias."""

    activation: Activation

    @property
    def units(self) -> int:
        """Output values."""
        return self.output_shape[-1]


@dataclass(frozen=True, slots=True)
class AveragePool(Layer):
    """Average over windows of `pool`, moved by `strides`."""

    pool: Pair
    strides: Pair


@dataclass(frozen=True, slots=True)
class GlobalAverage(Layer):
    """Average over time and frequency: (height, width, channels) -> (channels,)."""


@dataclass(frozen=True, slots=True)
class Add(Layer):
    """Sum of two tensors of one shape."""

    activation: Activation


class Tensor(NamedTuple):
    """The output of a layer (or the network's input) as the next layer sees it."""

    name: str
    shape: Shape
    from_depthwise: bool = False

    @property
    def channels(self) -> int:
        """Size of the last axis."""
        return self.shape[-1]


@dataclass(frozen=True, slots=True)
class BlockLayers:
    """The layers of one block in the order of execution. An identity has none and its output is its input."""

    name: str
    kind: str
    input: Tensor
    layers: tuple[Layer, ...]
    output: Tensor


def expand(architecture: Architecture) -> tuple[BlockLayers, ...]:
    """The layers of each block ("b1", "b2", ...) and, last, of the head ("head").

    The network's input is called `INPUT_NAME`. Layer names are short because they are stored in the .tflite file.
    Raises InfeasibleArchitecture where a block cannot be built from the layers TensorFlow has.
    """
    stem = architecture.stem
    x = Tensor(INPUT_NAME, stem.input_shape)
    expanded = []
    for number, block in enumerate(architecture.blocks, start=1):
        expanded.append(expand_block(block, x, stem.layout, f"b{number}"))
        x = expanded[-1].output
    expanded.append(expand_head(architecture.head, x))
    return tuple(expanded)


@lru_cache(maxsize=65536)
def expand_block(block: Block, x: Tensor, layout: Layout, name: str) -> BlockLayers:
    """Layers of one block on input `x`, each named `name` and a letter.

    Raises InfeasibleArchitecture where TensorFlow has no such layer.
    """
    chain = _Chain(name, layout)
    output = _EXPANSIONS[block.kind](chain, x, block)
    return BlockLayers(name, block.kind, x, tuple(chain.layers), output)


@lru_cache(maxsize=4096)
def expand_head(head: Head, x: Tensor) -> BlockLayers:
    """Layers of the head: global average, the hidden dense layer if there is one, softmax over the classes."""
    chain = _Chain("h", "2d")
    y = chain.global_average(x)
    if head.hidden_units is not None:
        y = chain.dense(y, head.hidden_units, head.hidden_activation)
    y = chain.dense(y, head.classes, "softmax")
    return BlockLayers("head", "head", x, tuple(chain.layers), y)


def all_layers(architecture: Architecture) -> tuple[Layer, ...]:
    """Every layer of the network in the order of execution. Raises InfeasibleArchitecture as `expand` does."""
    return tuple(layer for block in expand(architecture) for layer in block.layers)


def check_computed(layers: Iterable[Layer]) -> None:
    """Raise InfeasibleArchitecture for the first convolution that XNNPACK does not compute (`is_not_computed`)."""
    for layer in layers:
        if isinstance(layer, Conv | Depthwise) and is_not_computed(layer.input_shape, layer.kernel, layer.strides):
            raise InfeasibleArchitecture(
                f"block {layer.name[:-1]}: a kernel of {layer.kernel[0]} x {layer.kernel[1]} with strides "
                f"{layer.strides} leaves out the end of one axis, which TensorFlow Lite does not compute; use a kernel "
                "at least as large as its strides"
            )


class _Chain:
    """Collects the layers of one block; each method adds a layer and returns its output."""

    def __init__(self, prefix: str, layout: Layout) -> None:
        self.layers: list[Layer] = []
        self.is_1d = layout == "1d"
        self._prefix = prefix

    def conv(
        self,
        x: Tensor,
        kernel: Pair,
        filters: int,
        strides: Pair = (1, 1),
        activation: Activation = "relu",
        batch_norm: bool = True,
    ) -> Tensor:
        kernel, strides = self._in_layout(kernel), self._in_layout(strides)
        if x.from_depthwise and kernel == (1, 1) != strides:
            # oneDNN fails with a segmentation fault in quantisation-aware training of such a pair.
            raise InfeasibleArchitecture(
                f"block {self._prefix}: a 1x1 convolution with strides {strides} cannot follow a depthwise "
                "convolution; stride in the depthwise convolution or by pooling"
            )
        shape = (*strided(x.shape, strides), filters)
        return self._append(Conv(self._name(), (x.name,), x.shape, shape, kernel, strides, batch_norm, activation))

    def depthwise(self, x: Tensor, kernel: Pair, strides: Pair = (1, 1)) -> Tensor:
        kernel, strides = self._in_layout(kernel), self._in_layout(strides)
        if self.is_1d:
            # TensorFlow rejects unequal depthwise strides; on a width of 1 the frequency stride changes nothing.
            strides = (strides[0], strides[0])
        if strides[0] != strides[1]:
            raise InfeasibleArchitecture(
                f"block {self._prefix}: a depthwise convolution cannot have the unequal strides {strides}; "
                "use equal strides, or kind kx1_1xk_dw, which pools instead"
            )
        shape = (*strided(x.shape, strides), x.channels)
        return self._append(Depthwise(self._name(), (x.name,), x.shape, shape, kernel, strides, "relu"))

    def average_pool(self, x: Tensor, pool: Pair, strides: Pair) -> Tensor:
        pool, strides = self._in_layout(pool), self._in_layout(strides)
        shape = (*strided(x.shape, strides), x.channels)
        return self._append(AveragePool(self._name(), (x.name,), x.shape, shape, pool, strides))

    def add(self, x: Tensor, y: Tensor, activation: Activation = "linear") -> Tensor:
        return self._append(Add(self._name(), (x.name, y.name), x.shape, x.shape, activation))

    def global_average(self, x: Tensor) -> Tensor:
        return self._append(GlobalAverage(self._name(), (x.name,), x.shape, (x.channels,)))

    def dense(self, x: Tensor, units: int, activation: Activation) -> Tensor:
        return self._append(Dense(self._name(), (x.name,), x.shape, (units,), activation))

    def _in_layout(self, pair: Pair) -> Pair:
        return (pair[0], 1) if self.is_1d else pair

    def _name(self) -> str:
        return f"{self._prefix}{'abcdefghij'[len(self.layers)]}"

    def _append(self, layer: Layer) -> Tensor:
        self.layers.append(layer)
        return Tensor(layer.name, layer.output_shape, isinstance(layer, Depthwise))


def _kxk(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    return chain.conv(x, (block.kernel_size, block.kernel_size), block.filters, block.strides)


def _kxk_bias(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    return chain.conv(x, (block.kernel_size, block.kernel_size), block.filters, block.strides, batch_norm=False)


def _kx1_1xk_dw(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    """The pointwise convolution runs at the input's resolution and pooling follows: only so do Table 2's FLOPs fit."""
    y = x
    if not chain.is_1d:
        y = chain.depthwise(y, (1, block.kernel_size))
    y = chain.depthwise(y, (block.kernel_size, 1))
    y = chain.conv(y, (1, 1), block.filters)
    return y if block.strides == (1, 1) else chain.average_pool(y, block.strides, block.strides)


def _kx1_1xk(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    time_stride, frequency_stride = block.strides
    y = chain.conv(x, (block.kernel_size, 1), block.filters, (time_stride, 1))
    return y if chain.is_1d else chain.conv(y, (1, block.kernel_size), block.filters, (1, frequency_stride))


def _mobilenet_v1(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    y = chain.depthwise(x, (block.kernel_size, block.kernel_size), block.strides)
    return chain.conv(y, (1, 1), block.filters)


def _mobilenet_v2(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    y = chain.conv(x, (1, 1), block.expansion * x.channels)
    y = chain.depthwise(y, (block.kernel_size, block.kernel_size), block.strides)
    y = chain.conv(y, (1, 1), block.filters, activation="linear")
    return chain.add(x, y) if x.shape == y.shape else y


def _mobilenet_v2_avg_pool(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    """MobileNetV2 whose strided step has a second, pooled path (Figure 5), joined before the projection."""
    y = chain.conv(x, (1, 1), x.channels)
    y = chain.depthwise(y, (block.kernel_size, block.kernel_size), block.strides)
    y = chain.add(chain.average_pool(x, (3, 3), block.strides), y)
    return chain.conv(y, (1, 1), block.filters, activation="linear")


def _tc_resnet(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    """Choi et al. 2019, Figure 2: two convolutions and a shortcut, a 1x1 convolution where the shape changes."""
    kernel = (block.kernel_size, block.kernel_size)
    changes = block.strides != (1, 1) or block.filters != x.channels
    shortcut = chain.conv(x, (1, 1), block.filters, block.strides) if changes else x
    y = chain.conv(x, kernel, block.filters, block.strides)
    y = chain.conv(y, kernel, block.filters, activation="linear")
    return chain.add(shortcut, y, activation="relu")


def _identity(chain: _Chain, x: Tensor, block: Block) -> Tensor:
    return x


_EXPANSIONS: Mapping[BlockKind, Callable[[_Chain, Tensor, Block], Tensor]] = {
    "kxk": _kxk,
    "kxk_bias": _kxk_bias,
    "kx1_1xk_dw": _kx1_1xk_dw,
    "kx1_1xk": _kx1_1xk,
    "mobilenet_v1": _mobilenet_v1,
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v2_avg_pool": _mobilenet_v2_avg_pool,
    "tc_resnet": _tc_resnet,
    "identity": _identity,
}
