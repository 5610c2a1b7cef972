import numpy as np
import pytest

from nas_engine.energy.traces.windows import by_trigger, manual, moving_triggers
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import trace


def levels(*runs: tuple[int, bool]) -> np.ndarray:
    return np.concatenate([np.full(count, level) for count, level in runs])


THREE = levels((10, False), (20, True), (5, False), (20, True), (45, False))


def test_each_stretch_of_a_high_input_is_a_window() -> None:
    chosen = by_trigger(trace(np.ones(100), triggers={"D0": THREE, "D1": np.zeros(100, bool)}))
    assert [w.start_s for w in chosen.windows] == pytest.approx([0.01, 0.035])
    assert [w.end_s for w in chosen.windows] == pytest.approx([0.03, 0.055])
    assert [w.label for w in chosen.windows] == ["D0 1", "D0 2"]


def test_a_low_active_input_is_read_the_other_way_round_and_cut_stretches_are_left_out() -> None:
    chosen = by_trigger(trace(np.ones(100), triggers={"D0": THREE}), "D0", active_high=False)
    (window,) = chosen.windows
    assert (window.start_s, window.end_s) == pytest.approx((0.03, 0.035))
    assert "left out" in chosen.findings[0].message


def test_a_stretch_cut_off_by_the_end_is_used_with_a_warning_if_it_is_the_only_one() -> None:
    chosen = by_trigger(trace(np.ones(100), triggers={"D0": levels((40, False), (60, True))}))
    assert chosen.windows[0].start_s == pytest.approx(0.04)
    assert chosen.windows[0].end_s == pytest.approx(0.099)
    assert [finding.code for finding in chosen.findings] == ["cut_window"]


def test_the_last_interval_belongs_to_the_window() -> None:
    triggers = {"D0": levels((40, False), (60, True))}
    chosen = by_trigger(trace(np.ones(100), triggers=triggers, spacing="interval"))
    assert chosen.windows[0].end_s == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("triggers", "channel", "message"),
    [
        ({}, None, "no trigger input of this trace ever changes"),
        ({"D0": THREE}, "D3", "it has: D0"),
        ({"D0": THREE, "D1": THREE}, None, "several trigger inputs move"),
        ({"D0": np.zeros(100, bool)}, "D0", "never high"),
        ({"D0": levels((99, False), (1, True))}, "D0", "very last sample"),
    ],
)
def test_an_input_that_marks_nothing_is_refused(triggers: dict, channel: str | None, message: str) -> None:
    with pytest.raises(BadMeasurement, match=message):
        by_trigger(trace(np.ones(100), triggers=triggers), channel)


def test_inputs_that_never_move_mark_nothing() -> None:
    triggers = {"D0": THREE, "D1": np.zeros(100, bool), "D2": np.ones(100, bool)}
    assert moving_triggers(trace(np.ones(100), triggers=triggers)) == ("D0",)


def test_windows_by_hand_must_lie_inside_the_trace() -> None:
    flat = trace(np.ones(100))
    assert manual(flat, [(0.01, 0.05)], 7).windows[0].inferences == 7
    for spans in ([(0.05, 0.3)], [(-0.1, 0.05)], [(0.05, 0.05)], []):
        with pytest.raises(BadMeasurement):
            manual(flat, spans)
