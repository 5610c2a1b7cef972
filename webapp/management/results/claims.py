"""Claims of the paper (sections 6 and 7) held against the figures of a run: they hold, do not hold, or are undecided.

Networks are chosen by the evaluation split and judged by the test split. Where the 95 % interval of a difference holds
both a lead and none, the clips and seeds decide nothing, and the verdict is "undecided".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from webapp.management.results.plan import study_name

Verdict = Literal["holds", "does not hold", "undecided", "not tested"]
Values = Mapping[str, Any]

LESS_ENERGY, LESS_FLASH = 10.0, 50.0
"""Times less energy and flash than MobileNetV2 (paper, abstract)."""
_SPACE = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """A claim of the paper, its verdict in this run, and the figures behind the verdict."""

    claim: str
    verdict: Verdict
    figures: str


def claims_of(values: Values) -> list[PaperClaim]:
    """Every claim, in the order of the paper."""
    return [claim(values) for claim in _CLAIMS]


def _aim(values: Values) -> PaperClaim:
    text = (
        "The best network found is at least as accurate as the better of MobileNetV1 and MobileNetV2, at no more than "
        "a tenth of MobileNetV2's energy and a fiftieth of its flash"
    )
    v1, v2 = _named(values, "MobileNetV1-1.0"), _named(values, "MobileNetV2-1.0")
    if v1 is None or v2 is None or not (v1["test"] and v2["test"]):
        return PaperClaim(text, "not tested", "The MobileNets have not been evaluated on the test split.")
    tested = [one for one in values["networks"] if not one["is_baseline"] and one["test"]]
    if not tested:
        return PaperClaim(text, "not tested", "No finalist has been evaluated on the test split.")
    small = [one for one in tested if _is_small(one, v2)]
    if not small:
        return PaperClaim(text, "does not hold", "No finalist is that small and takes that little energy.")
    best = max(small, key=lambda one: one["evaluation"]["mean"])
    better = max((v1, v2), key=lambda one: one["test"]["mean"])
    sizes = (
        f"{v2['energy_mj'] / best['energy_mj']:.1f} times less energy and {_plain_ratio(best, v2):.0f} times less "
        "flash than MobileNetV2 (files as the converter writes them)"
    )
    return _by_difference(values, text, best["name"], better["name"], sizes)


def _is_small(one: Mapping[str, Any], v2: Mapping[str, Any]) -> bool:
    return bool(v2["energy_mj"] >= LESS_ENERGY * one["energy_mj"] and _plain_ratio(one, v2) >= LESS_FLASH)


def _plain_ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    return float(other["plain_flash_bytes"] / one["plain_flash_bytes"])


def _best_against(text: str, first: str, second: str) -> Callable[[Values], PaperClaim]:
    """The best network of search `first` is more accurate than that of `second`, or than the baseline `second`."""

    def claim(values: Values) -> PaperClaim:
        one, other = values["best"].get(first), values["best"].get(second, second)
        if one is None:
            return PaperClaim(text, "not tested", f"{first} has no tested finalist.")
        return _by_difference(values, text, one, other)

    return claim


def _by_difference(values: Values, text: str, one: str, other: str, more: str = "") -> PaperClaim:
    if _are_same(values, one, other):
        return PaperClaim(text, "undecided", f"{one} and {other} are the same network: the difference is 0.")
    found = next((row for row in values["differences"] if (row["network"], row["other"]) == (one, other)), None)
    if found is None:
        return PaperClaim(text, "not tested", f"{one} and {other} have not both been evaluated on the test split.")
    low, high = found["low95"], found["high95"]
    verdict: Verdict = "holds" if low >= 0 else "does not hold" if high < 0 else "undecided"
    figures = (
        f"{one} against {other}: {_points(found['difference'])} points (95{_SPACE}% interval {_points(low)} to "
        f"{_points(high)})"
    )
    return PaperClaim(text, verdict, f"{figures}; {more}." if more else f"{figures}.")


def _are_same(values: Values, one: str, other: str) -> bool:
    first, second = _named(values, one), _named(values, other)
    return first is not None and second is not None and first["architecture"] == second["architecture"]


def _less_energy(text: str, first: str, second: str) -> Callable[[Values], PaperClaim]:
    """The best network of search `first` is estimated to take less energy than that of `second`."""

    def claim(values: Values) -> PaperClaim:
        one, other = (_named(values, values["best"].get(name, "")) for name in (first, second))
        if one is None or other is None:
            return PaperClaim(text, "not tested", "One of the searches has no finalist.")
        verdict: Verdict = "holds" if one["energy_mj"] < other["energy_mj"] else "does not hold"
        return PaperClaim(text, verdict, f"{one['energy_mj']:.2f} and {other['energy_mj']:.2f} mJ, estimated.")

    return claim


def _named(values: Values, name: str) -> Mapping[str, Any] | None:
    return next((one for one in values["networks"] if one["name"] == name), None)


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", _MINUS)


_BAYESIAN, _FIREFLY = study_name("NAS-Bayesian"), study_name("NAS-HyperFirefly")
_BAYESIAN_SOFT, _FIREFLY_SOFT = study_name("NAS-Bayesian-b'"), study_name("NAS-HyperFirefly-b'")
_ONE_D = study_name("1D-NAS-Bayesian")
_MORE_ACCURATE = "HyperFirefly finds a more accurate network than the hybrid with slope "
_CLAIMS: tuple[Callable[[Values], PaperClaim], ...] = (
    _aim,
    _best_against(f"{_MORE_ACCURATE}b", _FIREFLY, _BAYESIAN),
    _best_against(f"{_MORE_ACCURATE}b'", _FIREFLY_SOFT, _BAYESIAN_SOFT),
    _best_against("HyperFirefly with b' finds a more accurate network than with b", _FIREFLY_SOFT, _FIREFLY),
    _less_energy("The network of HyperFirefly with b takes less energy than that with b'", _FIREFLY, _FIREFLY_SOFT),
    _less_energy("1-D networks take less energy than 2-D networks", _ONE_D, _BAYESIAN),
    _best_against("2-D networks are more accurate than 1-D networks", _BAYESIAN, _ONE_D),
    _best_against("1D-NAS-Bayesian is more accurate than TC-ResNet8-1.0", _ONE_D, "TC-ResNet8-1.0"),
    _best_against("1D-NAS-Bayesian is more accurate than TC-ResNet14-1.5", _ONE_D, "TC-ResNet14-1.5"),
)
