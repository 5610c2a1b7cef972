"""A search space and what its networks cost, as `manage.py space` prints it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from nas_engine.search_space.position_spec import PositionSpec
from nas_engine.search_space.spec import SpaceProblem, SpaceSpec
from nas_engine.space_summary import Quantiles, SpaceSummary

_ROWS = (
    ("flops", "FLOPs (M)", 1e6),
    ("parameters", "parameters (k)", 1e3),
    ("plain_flash_bytes", "flash, plain file (kB)", 1e3),
    ("flash_bytes", "flash, packed file (kB)", 1e3),
    ("peak_ram_bytes", "peak activations (kB)", 1e3),
    ("energy_mj", "energy (mJ)", 1.0),
)
_QUANTILES = (
    ("minimum", "min"), ("p5", "5 %"), ("p25", "25 %"), ("p50", "median"), ("p75", "75 %"), ("p95", "95 %"),
    ("maximum", "max"),
)  # fmt: skip
_LONGEST_NUMBER = 10**15


def space_json(spec: SpaceSpec, summary: SpaceSummary, warnings: Sequence[SpaceProblem], seed: int) -> dict[str, Any]:
    """Everything there is to say, for programs."""
    return {
        "name": spec.name,
        "stem": spec.stem.to_json(),
        "positions": [_position_json(*pair) for pair in zip(spec.positions, spec.output_sizes(), strict=True)],
        "head": spec.head.to_json(),
        **asdict(summary),
        "seed": seed,
        "warnings": [str(warning) for warning in warnings],
    }


def space_text(spec: SpaceSpec, summary: SpaceSummary, seed: int) -> str:
    """The same in two tables, for people."""
    return "\n".join((*_positions(spec, summary), "", *_costs(summary, seed)))


def _position_json(position: PositionSpec, output_size: tuple[int, int]) -> dict[str, Any]:
    options = [block.to_json() for block in position.options()]
    return {**position.to_json(), "output_size": list(output_size), "option_count": len(options), "options": options}


def _positions(spec: SpaceSpec, summary: SpaceSummary) -> Iterator[str]:
    stem, head = spec.stem, spec.head
    hidden = f"{head.hidden_units} hidden units ({head.hidden_activation}), " if head.hidden_units else ""
    height, width, channels = stem.input_shape
    yield f"{spec.name}: {_number(summary.cardinality)} architectures of {len(spec.positions)} blocks"
    yield f"input {height} x {width} x {channels} (time x frequency x channels); head: {hidden}{head.classes} classes"
    yield ""
    rows = [("block", "strides", "output", "options", "kernels", "filters", "kinds")]
    sizes = zip(spec.positions, spec.output_sizes(), summary.option_counts, strict=True)
    for number, (position, size, options) in enumerate(sizes, start=1):
        listed = (_joined(position.kernel_sizes), _joined(position.filters), _kinds(position))
        rows.append((str(number), _joined(position.strides, " x "), _joined(size, " x "), str(options), *listed))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.rjust(width) if i < 4 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _kinds(position: PositionSpec) -> str:
    names = ", ".join(position.kinds)
    expansions = f" (t = {_joined(position.expansions)})" if position.expansions != (1,) else ""
    left_out = f"; left out: {_joined(position.excluded, ', ')}" if position.excluded else ""
    return names + expansions + left_out


def _costs(summary: SpaceSummary, seed: int) -> Iterator[str]:
    if summary.is_exact:
        yield f"All {summary.samples:,} networks:"
    else:
        yield f"{summary.samples:,} networks drawn with seed {seed}:"
    label_width = max(len(label) for _, label, _ in _ROWS)
    yield " " * label_width + "".join(label.rjust(10) for _, label in _QUANTILES)
    for name, label, unit in _ROWS:
        yield label.ljust(label_width) + _quantiles(summary.quantiles[name], unit)
    yield ""
    limits = f"{summary.limits.flash_bytes / 1000:g} kB and {summary.limits.energy_mj:g} mJ"
    yield f"Under {limits}: {summary.share_under_limits:.1%} as plain files (as the paper counts),"
    yield f"  {summary.share_under_limits_packed:.1%} as packed files (as Earshot delivers them)."
    yield f"Flash and energy are estimated before training; energy: {summary.energy_source}."
    if summary.infeasible:
        yield f"{summary.infeasible:,} of the {summary.samples:,} networks cannot be built."


def _quantiles(quantiles: Quantiles, unit: float) -> str:
    return "".join(f"{getattr(quantiles, name) / unit:10.2f}" for name, _ in _QUANTILES)


def _joined(values: Sequence[object], separator: str = " ") -> str:
    return separator.join(map(str, values))


def _number(value: int) -> str:
    return f"{value:,}" if value < _LONGEST_NUMBER else f"{value:.2e}"
