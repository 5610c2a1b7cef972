"""FLOPs, parameters and bytes of an architecture, block by block, counted from the layers of `layers.expand`.

Convention of counting, which reproduces the paper's tables:

* FLOPs: 2 for each multiply-accumulate and 1 for the bias of each output element of a convolution or dense layer;
  window x outputs for average pooling; height x width x channels for the global average; 5 a class for the softmax.
  BatchNorm, ReLU and Add are free: two are folded into the convolution, the third the paper's profiler left out.
* parameters: trainable weights, i.e. kernels, biases, and gamma and beta of each BatchNorm, not its moving statistics.
* published_parameters: the paper's "parameters", everything Keras counts in the network prepared for quantisation-aware
  training. Besides weights and biases these are four values a BatchNorm channel, the range of every weight tensor (one
  a channel in a convolution, one in a depthwise or dense layer), the range of every activation, and step counters.
  Only this count reproduces Table 1; `parameters` is the one to compare networks by.
* weight_bytes: weights and biases in the .tflite file, an int8 for each weight and an int32 for each bias.
* activation_bytes: int8 bytes of every tensor the block's layers write.
* peak_activation_bytes: the greatest sum of tensors alive at once when the layers run in order, i.e. a layer's inputs
  and output, and the tensors that a later layer still needs. An allocator that never writes in place needs as much,
  plus alignment and scratch buffers.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from nas_engine.architecture import Architecture, Block, Head, Layout, Shape
from nas_engine.flash import (
    PLAIN_NETWORK_BYTES,
    SharedPart,
    packed_layer_bytes,
    packed_network_bytes,
    plain_layer_bytes,
    shared_parts,
)
from nas_engine.layers import (
    INPUT_NAME,
    Add,
    AveragePool,
    BlockLayers,
    Conv,
    Dense,
    Depthwise,
    GlobalAverage,
    Layer,
    Tensor,
    expand_block,
    expand_head,
)

_SOFTMAX_FLOPS_PER_CLASS = 5
_BIAS_BYTES = 4
_RANGE, _COUNTER = 2, 1  # kept by the toolkit: two ends of the range of each quantised tensor, a step counter per layer
_INPUT_PUBLISHED_PARAMETERS = _COUNTER + _RANGE


@dataclass(frozen=True, slots=True)
class BlockCost:
    """The cost of one block or, last and with kind "head", of the head. `output_shape` is (height, width, channels).

    Flash estimates (bytes) leave out the parts that blocks share in the packed file; those are in `flash_shared`.
    """

    name: str
    kind: str
    kernel_size: int
    filters: int
    strides: tuple[int, int]
    output_shape: Shape
    flops: int
    parameters: int
    published_parameters: int
    weight_bytes: int
    activation_bytes: int
    peak_activation_bytes: int
    flash_bytes_estimate: int
    flash_shared: frozenset[SharedPart]
    plain_flash_bytes_estimate: float  # not rounded, so that blocks add up to the network's


@dataclass(frozen=True, slots=True)
class ArchitectureCost:
    """The cost of a network: its blocks in order, the head last, and their totals."""

    blocks: tuple[BlockCost, ...]

    @property
    def flops(self) -> int:
        """FLOPs of one inference."""
        return sum(block.flops for block in self.blocks)

    @property
    def parameters(self) -> int:
        """Trainable weights."""
        return sum(block.parameters for block in self.blocks)

    @property
    def published_parameters(self) -> int:
        """Parameters as Table 1 counts them, including those of the quantised input."""
        return _INPUT_PUBLISHED_PARAMETERS + sum(block.published_parameters for block in self.blocks)

    @property
    def weight_bytes(self) -> int:
        """int8 weights and int32 biases, in bytes."""
        return sum(block.weight_bytes for block in self.blocks)

    @property
    def activation_bytes(self) -> int:
        """Bytes of all int8 tensors written in one inference."""
        return sum(block.activation_bytes for block in self.blocks)

    @property
    def peak_activation_bytes(self) -> int:
        """Greatest of the blocks' peaks, in bytes, since a single tensor passes from block to block."""
        return max(block.peak_activation_bytes for block in self.blocks)

    @property
    def flash_bytes_estimate(self) -> int:
        """Estimated bytes of the packed .tflite file, which is delivered (`nas_engine.flash`)."""
        own_bytes = sum(block.flash_bytes_estimate for block in self.blocks)
        return packed_network_bytes(own_bytes, (block.flash_shared for block in self.blocks))

    @property
    def plain_flash_bytes_estimate(self) -> int:
        """Estimated bytes of the plain .tflite file, as the converter writes it (`nas_engine.flash`)."""
        return round(PLAIN_NETWORK_BYTES + sum(block.plain_flash_bytes_estimate for block in self.blocks))


def cost(architecture: Architecture) -> ArchitectureCost:
    """Cost of `architecture`. Raises InfeasibleArchitecture where it cannot be built.

    Counts are cached by block and input, so ten thousand networks of one search space take well under a second.
    """
    layout = architecture.stem.layout
    x = Tensor(INPUT_NAME, architecture.stem.input_shape)
    blocks = []
    for number, block in enumerate(architecture.blocks, start=1):
        counted, x = _block_cost(block, x, layout, f"b{number}")
        blocks.append(counted)
    blocks.append(_head_cost(architecture.head, x))
    return ArchitectureCost(tuple(blocks))


@lru_cache(maxsize=65536)
def _block_cost(block: Block, x: Tensor, layout: Layout, name: str) -> tuple[BlockCost, Tensor]:
    expanded = expand_block(block, x, layout, name)
    return _count(expanded, block.kernel_size, block.filters, block.strides), expanded.output


@lru_cache(maxsize=4096)
def _head_cost(head: Head, x: Tensor) -> BlockCost:
    return _count(expand_head(head, x), kernel_size=0, filters=0, strides=(1, 1))


def _count(block: BlockLayers, kernel_size: int, filters: int, strides: tuple[int, int]) -> BlockCost:
    return BlockCost(
        name=block.name,
        kind=block.kind,
        kernel_size=kernel_size,
        filters=filters,
        strides=strides,
        output_shape=block.output.shape,
        flops=sum(layer_flops(layer) for layer in block.layers),
        parameters=sum(layer_parameters(layer) for layer in block.layers),
        published_parameters=sum(layer_published_parameters(layer) for layer in block.layers),
        weight_bytes=sum(layer_weight_bytes(layer) for layer in block.layers),
        activation_bytes=sum(prod(layer.output_shape) for layer in block.layers),
        peak_activation_bytes=_peak_bytes(block),
        flash_bytes_estimate=sum(packed_layer_bytes(layer) for layer in block.layers),
        flash_shared=frozenset[SharedPart]().union(*(shared_parts(layer) for layer in block.layers)),
        plain_flash_bytes_estimate=sum(plain_layer_bytes(layer) for layer in block.layers),
    )


def layer_flops(layer: Layer) -> int:
    """FLOPs of one layer for one inference; see the module's docstring. Raises TypeError for an unknown layer type."""
    outputs = prod(layer.output_shape)
    match layer:
        case Conv():
            return outputs * (2 * prod(layer.kernel) * layer.input_shape[-1] + 1)
        case Depthwise():
            return outputs * (2 * prod(layer.kernel) + 1)
        case Dense():
            softmax = _SOFTMAX_FLOPS_PER_CLASS if layer.activation == "softmax" else 0
            return outputs * (2 * layer.input_shape[-1] + 1 + softmax)
        case AveragePool():
            return outputs * prod(layer.pool)
        case GlobalAverage():
            return prod(layer.input_shape)
        case Add():
            return 0
        case _:
            raise TypeError(f"no FLOPs rule for {type(layer).__name__}")


def layer_parameters(layer: Layer) -> int:
    """Trainable weights of one layer: kernel, and per channel a bias or gamma and beta of BatchNorm."""
    match layer:
        case Conv(batch_norm=False) | Dense():
            return layer_weights(layer) + layer.output_shape[-1]
        case Conv() | Depthwise():
            return layer_weights(layer) + 2 * layer.output_shape[-1]
        case _:
            return 0


def layer_published_parameters(layer: Layer) -> int:
    """Parameters of one layer as Table 1 counts them; see the module's docstring.

    A layer with BatchNorm is up to three in Keras (kernel, BatchNorm, ReLU), each with a step counter. One without
    has its activation built in: the toolkit leaves a kernel with a bias in float if a separate ReLU follows.
    """
    match layer:
        case Conv(batch_norm=False):
            return layer_weights(layer) + (1 + _RANGE) * layer.filters + _COUNTER + _RANGE
        case Conv():
            counters = _COUNTER * (2 + (layer.activation == "relu"))
            return layer_weights(layer) + (4 + _RANGE) * layer.filters + counters + _RANGE
        case Depthwise():
            return layer_weights(layer) + 4 * layer.output_shape[-1] + _RANGE + 3 * _COUNTER + _RANGE
        case Dense():
            return layer_weights(layer) + layer.units + _RANGE + _COUNTER + _RANGE
        case Add():
            return _COUNTER * (1 + (layer.activation == "relu")) + _RANGE
        case _:
            return _COUNTER + _RANGE


def layer_weight_bytes(layer: Layer) -> int:
    """Bytes of the int8 kernel and of the int32 bias; BatchNorm is folded into both."""
    weights = layer_weights(layer)
    return weights + _BIAS_BYTES * layer.output_shape[-1] if weights else 0


def layer_weights(layer: Layer) -> int:
    """Number of weights in the kernel; 0 without one."""
    match layer:
        case Conv():
            return prod(layer.kernel) * layer.input_shape[-1] * layer.filters
        case Depthwise():
            return prod(layer.kernel) * layer.output_shape[-1]
        case Dense():
            return layer.input_shape[-1] * layer.units
        case _:
            return 0


def _peak_bytes(block: BlockLayers) -> int:
    """The greatest sum of live tensors while the block runs; an identity holds its input alone."""
    sizes = {block.input.name: prod(block.input.shape)}
    last_use = {name: step for step, layer in enumerate(block.layers) for name in layer.inputs}
    peak = sizes[block.input.name]
    for step, layer in enumerate(block.layers):
        sizes[layer.name] = prod(layer.output_shape)
        peak = max(peak, sum(sizes.values()))
        sizes = {name: size for name, size in sizes.items() if last_use.get(name, len(block.layers)) > step}
    return peak
