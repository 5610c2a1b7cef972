"""Hard limits: what they refuse, in which words, and how far beyond a limit a network is."""

import math

import pytest

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import nas_bayesian
from nas_engine.constraints import Constraints, Violation, constraint_check, find_violation
from nas_engine.cost import cost

COST = cost(nas_bayesian())
FLASH, RAM = COST.flash_bytes_estimate, COST.peak_activation_bytes


def judged(predicted_mj: float = 1.0, **limits: float) -> Violation | None:
    return find_violation(COST, Constraints(**limits), lambda _: predicted_mj)


def test_without_limits_nothing_is_refused():
    assert judged() is None


def test_a_value_equal_to_its_limit_passes_and_one_above_is_refused():
    exact = {"flash_bytes": FLASH, "peak_ram_bytes": RAM, "energy_mj": 1.0}
    assert judged(**exact) is None
    for name, value in exact.items():
        assert judged(**exact | {name: value * 0.999}) is not None


def test_the_reason_names_estimate_and_limit_with_their_units():
    assert judged(flash_bytes=FLASH / 1.2).reason.startswith(f"flash estimate {FLASH / 1000:.1f} kB exceeds the hard ")
    assert judged(peak_ram_bytes=20_000).reason == f"RAM estimate {RAM / 1000:.1f} kB exceeds the hard limit of 20 kB"
    assert judged(1.8123, energy_mj=1.25).reason == "energy estimate 1.81 mJ exceeds the hard limit of 1.25 mJ"


def test_a_value_just_above_its_limit_is_shown_with_the_digits_that_say_so():
    assert judged(1.25004, energy_mj=1.25).reason == "energy estimate 1.25004 mJ exceeds the hard limit of 1.25 mJ"


def test_every_exceeded_limit_is_named_and_the_worst_gives_the_excess():
    refused = judged(2.5, flash_bytes=FLASH / 3, energy_mj=1.25)
    assert "flash estimate" in refused.reason
    assert "; energy estimate 2.50 mJ" in refused.reason
    assert refused.excess == pytest.approx(3)


def test_energy_is_not_predicted_where_it_has_no_limit():
    def explode(_: object) -> float:
        raise AssertionError

    assert find_violation(COST, Constraints(flash_bytes=FLASH), explode) is None


def test_a_network_that_cannot_be_built_is_refused_by_any_screen():
    blocks = (Block("kxk", 3, 8, (2, 1)), Block("mobilenet_v1", 3, 8, (2, 1)))
    refused = constraint_check(Constraints(), lambda _: 0.0)(Architecture(Stem(), blocks, Head(classes=3)))
    assert "unequal strides (2, 1)" in refused.reason
    assert math.isinf(refused.excess)
