"""An architecture in a few characters, for tables and hover texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Two or three characters a kind; the trial page and the legend spell them out.
SHORT_KINDS: Mapping[str, str] = {
    "kxk": "K",
    "kxk_bias": "Kb",
    "kx1_1xk_dw": "DW",
    "mobilenet_v1": "V1",
    "mobilenet_v2": "V2",
    "mobilenet_v2_avg_pool": "V2a",
    "kx1_1xk": "SP",
    "tc_resnet": "TC",
    "identity": "–",
    "head": "head",
}
KIND_NAMES: Mapping[str, str] = {
    "kxk": "K×K convolution",
    "kxk_bias": "K×K convolution with bias",
    "kx1_1xk_dw": "1×K + K×1 depthwise, 1×1",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v2_avg_pool": "MobileNetV2 + average pool",
    "kx1_1xk": "K×1 then 1×K convolution",
    "tc_resnet": "TC-ResNet block",
    "identity": "identity",
    "head": "global average, dense, softmax",
}


@dataclass(frozen=True, slots=True)
class BlockMark:
    """One block as a mark: what kind it is and how wide."""

    kind: str
    short: str
    kernel_size: int
    filters: int

    @property
    def text(self) -> str:
        """Such as "V1-3·32": kind, kernel size, filters."""
        return self.short if not self.filters else f"{self.short}-{self.kernel_size}·{self.filters}"


def block_marks(spec: Mapping[str, Any]) -> tuple[BlockMark, ...]:
    """The blocks of an architecture's JSON (`nas_engine.Architecture.to_json`) in order."""
    return tuple(block_mark(block["kind"], block["kernel_size"], block["filters"]) for block in spec["blocks"])


def block_mark(kind: str, kernel_size: int, filters: int) -> BlockMark:
    return BlockMark(kind, SHORT_KINDS.get(kind, kind), kernel_size, filters)


def summary(spec: Mapping[str, Any]) -> str:
    """Such as "K-5·8 DW-3·24 – V1-3·64"."""
    return " ".join(mark.text for mark in block_marks(spec))
