"""The paper's two search spaces by name (Speckhard et al., section 3); re-exports `Position` and `SearchSpace`."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from nas_engine.architecture import BlockKind, Head, Stem
from nas_engine.search_space.space import Position, SearchSpace
from nas_engine.search_space.spec import PositionSpec, SpaceSpec

__all__ = [
    "NAMES", "PAPER_1D", "PAPER_2D", "Position", "SearchSpace", "by_name", "paper_1d", "paper_2d", "spec_by_name",
]  # fmt: skip

_SEPARABLE: tuple[BlockKind, ...] = ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2")
_UNSTRIDED: tuple[BlockKind, ...] = (*_SEPARABLE, "identity")
_STRIDED: tuple[BlockKind, ...] = ("kx1_1xk_dw", "mobilenet_v1", "mobilenet_v2_avg_pool")
_LATE_STRIDED: tuple[BlockKind, ...] = (*_SEPARABLE, "mobilenet_v2_avg_pool")
_LAST: tuple[BlockKind, ...] = (*_SEPARABLE, "kx1_1xk", "identity")
_EARLY_KERNELS = (3, 4, 5)  # section 3.4: fixed at 3 once the image is 13x10
_LATE_KERNELS = (3,)

PAPER_2D = SpaceSpec(
    name="paper_2d",
    stem=Stem(layout="2d"),
    positions=(
        PositionSpec(("kxk",), _EARLY_KERNELS, (8, 16, 24), (2, 1)),
        PositionSpec(("kx1_1xk_dw",), _EARLY_KERNELS, (16, 24, 32), (2, 1)),
        PositionSpec(_STRIDED, _EARLY_KERNELS, (16, 24, 32), (2, 2)),
        PositionSpec(_UNSTRIDED, _EARLY_KERNELS, (16, 24, 32), (1, 1)),
        PositionSpec(_STRIDED, _EARLY_KERNELS, (16, 24, 32), (2, 2)),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, (16, 24, 32), (1, 1)),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, (24, 32, 40), (1, 1)),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, (24, 32, 40), (1, 1)),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, (32, 40, 48), (1, 1)),
        PositionSpec(_LATE_STRIDED, _LATE_KERNELS, (32, 40, 48), (2, 2)),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, (40, 48, 56), (1, 1)),
        PositionSpec(_LAST, _LATE_KERNELS, (48, 56, 64), (1, 1)),
    ),
    head=Head(),
)
"""The paper's space of twelve 2-D blocks; the image shrinks from 196x40 to 7x5 (section 3, strides of Table 2).

The paper does not print its filter options; these follow its constraints: three per position, multiples of 8, nine to
thirty options a block, about a quarter of the networks under 60 kB and 1.25 mJ, and the network of Table 2 inside. For
the same bound of thirty, plain MobileNetV2 is left out of the (2, 2) positions 3 and 5, where three kernel sizes would
make it 36.
"""

_EARLY, _LATER, _HALVED = (32, 48, 64), (24, 40, 64), (2, 1)

PAPER_1D = SpaceSpec(
    name="paper_1d",
    stem=Stem(layout="1d"),
    positions=(
        PositionSpec(("kxk",), _EARLY_KERNELS, _EARLY, (1, 1)),
        PositionSpec(("kx1_1xk_dw",), _EARLY_KERNELS, _EARLY, (1, 1)),
        PositionSpec(_STRIDED, _EARLY_KERNELS, _LATER, _HALVED),
        PositionSpec(_UNSTRIDED, _EARLY_KERNELS, _LATER, (1, 1)),
        PositionSpec(_STRIDED, _EARLY_KERNELS, _LATER, _HALVED),
        *(PositionSpec(_UNSTRIDED, _LATE_KERNELS, _LATER, (1, 1)) for _ in range(4)),
        PositionSpec(_LATE_STRIDED, _LATE_KERNELS, _LATER, _HALVED),
        PositionSpec(_UNSTRIDED, _LATE_KERNELS, _LATER, (1, 1)),
        PositionSpec(_LAST, _LATE_KERNELS, _LATER, (1, 1)),
    ),
    head=Head(),
)
"""The paper's space of twelve 1-D blocks: frequency becomes depth, time shrinks 196-98-49-25 (section 3.6).

The paper prints neither strides nor filters of this space. Table 2's five time strides cannot give the 6.43M FLOPs with
37k parameters of 1D-NAS-Bayesian; halving time at positions 3, 5 and 10 alone, with these filters, can.
"""

_SPECS: Mapping[str, SpaceSpec] = {spec.name: spec for spec in (PAPER_2D, PAPER_1D)}
NAMES: tuple[str, ...] = tuple(_SPECS)


def spec_by_name(name: str, classes: int = 9) -> SpaceSpec:
    """Editable space `name` (one of `NAMES`) with `classes` outputs. Raises ValueError for another name."""
    if name not in _SPECS:
        raise ValueError(f"there is no search space {name!r}; known are {', '.join(NAMES)}")
    spec = _SPECS[name]
    return replace(spec, head=replace(spec.head, classes=classes))


@lru_cache
def by_name(name: str, classes: int = 9) -> SearchSpace:
    """Search space `name` (one of `NAMES`) with `classes` outputs. Raises ValueError for another name."""
    return spec_by_name(name, classes).search_space()


def paper_2d(classes: int = 9) -> SearchSpace:
    """`PAPER_2D` as a search space with `classes` outputs."""
    return by_name("paper_2d", classes)


def paper_1d(classes: int = 9) -> SearchSpace:
    """`PAPER_1D` as a search space with `classes` outputs."""
    return by_name("paper_1d", classes)
