"""Comparisons in words, each with its arithmetic: plain text without a full stop, with true minus signs.

A lead is stated where its 95 % interval leaves "equal" out; otherwise the words are that these clips, seeds or repeats
do not distinguish the networks. Measured energies without an interval, which cannot be judged, stand side by side. The
arithmetic shows as many digits as it takes for the shown figures to give the shown result. Free of NumPy and SciPy, so
that pages word stored results.
"""

from collections.abc import Callable

from nas_engine.statistics.values import EnergyFigure, EnergyRatio, Interval95, Optimism, PairedDifference

_SPACE = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


def comparison(ratio: EnergyRatio, difference: PairedDifference, other: str) -> str:
    """Energy and accuracy of a network against those of the network named `other`.

    "8.3 times less estimated energy than MobileNetV2 at 2.4 points more accuracy (95 % interval 0.6 to 4.2)"
    """
    return f"{energy_words(ratio, other)} at {accuracy_words(difference)}"


def arithmetic(ratio: EnergyRatio, difference: PairedDifference) -> str:
    """Arithmetic behind `comparison`.

    "10.2 mJ / 1.23 mJ = 8.3, both estimated by published figures; 78.1 % − 75.7 % = 2.4 points; paired over 5 seeds and
    220 clips of 96 recordings"
    """
    return f"{energy_arithmetic(ratio)}; {accuracy_arithmetic(difference)}"


def energy_words(ratio: EnergyRatio, other: str) -> str:
    """ "8.3 times less measured energy than MobileNetV2 (95 % interval 7.9 to 8.7)"; what is estimated is marked.

    "a measured energy of 1.23 mJ, that of MobileNetV2 10.2 mJ (means of 1 and 5 repeats, without an interval)"
    """
    if ratio.interval is None and ratio.energy.basis == ratio.other.basis == "measured":
        return _unjudged_words(ratio, other)
    times, word = _times(_factor(ratio)), "less" if ratio.ratio >= 1 else "more"
    if ratio.interval is not None and not ratio.is_distinguished:
        within = _interval(_factor_interval(ratio, ratio.interval), _times)
        return f"an energy that these repeats do not distinguish from that of {other} ({times} times {word}, {within})"
    basis = "" if ratio.is_mixed else f"{ratio.energy.basis} "
    notes = [f"{ratio.energy.basis}, that of {other} {ratio.other.basis}"] if ratio.is_mixed else []
    notes += [_interval(_factor_interval(ratio, ratio.interval), _times)] if ratio.interval else []
    lead = f"as much {basis}energy as" if times == "1.00" else f"{times} times {word} {basis}energy than"
    return f"{lead} {other}" + "".join(f" ({note})" for note in notes)


def _unjudged_words(ratio: EnergyRatio, other: str) -> str:
    """Two measured means with the digits of their arithmetic, neither of them called less: nothing bounds the ratio."""
    more, less = sorted((ratio.energy.energy_mj, ratio.other.energy_mj), reverse=True)
    shown = _agreeing_energies(more, less, _times(_factor(ratio)))
    one, another = reversed(shown) if ratio.ratio >= 1 else shown
    energies = f"a measured energy of {one}{_SPACE}mJ, that of {other} {another}{_SPACE}mJ"
    return f"{energies} (means of {_repeats(ratio.energy, ratio.other)}, without an interval)"


def accuracy_words(difference: PairedDifference) -> str:
    """ "2.4 points more accuracy (95 % interval 0.6 to 4.2)"; a point is 1 % of the clips."""
    points, within = difference.difference, difference.stated_interval
    sample = "" if difference.interval else ", over clips alone: one seed"
    if not difference.is_distinguished:
        by_what = "these clips and seeds" if difference.interval else "these clips"
        found = f"{_number(100 * points, '+z.1f')}{_SPACE}points, {_interval(within, _points)}{sample}"
        return f"an accuracy that {by_what} do not distinguish (difference {found})"
    word, within = ("more", within) if points > 0 else ("less", Interval95(-within.high, -within.low))
    return f"{_points(abs(points))}{_SPACE}points {word} accuracy ({_interval(within, _points)}{sample})"


def optimism_words(optimism: Optimism) -> str:
    """ "evaluation accuracy 3.1 points above test accuracy (95 % interval 0.4 to 5.8); best of 240 networks by
    evaluation reward: of 240 that are equally good, the best leads by up to 5.0 points by chance"
    """
    points = optimism.difference
    side = "above" if points >= 0 else "below"
    within = optimism.interval if points >= 0 else Interval95(-optimism.interval.high, -optimism.interval.low)
    sample = "these clips and seeds" if optimism.seeds > 1 else "these clips"
    doubt = f": not distinguished by {sample}" if optimism.interval.includes(0.0) else ""
    found = f"{_points(abs(points))}{_SPACE}points {side} test accuracy ({_interval(within, _points)}{doubt})"
    return f"evaluation accuracy {found}{_choice(optimism)}"


def energy_arithmetic(ratio: EnergyRatio) -> str:
    """ "10.2 mJ / 1.23 mJ = 8.3, means of 5 and 4 repeats measured on nRF52840"."""
    pair = (ratio.other, ratio.energy) if ratio.ratio >= 1 else (ratio.energy, ratio.other)
    result = _times(_factor(ratio))
    first, second = _agreeing_energies(pair[0].energy_mj, pair[1].energy_mj, result)
    return f"{first}{_SPACE}mJ / {second}{_SPACE}mJ = {result}, {_origin(*pair)}"


def accuracy_arithmetic(difference: PairedDifference) -> str:
    """ "78.1 % − 75.7 % = 2.4 points; paired over 5 seeds and 220 clips of 96 recordings"."""
    shown = _subtraction(difference.accuracy, difference.other_accuracy)
    clips = _clips(difference.clips, difference.recordings)
    return f"{shown}; paired over {_seeds(difference.seeds)} and {clips}"


def optimism_arithmetic(optimism: Optimism) -> str:
    """ "80.2 % − 77.1 % = 3.1 points; 5 seeds, 220 clips of 96 recordings for evaluation, 240 clips of 101 recordings
    for the test"
    """
    evaluation = _clips(optimism.evaluation_clips, optimism.evaluation_recordings)
    test = _clips(optimism.test_clips, optimism.test_recordings)
    shown = _subtraction(optimism.evaluation_accuracy, optimism.test_accuracy)
    return f"{shown}; {_seeds(optimism.seeds)}, {evaluation} for evaluation, {test} for the test"


def _choice(optimism: Optimism) -> str:
    if optimism.best_of is None or optimism.chance_lead is None:
        return ""
    networks = f"{optimism.best_of:,}"
    return (
        f"; best of {networks} networks by evaluation reward: of {networks} that are equally good, the best leads by "
        f"up to {_points(optimism.chance_lead)}{_SPACE}points by chance"
    )


def _factor(ratio: EnergyRatio) -> float:
    """How many times less or more, at least 1."""
    return max(ratio.ratio, 1 / ratio.ratio)


def _factor_interval(ratio: EnergyRatio, interval: Interval95) -> Interval95:
    return interval if ratio.ratio >= 1 else Interval95(1 / interval.high, 1 / interval.low)


def _origin(first: EnergyFigure, second: EnergyFigure) -> str:
    if first.basis != second.basis:
        return f"the first {_one_origin(first)}, the second {_one_origin(second)}"
    if first.basis == "estimated":
        return f"both estimated by {first.source}"
    return f"means of {_repeats(first, second)} measured on {first.source}"


def _repeats(first: EnergyFigure, second: EnergyFigure) -> str:
    return f"{len(first.repeats_mj)} and {_counted(len(second.repeats_mj), 'repeat')}"


def _one_origin(energy: EnergyFigure) -> str:
    if energy.basis == "estimated":
        return f"estimated by {energy.source}"
    return f"measured on {energy.source} ({_counted(len(energy.repeats_mj), 'repeat')})"


def _agreeing_energies(first_mj: float, second_mj: float, result: str) -> tuple[str, str]:
    """Both with the fewest significant digits, from three, whose quotient is shown as `result`."""
    for digits in range(3, 8):
        shown = _significant(first_mj, digits), _significant(second_mj, digits)
        if _times(float(shown[0].replace(",", "")) / float(shown[1].replace(",", ""))) == result:
            break
    return shown


def _subtraction(first: float, second: float) -> str:
    """Both in percent with the fewest digits, from one, whose difference is shown as the result is."""
    result = _points(first - second)
    for digits in range(1, 5):
        shown = f"{100 * first:.{digits}f}", f"{100 * second:.{digits}f}"
        if _points((float(shown[0]) - float(shown[1])) / 100) == result:
            break
    return f"{shown[0]}{_SPACE}% {_MINUS} {shown[1]}{_SPACE}% = {result}{_SPACE}points"


def _interval(interval: Interval95, shown: Callable[[float], str]) -> str:
    return f"95{_SPACE}% interval {shown(interval.low)} to {shown(interval.high)}"


def _seeds(seeds: int) -> str:
    return _counted(seeds, "seed")


def _clips(clips: int, recordings: int) -> str:
    if clips == recordings:
        return f"{_counted(clips, 'clip')} taken as independent"
    return f"{_counted(clips, 'clip')} of {_counted(recordings, 'recording')}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _points(share: float) -> str:
    return _number(100 * share, "z.1f")


def _times(value: float) -> str:
    """ "1.04", "8.3", "270"."""
    return f"{value:.2f}" if value < 1.995 else f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"


def _significant(value: float, digits: int) -> str:
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if rounded >= 10 ** (digits - 1) else f"{rounded:#.{digits}g}"


def _number(value: float, form: str) -> str:
    return format(value, form).replace("-", _MINUS)
