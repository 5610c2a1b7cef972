import math

import pytest

from nas_engine.designers.base import Objectives, Outcome, accepted_state
from nas_engine.testing.spaces import everything, single_2d


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(reward):
    (architecture,) = everything(single_2d())
    with pytest.raises(ValueError, match="reward of trial 12 must be finite"):
        Outcome(12, architecture, reward)


@pytest.mark.parametrize("values", [(math.nan, 1.0, 1.0), (0.5, math.inf, 1.0), (0.5, 1.0, math.nan)])
def test_objectives_that_are_no_numbers_are_refused(values):
    with pytest.raises(ValueError, match="objectives must be finite"):
        Objectives(*values)


def test_only_a_state_of_the_right_format_is_accepted(caplog):
    state = {"format": "eagle-1"}
    assert accepted_state(state, "eagle-1") is state
    assert accepted_state(None, "eagle-1") is None
    assert not caplog.records
    assert accepted_state(state, "eagle-2") is None
    assert "'eagle-1' is ignored" in caplog.text
