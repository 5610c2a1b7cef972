"""An architecture as data: stem (the input), blocks, head.

Equal architectures have equal canonical JSON and an equal hash, by which they are known everywhere. Kinds of blocks and
heads follow Speckhard et al., section 3 and Table 2; `layers.expand` defines the layers of each.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Literal, Self, get_args

Pair = tuple[int, int]
Shape = tuple[int, ...]
Layout = Literal["2d", "1d"]
HiddenActivation = Literal["relu", "linear"]
BlockKind = Literal[
    "kxk",
    "kxk_bias",
    "kx1_1xk_dw",
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v2_avg_pool",
    "kx1_1xk",
    "tc_resnet",
    "identity",
]
BLOCK_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
EXPANDING_KINDS: tuple[BlockKind, ...] = ("mobilenet_v2",)
_EXACT_FLOATS = 2.0**53  # beyond it a float no longer distinguishes neighbouring integers
_HASHES_KEPT = 32_768  # more than the longest study has trials
_canonical = partial(json.dumps, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Stem:
    """Input of the network: a log-mel spectrogram of `frames` time steps by `mel_bins` frequency bands.

    Layout "2d" gives an image of one channel, (frames, mel_bins, 1). Layout "1d" swaps frequency with depth, (frames,
    1, mel_bins), and every kernel, stride and pooling window then acts on time alone (section 3.6).
    """

    frames: int = 196
    mel_bins: int = 40
    layout: Layout = "2d"

    def __post_init__(self) -> None:
        require_int(self.frames, "stem.frames", 1)
        require_int(self.mel_bins, "stem.mel_bins", 1)
        require_choice(self.layout, "stem.layout", get_args(Layout))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height = time, width = frequency, channels) of one example, without the batch axis."""
        return (self.frames, self.mel_bins, 1) if self.layout == "2d" else (self.frames, 1, self.mel_bins)

    def to_json(self) -> dict[str, Any]:
        """`frames` and `mel_bins` as integers, `layout` as text."""
        return {"frames": self.frames, "mel_bins": self.mel_bins, "layout": self.layout}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        return cls(**json_fields(data, "stem", ("frames", "mel_bins", "layout")))


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the network. `strides` are (time, frequency); an identity has kernel_size = filters = 0.

    `expansion` is MobileNetV2's t: the channels of its depthwise part divided by those of its input. Raises ValueError
    for values that the kind does not allow.
    """

    kind: BlockKind
    kernel_size: int = 0
    filters: int = 0
    strides: tuple[int, int] = (1, 1)
    expansion: int = 1

    def __post_init__(self) -> None:
        require_choice(self.kind, "block.kind", BLOCK_KINDS)
        if not (isinstance(self.strides, tuple) and len(self.strides) == 2):
            raise ValueError(f"block.strides must be a pair (time, frequency), not {self.strides!r}")
        for stride in self.strides:
            require_int(stride, "block.strides", 1)
        require_int(self.expansion, "block.expansion", 1)
        if self.expansion > 1 and self.kind not in EXPANDING_KINDS:
            raise ValueError(f"block.expansion must be 1 for kind {self.kind!r}, not {self.expansion}")
        if self.kind == "identity":
            if (self.kernel_size, self.filters, self.strides) != (0, 0, (1, 1)):
                raise ValueError("an identity block has kernel_size 0, filters 0 and strides (1, 1)")
        else:
            require_int(self.kernel_size, "block.kernel_size", 1)
            require_int(self.filters, "block.filters", 1)
        if self.kind == "mobilenet_v2_avg_pool" and self.strides == (1, 1):
            raise ValueError("a mobilenet_v2_avg_pool block needs strides above (1, 1): its second path is a pooling")

    @property
    def label(self) -> str:
        """Short text, unique among blocks of equal strides: "mobilenet_v1-3-32", "mobilenet_v2-3-32-t6"."""
        if self.kind == "identity":
            return "identity"
        suffix = f"-t{self.expansion}" if self.expansion > 1 else ""
        return f"{self.kind}-{self.kernel_size}-{self.filters}{suffix}"

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `strides` as a list of two integers."""
        # By hand: `asdict` copies every value, and a search needs the hashes of thousands of networks.
        return {
            "kind": self.kind,
            "kernel_size": self.kernel_size,
            "filters": self.filters,
            "strides": list(self.strides),
            "expansion": self.expansion,
        }

    @classmethod
    def from_json(cls, data: object, where: str = "block") -> Self:
        """Inverse of `to_json`. Raises ValueError that begins with `where`, the block's place in its document."""
        fields = json_fields(data, where, ("kind", "kernel_size", "filters", "strides", "expansion"))
        fields["strides"] = json_pair(fields["strides"], f"{where}.strides")
        try:
            return cls(**fields)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error


@dataclass(frozen=True, slots=True)
class Head:
    """Global average pooling, an optional hidden dense layer, and a softmax over `classes`."""

    classes: int = 9
    hidden_units: int | None = 32
    hidden_activation: HiddenActivation = "relu"

    def __post_init__(self) -> None:
        require_int(self.classes, "head.classes", 2)
        if self.hidden_units is not None:
            require_int(self.hidden_units, "head.hidden_units", 1)
        require_choice(self.hidden_activation, "head.hidden_activation", get_args(HiddenActivation))

    def to_json(self) -> dict[str, Any]:
        """All fields by name; `hidden_units` is None without a hidden layer."""
        return {
            "classes": self.classes,
            "hidden_units": self.hidden_units,
            "hidden_activation": self.hidden_activation,
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        return cls(**json_fields(data, "head", ("classes", "hidden_units", "hidden_activation")))


@dataclass(frozen=True, slots=True)
class Architecture:
    """A whole network as a value: comparable, hashable, and convertible to and from JSON without loss."""

    stem: Stem
    blocks: tuple[Block, ...]
    head: Head
    _hash: str = field(init=False, repr=False, compare=False, default="")
    _network_hash: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        if not (isinstance(self.blocks, tuple) and self.blocks):
            raise ValueError("blocks must be a tuple of at least one block")

    def to_json(self) -> dict[str, Any]:
        """Stem, list of blocks and head as JSON-able values; the form that is stored and exported."""
        return {
            "stem": self.stem.to_json(),
            "blocks": [block.to_json() for block in self.blocks],
            "head": self.head.to_json(),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        fields = json_fields(data, "architecture", ("stem", "blocks", "head"))
        blocks = json_list(fields["blocks"], "blocks")
        return cls(
            stem=Stem.from_json(fields["stem"]),
            blocks=tuple(Block.from_json(block, f"blocks[{i}]") for i, block in enumerate(blocks)),
            head=Head.from_json(fields["head"]),
        )

    def canonical_json(self) -> str:
        """JSON text with sorted keys and no spaces; equal for equal architectures."""
        return _canonical(self.to_json())

    @property
    def hash(self) -> str:
        """64 hex digits: SHA-256 of `canonical_json()`; the same on every machine and in every run."""
        return self._hash or self._remember("_hash", _hash(self))

    @property
    def network_hash(self) -> str:
        """64 hex digits, equal for the same network: identities are left out, since they add no layer."""
        return self._network_hash or self._remember("_network_hash", _network_hash(self))

    def _remember(self, name: str, value: str) -> str:
        object.__setattr__(self, name, value)
        return value


# A search needs the hashes of all its networks at every suggestion. Computing one takes 40 microseconds, a look-up here
# twenty, since it hashes all blocks. Each object therefore keeps its own hash as well.
@lru_cache(maxsize=_HASHES_KEPT)
def _hash(architecture: Architecture) -> str:
    return _digest(architecture.to_json())


@lru_cache(maxsize=_HASHES_KEPT)
def _network_hash(architecture: Architecture) -> str:
    blocks = [block.to_json() for block in architecture.blocks if block.kind != "identity"]
    return _digest(architecture.to_json() | {"blocks": blocks})


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(data).encode()).hexdigest()


def json_fields(data: object, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """`data` as a dict with exactly `keys`, whole numbers as int; ValueError naming what is missing or unknown."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} must be an object with the keys {', '.join(keys)}, not {type(data).__name__}")
    for key in keys:
        if key not in data:
            raise ValueError(f"{where}: key {key!r} is missing")
    for key in data:
        if key not in keys:
            raise ValueError(f"{where}: unknown key {key!r}; known are {', '.join(keys)}")
    return {key: _whole(value) for key, value in data.items()}


def json_list(data: object, where: str) -> list[Any]:
    """`data` if it is a list, its whole numbers as int; ValueError naming `where` otherwise."""
    if not isinstance(data, list):
        raise ValueError(f"{where} must be a list, not {type(data).__name__}")
    return [_whole(value) for value in data]


def _whole(value: Any) -> Any:
    """A whole number that a program wrote as 3.0 as the int 3; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOATS else value


def json_pair(data: object, where: str) -> tuple[Any, Any]:
    """A JSON list of two as a tuple; ValueError naming `where` otherwise."""
    values = json_list(data, where)
    if len(values) != 2:
        raise ValueError(f"{where} must hold two numbers, not {len(values)}")
    return values[0], values[1]


def require_int(value: object, where: str, minimum: int) -> None:
    """Raise ValueError naming `where` unless `value` is an int (not bool, not float) of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise ValueError(f"{where} must be a whole number of at least {minimum}, not {value!r}")


def require_choice(value: object, where: str, choices: tuple[object, ...]) -> None:
    """Raise ValueError naming `where` and the choices unless `value` is one of `choices`."""
    if value not in choices:
        raise ValueError(f"{where} must be one of {', '.join(map(str, choices))}, not {value!r}")


def strided(shape: Shape, strides: Pair) -> Pair:
    """(height, width) after `strides` (time, frequency) with 'same' padding: quotients rounded up."""
    height, width = shape[0], shape[1]
    return -(-height // strides[0]), -(-width // strides[1])


def padding(shape: Shape, kernel: Pair, strides: Pair) -> Pair:
    """Rows and columns that 'same' padding adds, both sides together; below 0 what no window of the kernel reaches."""
    height, width = (
        (-(-size // stride) - 1) * stride + length - size
        for size, length, stride in zip(shape[:2], kernel, strides, strict=True)
    )
    return height, width


def is_unpadded(shape: Shape, kernel: Pair, strides: Pair) -> bool:
    """Whether a convolution pads nothing and leaves out the end of an axis; a kernel of 1 x 1 counts as padded."""
    padded = padding(shape, kernel, strides)
    return kernel != (1, 1) and min(padded) < 0 and max(padded) <= 0


def is_not_computed(shape: Shape, kernel: Pair, strides: Pair) -> bool:
    """Whether XNNPACK (TensorFlow 2.21) does not compute such a convolution, without an error.

    Its convolutions pad both axes or none: not where the kernel leaves out the end of one and needs more of the other
    than there is.
    """
    padded = padding(shape, kernel, strides)
    return kernel != (1, 1) and min(padded) < 0 < max(padded)
