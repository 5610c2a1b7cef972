"""Importances against known truths: additive effects, noise alone, one choice that decides, choices taken together."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

from nas_engine.search_space.paper_spaces import PAPER_2D
from nas_engine.statistics.explanation.factors import factors_of
from nas_engine.statistics.explanation.importance import LEAST_NETWORKS, ChoiceImportance, importances
from nas_engine.testing.spaces import single_2d, small_2d
from tests.nas_engine.statistics.explanation.drawing import drawn_options, effect, index_of, levels_of

SPACE = PAPER_2D.search_space()
FACTORS = factors_of(SPACE)
FIRST, KIND = index_of(FACTORS, 0, "filters"), index_of(FACTORS, 5, "kind")


def additive(networks: int, seed: int) -> ChoiceImportance:
    """0.6 of the variance by the first block's filters, 0.2 by the sixth's kind, an identity among them, 0.2 noise."""
    rng = np.random.default_rng(seed)
    codes = FACTORS.codes(drawn_options(SPACE, networks, rng))
    results = effect(FACTORS, codes, FIRST, 0.6) + effect(FACTORS, codes, KIND, 0.2) + rng.normal(0, 0.2**0.5, networks)
    (found,) = importances(codes, levels_of(FACTORS), results[:, None])
    assert found is not None
    return found


@pytest.mark.parametrize("networks", [100, 2_000])
def test_shares_of_an_additive_truth_are_found_and_their_intervals_hold_it(networks: int) -> None:
    found = [additive(networks, seed) for seed in range(20)]
    # The mean of twenty has a twentieth of the variance; the standard deviation of one is 0.044 at 100 networks.
    assert np.mean([one.shares[FIRST].value for one in found]) == pytest.approx(0.6, abs=0.03)
    assert np.mean([one.shares[KIND].value for one in found]) == pytest.approx(0.2, abs=0.03)
    assert np.mean([one.total.value for one in found]) == pytest.approx(0.8, abs=0.04)
    inside = [one.shares[index].interval.includes(true) for one in found for index, true in ((FIRST, 0.6), (KIND, 0.2))]
    assert np.mean(inside) >= 0.85
    others = np.array([[share.value for i, share in enumerate(one.shares) if i not in (FIRST, KIND)] for one in found])
    assert abs(others.mean()) < 0.005


def test_noise_alone_has_no_importance_whatever_the_number_of_levels() -> None:
    rng = np.random.default_rng(0)
    codes = FACTORS.codes(drawn_options(SPACE, 200, rng))
    found = importances(codes, levels_of(FACTORS), rng.normal(5.0, 1.0, (200, 40)))
    totals = np.array([one.total.value for one in found if one])
    assert len(totals) == 40
    assert abs(totals.mean()) < 0.02
    named = [any(share.is_distinguished for share in one.shares) for one in found if one]
    # 27 intervals of 95 % a column: most hold 0, because a factor without effect is shrunk to nothing.
    assert np.mean([share.is_distinguished for one in found if one for share in one.shares]) < 0.05
    assert np.mean(named) < 0.75


def test_one_choice_that_decides_alone_has_it_all() -> None:
    codes = FACTORS.codes(drawn_options(SPACE, 300, np.random.default_rng(1)))
    (found,) = importances(codes, levels_of(FACTORS), effect(FACTORS, codes, FIRST, 4.0)[:, None])
    assert found is not None
    assert found.shares[FIRST].value == pytest.approx(1.0, abs=0.001)
    assert max(share.value for i, share in enumerate(found.shares) if i != FIRST) < 0.001
    assert found.deviation == pytest.approx(2.0, rel=0.1)


def test_choices_that_were_taken_together_divide_what_they_explain() -> None:
    """Of two equal effects that agree in nine networks of ten, neither takes the other's half."""
    space = small_2d()
    factors, rng = factors_of(space), np.random.default_rng(2)
    options = drawn_options(space, 2_000, rng)
    first, second = index_of(factors, 0, "filters"), index_of(factors, 2, "filters")
    copied = rng.random(2_000) < 0.9
    options[copied, 2] = 3 * (options[copied, 2] // 3) + options[copied, 0]
    codes = factors.codes(options)
    assert (codes[copied, first] == codes[copied, second]).all()
    results = codes[:, first] + codes[:, second] + rng.normal(0, 0.1, 2_000)
    (found,) = importances(codes, levels_of(factors), results[:, None])
    assert found is not None
    assert found.shares[first].value == pytest.approx(0.5, abs=0.03)
    assert found.shares[second].value == pytest.approx(0.5, abs=0.03)


def test_what_two_choices_do_only_together_is_in_no_share() -> None:
    space = small_2d()
    factors, rng = factors_of(space), np.random.default_rng(4)
    codes = factors.codes(drawn_options(space, 2_000, rng))
    first, second = (codes[:, index_of(factors, n, "filters")].astype(float) - 1 for n in (0, 2))
    (found,) = importances(codes, levels_of(factors), (first * second)[:, None])
    assert found is not None
    assert found.total.value < 0.02


def test_equal_results_too_few_networks_and_a_space_without_a_choice_have_no_importance() -> None:
    rng = np.random.default_rng(5)
    codes, levels = FACTORS.codes(drawn_options(SPACE, LEAST_NETWORKS, rng)), levels_of(FACTORS)
    varying, equal = rng.normal(size=LEAST_NETWORKS), np.full(LEAST_NETWORKS, 71.3)
    found = importances(codes, levels, np.stack([varying, equal], axis=1))
    assert found[0] is not None
    assert found[1] is None
    assert importances(codes[1:], levels, varying[1:, None]) == (None,)
    assert importances(codes[:0], levels, np.empty((0, 2))) == (None, None)
    alone = factors_of(single_2d())
    assert importances(alone.codes(np.zeros((60, 2), np.int16)), [], rng.normal(size=(60, 1))) == (None,)


def test_a_level_that_no_network_took_and_all_identities_are_no_hindrance() -> None:
    options = drawn_options(SPACE, 100, np.random.default_rng(6))
    options[:, 11] = len(SPACE.positions[11].options) - 1
    assert SPACE.positions[11].options[-1].kind == "identity"
    options[:, 0] = np.minimum(options[:, 0], 5)
    codes = FACTORS.codes(options)
    (found,) = importances(codes, levels_of(FACTORS), effect(FACTORS, codes, KIND, 1.0)[:, None])
    assert found is not None
    assert found.shares[index_of(FACTORS, 11, "filters")].value == 0.0
    assert found.shares[KIND].value > 0.99


def test_the_order_is_that_of_scikit_learns_permutation_importance_on_a_forest() -> None:
    rng = np.random.default_rng(7)
    codes = FACTORS.codes(drawn_options(SPACE, 600, rng))
    third = index_of(FACTORS, 2, "filters")
    effects = [effect(FACTORS, codes, index, v) for index, v in ((FIRST, 0.5), (KIND, 0.25), (third, 0.1))]
    results = sum(effects) + rng.normal(0, 0.15**0.5, 600)
    (found,) = importances(codes, levels_of(FACTORS), results[:, None])
    assert found is not None
    forest = RandomForestRegressor(60, random_state=0).fit(codes[:400], results[:400])
    permuted = permutation_importance(forest, codes[400:], results[400:], n_repeats=5, random_state=0)
    ours = np.argsort([-share.value for share in found.shares])
    assert ours[:3].tolist() == np.argsort(-permuted.importances_mean)[:3].tolist() == [FIRST, KIND, third]
