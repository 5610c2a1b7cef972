"""Search spaces drawn by Hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from nas_engine.architecture import BLOCK_KINDS, EXPANDING_KINDS, Head, Stem
from nas_engine.search_space.spec import PositionSpec, SpaceSpec, problems


def sizes(most: int, count: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(1, most), min_size=1, max_size=count).map(tuple)


@st.composite
def position_specs(draw: st.DrawFn, layout: str) -> PositionSpec:
    """Positions that can be built, with some of their combinations left out."""
    pairs = st.sampled_from([(1, 1), (2, 2)]) if layout == "2d" else st.sampled_from([(1, 1), (2, 1), (2, 2)])
    strides = draw(pairs)
    unfit = "mobilenet_v2_avg_pool" if strides == (1, 1) else "identity"
    kinds = draw(st.sets(st.sampled_from([kind for kind in BLOCK_KINDS if kind != unfit]), min_size=1, max_size=4))
    expands = bool(kinds & set(EXPANDING_KINDS))
    full = PositionSpec(
        tuple(kinds),
        draw(sizes(9, 3)),
        draw(sizes(64, 3)),
        strides,
        draw(sizes(6, 2)) if expands else (1,),
    )
    labels = [block.label for block in full.options()]
    left_out = draw(st.sets(st.sampled_from(labels), max_size=len(labels) - 1))
    return replace(full, excluded=tuple(left_out))


@st.composite
def _space_specs(draw: st.DrawFn) -> SpaceSpec:
    stem = Stem(draw(st.integers(1, 300)), draw(st.integers(1, 64)), draw(st.sampled_from(["2d", "1d"])))
    positions = draw(st.lists(position_specs(stem.layout), min_size=1, max_size=5))
    head = Head(
        draw(st.integers(2, 20)), draw(st.none() | st.integers(1, 64)), draw(st.sampled_from(["relu", "linear"]))
    )
    return SpaceSpec(draw(st.text("abc _-", min_size=1).filter(str.strip)), stem, tuple(positions), head)


def space_specs() -> st.SearchStrategy[SpaceSpec]:
    """Specs of spaces that can be listed: the few whose layers could be larger than allowed are left out."""
    return _space_specs().filter(lambda spec: not any(problem.severity == "error" for problem in problems(spec)))
