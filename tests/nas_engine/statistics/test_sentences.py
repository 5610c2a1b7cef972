"""Comparisons in words: leads, what is not distinguished, what is estimated, and arithmetic that a reader can redo."""

import re

import pytest

from nas_engine.statistics.sentences import (
    accuracy_arithmetic,
    accuracy_words,
    arithmetic,
    comparison,
    energy_arithmetic,
    energy_words,
    optimism_arithmetic,
    optimism_words,
)
from nas_engine.statistics.values import EnergyFigure, EnergyRatio, Interval95, Optimism, PairedDifference

ESTIMATES = EnergyFigure.estimated(1.23, "published figures"), EnergyFigure.estimated(10.2, "published figures")


def plain(text: str) -> str:
    """Text with spaces for no-break spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def difference(accuracy: float, other: float, low: float, high: float, seeds: int = 5) -> PairedDifference:
    interval, together = Interval95(low, high), seeds > 1
    return PairedDifference(
        accuracy, other, interval if together else None, interval if together else None, interval, seeds, 220, 96
    )


def measured(energy_mj: float, repeats: int = 5) -> EnergyFigure:
    return EnergyFigure(energy_mj, "measured", "nRF52840", (energy_mj,) * repeats)


def test_less_estimated_energy_at_more_accuracy() -> None:
    ratio, lead = EnergyRatio(*ESTIMATES), difference(0.7814, 0.7574, 0.006, 0.042)
    assert plain(comparison(ratio, lead, "MobileNetV2")) == (
        "8.3 times less estimated energy than MobileNetV2 at 2.4 points more accuracy (95 % interval 0.6 to 4.2)"
    )
    assert plain(arithmetic(ratio, lead)) == (
        "10.2 mJ / 1.23 mJ = 8.3, both estimated by published figures; 78.1 % − 75.7 % = 2.4 points; paired over 5 "
        "seeds and 220 clips of 96 recordings"
    )


def test_units_stay_with_their_numbers_and_the_minus_sign_is_a_true_one() -> None:
    words = accuracy_words(difference(0.781, 0.777, -0.006, 0.014))
    assert "95\N{NO-BREAK SPACE}% interval \N{MINUS SIGN}0.6 to 1.4" in words
    assert "+0.4\N{NO-BREAK SPACE}points" in words
    assert "-" not in words


def test_an_interval_that_includes_0_is_no_lead() -> None:
    assert plain(accuracy_words(difference(0.781, 0.777, -0.006, 0.014))) == (
        "an accuracy that these clips and seeds do not distinguish (difference +0.4 points, 95 % interval −0.6 to 1.4)"
    )
    assert plain(accuracy_words(difference(0.777, 0.781, -0.014, 0.006))) == (
        "an accuracy that these clips and seeds do not distinguish (difference −0.4 points, 95 % interval −1.4 to 0.6)"
    )


def test_less_accuracy_is_stated_with_the_interval_of_what_is_less() -> None:
    assert plain(accuracy_words(difference(0.757, 0.781, -0.042, -0.006))) == (
        "2.4 points less accuracy (95 % interval 0.6 to 4.2)"
    )


def test_one_seed_is_stated() -> None:
    assert plain(accuracy_words(difference(0.781, 0.757, 0.006, 0.042, seeds=1))) == (
        "2.4 points more accuracy (95 % interval 0.6 to 4.2, over clips alone: one seed)"
    )
    assert plain(accuracy_words(difference(0.781, 0.777, -0.006, 0.014, seeds=1))) == (
        "an accuracy that these clips do not distinguish (difference +0.4 points, 95 % interval −0.6 to 1.4, over "
        "clips alone: one seed)"
    )


def test_no_difference_at_all_is_no_negative_zero() -> None:
    words = plain(accuracy_words(difference(0.7, 0.7 + 1e-12, -0.0004, 0.0004)))
    assert "difference +0.0 points, 95 % interval 0.0 to 0.0" in words


def test_measured_energies_are_stated_with_their_interval() -> None:
    ratio = EnergyRatio(measured(1.232, 4), measured(10.23), Interval95(8.11, 8.49))
    assert plain(energy_words(ratio, "MobileNetV2")) == (
        "8.3 times less measured energy than MobileNetV2 (95 % interval 8.1 to 8.5)"
    )
    assert plain(energy_arithmetic(ratio)) == "10.2 mJ / 1.23 mJ = 8.3, means of 5 and 4 repeats measured on nRF52840"


def test_more_energy_is_stated_as_a_multiple_above_one() -> None:
    ratio = EnergyRatio(measured(10.23), measured(1.232, 4), Interval95(1 / 8.49, 1 / 8.11))
    assert plain(energy_words(ratio, "NAS")) == "8.3 times more measured energy than NAS (95 % interval 8.1 to 8.5)"
    assert plain(energy_arithmetic(ratio)) == "10.2 mJ / 1.23 mJ = 8.3, means of 5 and 4 repeats measured on nRF52840"


@pytest.mark.parametrize(("energy_mj", "low", "high", "shown"), [
    (1.0, 0.96, 1.09, "1.02 times less, 95 % interval 0.96 to 1.09"),
    (1.0404, 0.93, 1.03, "1.02 times more, 95 % interval 0.97 to 1.08"),
])  # fmt: skip
def test_energies_that_repeats_do_not_distinguish(energy_mj: float, low: float, high: float, shown: str) -> None:
    words = energy_words(EnergyRatio(measured(energy_mj), measured(1.02), Interval95(low, high)), "Rival")
    assert plain(words) == f"an energy that these repeats do not distinguish from that of Rival ({shown})"


@pytest.mark.parametrize(("energy_mj", "other_mj", "shown"), [
    (1.232, 10.23, "a measured energy of 1.23 mJ, that of Rival 10.2 mJ"),
    (10.23, 1.232, "a measured energy of 10.2 mJ, that of Rival 1.23 mJ"),
    (1.232, 1.232, "a measured energy of 1.23 mJ, that of Rival 1.23 mJ"),
])  # fmt: skip
def test_measured_energies_without_an_interval_are_no_lead(energy_mj: float, other_mj: float, shown: str) -> None:
    words = plain(energy_words(EnergyRatio(measured(energy_mj, 5), measured(other_mj, 1)), "Rival"))
    assert words == f"{shown} (means of 5 and 1 repeat, without an interval)"
    assert not re.search("less|more|as much", words)


def test_equal_estimates_are_as_much_energy() -> None:
    ratio = EnergyRatio(ESTIMATES[0], ESTIMATES[0])
    assert plain(energy_words(ratio, "Rival")) == "as much estimated energy as Rival"
    assert plain(energy_arithmetic(ratio)) == "1.23 mJ / 1.23 mJ = 1.00, both estimated by published figures"


def test_a_measured_energy_against_an_estimated_one_is_marked() -> None:
    ratio = EnergyRatio(measured(1.23), ESTIMATES[1])
    assert plain(energy_words(ratio, "Rival")) == (
        "8.3 times less energy than Rival (measured, that of Rival estimated)"
    )
    assert plain(energy_arithmetic(ratio)) == (
        "10.2 mJ / 1.23 mJ = 8.3, the first estimated by published figures, the second measured on nRF52840 (5 repeats)"
    )
    one = EnergyRatio(ESTIMATES[0], measured(10.2, 1))
    assert plain(energy_words(one, "Rival")) == "8.3 times less energy than Rival (estimated, that of Rival measured)"
    assert "the first measured on nRF52840 (1 repeat)" in plain(energy_arithmetic(one))


@pytest.mark.parametrize(("first", "second"), [(0.78149, 0.77651), (0.7814, 0.7766), (0.9, 0.1), (0.70004, 0.69996)])
def test_the_shown_percentages_give_the_shown_difference(first: float, second: float) -> None:
    shown = plain(accuracy_arithmetic(difference(first, second, -1.0, 1.0)))
    left, right, result = (float(number) for number in re.findall(r"(\d+\.\d+)", shown)[:3])
    assert f"{left - right:.1f}" == f"{result:.1f}" == f"{100 * (first - second):.1f}"


@pytest.mark.parametrize("energies_mj", [(1.2349, 10.0001), (0.02421, 0.6049), (1.005, 1.9849), (12_345.6, 99_999.0)])
def test_the_shown_energies_give_the_shown_ratio(energies_mj: tuple[float, float]) -> None:
    shown = plain(energy_arithmetic(EnergyRatio(*(EnergyFigure.estimated(value, "x") for value in energies_mj))))
    first, second, result = re.match(r"([\d.,]+) mJ / ([\d.,]+) mJ = ([\d.,]+),", shown).groups()
    digits = len(result.partition(".")[2])
    assert f"{float(first.replace(',', '')) / float(second.replace(',', '')):.{digits}f}" == result


def test_clips_without_known_recordings_are_stated_as_taken_as_independent() -> None:
    alone = PairedDifference(0.8, 0.7, None, None, Interval95(0.0, 0.2), 1, 220, 220)
    assert plain(accuracy_arithmetic(alone)).endswith("paired over 1 seed and 220 clips taken as independent")
    single = PairedDifference(0.8, 0.7, None, None, Interval95(0.0, 0.2), 1, 220, 1)
    assert plain(accuracy_arithmetic(single)).endswith("and 220 clips of 1 recording")


def test_optimism_is_stated_with_the_choice_that_explains_it() -> None:
    found = Optimism(0.802, 0.771, Interval95(0.004, 0.058), 5, 220, 96, 240, 101, 1_240, 0.0502)
    assert plain(optimism_words(found)) == (
        "evaluation accuracy 3.1 points above test accuracy (95 % interval 0.4 to 5.8); best of 1,240 networks by "
        "evaluation reward: of 1,240 that are equally good, the best leads by up to 5.0 points by chance"
    )
    assert plain(optimism_arithmetic(found)) == (
        "80.2 % − 77.1 % = 3.1 points; 5 seeds, 220 clips of 96 recordings for evaluation, 240 clips of 101 recordings "
        "for the test"
    )


def test_optimism_of_a_network_that_no_search_chose_and_that_clips_do_not_distinguish() -> None:
    found = Optimism(0.771, 0.802, Interval95(-0.07, 0.01), 5, 220, 96, 240, 101)
    assert plain(optimism_words(found)) == (
        "evaluation accuracy 3.1 points below test accuracy (95 % interval −1.0 to 7.0: not distinguished by these "
        "clips and seeds)"
    )
