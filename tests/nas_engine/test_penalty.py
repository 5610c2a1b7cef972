import math

import pytest

from nas_engine.architecture import Architecture, Block, Head, Stem
from nas_engine.baselines import nas_bayesian
from nas_engine.constraints import Constraints, penalty_of
from nas_engine.cost import cost
from nas_engine.reward import RewardParameters, reward

FLASH = cost(nas_bayesian()).flash_bytes_estimate
HARSH = RewardParameters(energy_threshold_mj=0.5, flash_threshold_bytes=FLASH / 2)


def test_accuracy_less_the_penalty_is_the_reward_of_the_estimates():
    penalty = penalty_of(HARSH, lambda counted: 2.0)(nas_bayesian())
    assert penalty > 0.04
    assert 0.7 - penalty == pytest.approx(reward(0.7, 2.0, FLASH, HARSH))


def test_nothing_is_taken_below_the_thresholds():
    assert penalty_of(RewardParameters(), lambda counted: 1.0)(nas_bayesian()) == 0


def test_what_would_be_refused_has_an_infinite_penalty():
    allowed = penalty_of(HARSH, lambda counted: 1.0, Constraints(flash_bytes=FLASH))
    refused = penalty_of(HARSH, lambda counted: 1.0, Constraints(flash_bytes=FLASH - 1))
    assert math.isfinite(allowed(nas_bayesian()))
    assert refused(nas_bayesian()) == math.inf


def test_what_cannot_be_built_has_an_infinite_penalty():
    blocks = (Block("kxk", 3, 8, (2, 1)), Block("mobilenet_v1", 3, 8, (2, 1)))
    unequal = Architecture(Stem(), blocks, Head())
    assert penalty_of(HARSH, lambda counted: 1.0)(unequal) == math.inf
