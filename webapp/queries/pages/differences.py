"""Architectures block by block: what differs at each position, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from nas_engine.architecture import Architecture, Block
from webapp.queries.summaries import KIND_NAMES, block_mark


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """Input, block or head: its text in a table, and by name all that makes it what it is."""

    text: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """A part of a network; None where it has no such block. `changes` say what differs from the first network's."""

    part: NetworkPart | None
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A position ("input", "b1", ..., "head") in each network, in their order."""

    name: str
    parts: tuple[ComparedPart, ...]

    @property
    def differs(self) -> bool:
        return any(one.changes for one in self.parts)


def difference_rows(networks: Sequence[Architecture]) -> tuple[DifferenceRow, ...]:
    """The positions of all networks from the input to the head, aligned by their number."""
    rows = [_row("input", [_input(one) for one in networks])]
    for number, blocks in enumerate(zip_longest(*(one.blocks for one in networks)), start=1):
        rows.append(_row(f"b{number}", [_block(block) if block else None for block in blocks]))
    return (*rows, _row("head", [_head(one) for one in networks])) if networks else ()


def block_changes(first: Block, other: Block) -> tuple[str, ...]:
    """What differs between two blocks, such as "filters 24 → 32"."""
    return _changes(_block(first), _block(other))


def _row(name: str, parts: Sequence[NetworkPart | None]) -> DifferenceRow:
    return DifferenceRow(name, tuple(ComparedPart(part, _changes(parts[0], part)) for part in parts))


def _changes(first: NetworkPart | None, other: NetworkPart | None) -> tuple[str, ...]:
    if first is None or other is None:
        return () if first is other else ("added",) if first is None else ("left out",)
    names = dict.fromkeys([*first.facts, *other.facts])
    pairs = ((name, first.facts.get(name, "none"), other.facts.get(name, "none")) for name in names)
    return tuple(f"{name} {before} → {after}" for name, before, after in pairs if before != after)


def _input(network: Architecture) -> NetworkPart:
    stem = network.stem
    facts = {"frames": str(stem.frames), "mel bins": str(stem.mel_bins), "layout": stem.layout}
    return NetworkPart(f"{stem.frames} × {stem.mel_bins}, {stem.layout}", facts)


def _head(network: Architecture) -> NetworkPart:
    head = network.head
    facts = {"classes": str(head.classes)}
    if head.hidden_units is not None:
        facts |= {"hidden units": str(head.hidden_units), "activation": head.hidden_activation}
    return NetworkPart(f"{head.hidden_units or 'none'} hidden, {head.classes} classes", facts)


def _block(block: Block) -> NetworkPart:
    """An identity has a kind and strides alone: what it lacks is no change of a kernel or of filters."""
    facts = {"kind": KIND_NAMES[block.kind]}
    if block.kind != "identity":
        facts |= {"kernel": str(block.kernel_size), "filters": str(block.filters), "expansion": str(block.expansion)}
    facts["strides"] = f"{block.strides[0]}×{block.strides[1]}"
    expansion = f" t{block.expansion}" if block.expansion > 1 else ""
    text = f"{block_mark(block.kind, block.kernel_size, block.filters).text}{expansion} /{facts['strides']}"
    return NetworkPart("identity" if block.kind == "identity" else text, facts)
