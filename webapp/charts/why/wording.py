"""Choices of blocks, goals and figures in words, as the charts of a study's explanation share them."""

from collections.abc import Mapping

from nas_engine.statistics.explanation.factors import Aspect, Factor
from nas_engine.statistics.explanation.importance import VarianceShare
from nas_engine.statistics.values import Interval95
from webapp.queries.explained import Goal
from webapp.queries.summaries import KIND_NAMES, SHORT_KINDS

SPACE = "\N{NO-BREAK SPACE}"
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
_ASPECTS: Mapping[Aspect, str] = {"kind": "kind", "kernel_size": "kernel size", "filters": "filters"}
GOAL_NAMES: Mapping[Goal, str] = {"accuracy": "int8 accuracy", "energy": "energy", "flash": "flash"}
GOAL_AXES: Mapping[Goal, str] = {
    "accuracy": "int8 accuracy (%)",
    "energy": "Energy per inference (mJ)",
    "flash": "Size of the .tflite file (kB)",
}
_UNITS: Mapping[Goal, str] = {"accuracy": "%", "energy": "mJ", "flash": "kB"}
_DIFFERENCE_UNITS: Mapping[Goal, str] = {"accuracy": "points", "energy": "mJ", "flash": "kB"}
_DIGITS: Mapping[Goal, int] = {"accuracy": 2, "energy": 3, "flash": 1}


def block_in_words(position: int) -> str:
    """ "first block" for position 0; "13th block" beyond the twelfth."""
    name = _ORDINALS[position] if position < len(_ORDINALS) else _numbered(position + 1)
    return f"{name} block"


def _numbered(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 % 10 != 1 else "th"
    return f"{number}{ending}"


def factor_in_words(factor: Factor) -> str:
    """ "filters of the first block"."""
    return f"{_ASPECTS[factor.aspect]} of the {block_in_words(factor.position)}"


def factor_label(factor: Factor) -> str:
    """ "block 1 filters", for axes and tables."""
    return f"block {factor.position + 1} {_ASPECTS[factor.aspect]}"


def level_label(factor: Factor, level: int, *, short: bool = False) -> str:
    """ "8", or the name of a kind: "MobileNetV1", short "V1"; MobileNetV2 with its expansion."""
    value = factor.levels[level]
    return kind_label(value, short=short) if factor.aspect == "kind" else value


def kind_label(value: str, *, short: bool = False) -> str:
    """Name of a kind as `Factor.levels` has it, with its expansion behind a hyphen."""
    kind, _, expansion = value.partition("-t")
    names = SHORT_KINDS if short else KIND_NAMES
    if kind == "identity":
        return kind
    return f"{names.get(kind, kind)} t{expansion}" if expansion else names.get(kind, kind)


def level_in_words(factor: Factor, level: int) -> str:
    """ "8 filters in the first block", "kernel size 5 in the third block", "an identity as the sixth block"."""
    value, block = level_label(factor, level), block_in_words(factor.position)
    if factor.aspect == "filters":
        return f"{value} filters in the {block}"
    if factor.aspect == "kernel_size":
        return f"kernel size {value} in the {block}"
    return f"{'an identity' if value == 'identity' else value.replace(', ', ' and ')} as the {block}"


def figure_in_words(goal: Goal, value: float) -> str:
    """ "71.20 %", "1.234 mJ", "51.2 kB"."""
    return f"{value:,.{_DIGITS[goal]}f}{SPACE}{_UNITS[goal]}"


def difference_in_words(goal: Goal, value: float) -> str:
    """The amount of a difference without its sign: "1.20 points", "0.123 mJ"."""
    return f"{abs(value):,.{_DIGITS[goal]}f}{SPACE}{_DIFFERENCE_UNITS[goal]}"


def interval_in_words(goal: Goal, interval: Interval95, *, of_amounts: bool = False) -> str:
    """ "1.10 to 1.30 points" of a difference whose sign the words around it say, "71.1 to 71.3 %" of a figure."""
    unit = _DIFFERENCE_UNITS[goal] if of_amounts else _UNITS[goal]
    return f"{signed(interval.low, _DIGITS[goal])} to {signed(interval.high, _DIGITS[goal])}{SPACE}{unit}"


def share_in_words(share: VarianceShare) -> str:
    """ "61 % (95 % interval 57 to 65 %)"."""
    return f"{_percent(share.value)}{SPACE}% (95{SPACE}% interval {share_interval(share)})"


def share_interval(share: VarianceShare) -> str:
    """ "57 to 65 %"."""
    return f"{_percent(share.interval.low)} to {_percent(share.interval.high)}{SPACE}%"


def _percent(share: float) -> str:
    return signed(100 * share, 0)


def signed(value: float, digits: int) -> str:
    """A number with a true minus sign and never "−0"."""
    return f"{value:z,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def counted(count: int, thing: str) -> str:
    """ "1 trial", "2,000 trials"."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
