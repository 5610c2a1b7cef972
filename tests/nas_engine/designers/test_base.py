import math

import pytest

from nas_engine.designers.base import Outcome, accepted_state
from nas_engine.testing.designers import everything, single_2d


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(reward):
    (architecture,) = everything(single_2d())
    with pytest.raises(ValueError, match="reward of trial 12 must be finite"):
        Outcome(12, architecture, reward)


def test_only_a_state_of_the_right_format_is_accepted(caplog):
    state = {"format": "eagle-1"}
    assert accepted_state(state, "eagle-1") is state
    assert accepted_state(None, "eagle-1") is None
    assert not caplog.records
    assert accepted_state(state, "eagle-2") is None
    assert "'eagle-1' is left aside" in caplog.text
