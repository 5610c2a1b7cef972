from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_engine.energy.traces.alignment import by_stamps, merged
from nas_engine.energy.traces.integration import mean_power_mw
from nas_engine.energy.traces.trace import Stamps, Window
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.made_traces import ACTIVE_MW, inferences, steps, trace, work

EPOCH_S = 1_756_255_148.0
RUN = trace(steps((2, 300), (3, 2000), (2, 300)), started_at_s=EPOCH_S)


def stamps(first_s: float, count: int = 300, each_s: float = 0.0098, epoch: bool = True) -> Stamps:
    return Stamps(inferences(first_s + (EPOCH_S if epoch else 0.0), count, each_s, 0.0002), epoch=epoch)


def test_inferences_in_a_row_become_one_window_and_passes_stay_apart() -> None:
    warm, timed = inferences(0, 5, 0.01, label="warm-up"), inferences(0.05, 7, 0.01, 0.001)
    assert [(w.label, w.inferences) for w in merged(warm + timed)] == [("warm-up", 5), ("", 7)]


def test_inferences_with_long_pauses_stay_windows_of_their_own() -> None:
    assert len(merged(inferences(0, 5, 0.01, pause_s=1.0))) == 5


def test_windows_of_many_inferences_are_never_merged() -> None:
    assert len(merged((Window(0, 10), Window(10.5, 20)))) == 2


@given(st.floats(-0.95, 0.95))
@settings(max_examples=25)
def test_the_offset_of_the_clocks_is_found(behind_s: float) -> None:
    chosen = by_stamps(RUN, stamps(2.0 - behind_s))
    assert chosen.offset_s == pytest.approx(behind_s, abs=0.01)
    assert mean_power_mw(RUN, chosen.windows[0]) == pytest.approx(ACTIVE_MW, rel=0.01)
    assert chosen.windows[0].inferences == 300
    assert chosen.findings[0].code == "clock_offset"


def test_warm_up_helps_to_align_and_is_left_out_of_the_windows() -> None:
    warm = tuple(replace(w, label="warm-up") for w in inferences(EPOCH_S + 1.7, 100, 0.01))
    chosen = by_stamps(RUN, Stamps(warm + inferences(EPOCH_S + 2.7, 200, 0.01), epoch=True))
    assert chosen.offset_s == pytest.approx(0.3, abs=0.01)
    assert [(w.inferences, round(w.start_s, 2)) for w in chosen.windows] == [(200, 3.0)]


def test_stamps_from_the_traces_own_start_are_not_moved() -> None:
    chosen = by_stamps(RUN, Stamps((Window(2.1, 4.9, "window 1"),), epoch=False))
    assert (chosen.offset_s, chosen.windows[0].start_s, chosen.findings) == (None, 2.1, ())


@pytest.mark.parametrize(("count", "is_placed"), [(1, False), (9, False), (11, True)])
def test_inferences_that_take_under_a_tenth_of_a_second_are_not_placed_by_power(count: int, is_placed: bool) -> None:
    warm = tuple(replace(w, label="warm-up") for w in inferences(EPOCH_S + 1.7, 200, 0.01))
    given_stamps = Stamps(warm + inferences(EPOCH_S + 3.8, count, 0.0099), epoch=True)
    assert by_stamps(RUN, given_stamps, offset_s=0.3).offset_s == 0.3
    if is_placed:
        assert by_stamps(RUN, given_stamps).windows[0].inferences == count
        return
    with pytest.raises(BadMeasurement, match=r"give the offset in seconds, or choose the window by hand"):
        by_stamps(RUN, given_stamps)


def test_an_offset_by_hand_is_used_as_it_is() -> None:
    chosen = by_stamps(RUN, stamps(1.5), offset_s=0.6)
    assert (chosen.offset_s, chosen.windows[0].start_s) == (0.6, pytest.approx(2.1))


def test_a_trace_without_a_clock_is_searched_from_end_to_end_with_a_warning() -> None:
    chosen = by_stamps(replace(RUN, started_at_s=None), stamps(0.0))
    assert chosen.windows[0].start_s == pytest.approx(2.0, abs=0.01)
    assert chosen.findings[0].severity == "warning"


@pytest.mark.parametrize(("first_s", "count", "epoch"), [(3600, 300, True), (-300, 300, True), (6.5, 300, False)])
def test_stamps_of_another_time_are_refused(first_s: float, count: int, epoch: bool) -> None:
    with pytest.raises(BadMeasurement, match="files of one run"):
        by_stamps(RUN, stamps(first_s, count, epoch=epoch))


def test_a_trace_too_short_for_the_stamps_is_refused() -> None:
    with pytest.raises(BadMeasurement, match="the trace was cut"):
        by_stamps(replace(RUN, started_at_s=None), stamps(0.0, count=3000))


def test_windows_off_the_recording_are_left_out_and_counted() -> None:
    chosen = by_stamps(RUN, Stamps((Window(1, 2), Window(3, 4), Window(6.5, 7.5)), epoch=False))
    assert len(chosen.windows) == 2
    assert "1 of 3 stamped windows" in chosen.findings[0].message


def test_power_that_tells_nothing_about_the_offset_is_warned_of() -> None:
    flat = trace(steps((7, 300)), started_at_s=EPOCH_S)
    assert any("does not stand out" in finding.message for finding in by_stamps(flat, stamps(2.0)).findings)


def test_stamps_that_nothing_places_on_a_trace_without_a_clock_are_refused() -> None:
    with pytest.raises(BadMeasurement, match="their place cannot be determined"):
        by_stamps(trace(steps((7, 300))), stamps(2.0))
    assert by_stamps(trace(steps((7, 300))), stamps(2.0), offset_s=2.0).windows


def test_clocks_a_second_apart_are_suspected() -> None:
    assert any("end of +-1 s" in finding.message for finding in by_stamps(RUN, stamps(0.7)).findings)


def test_no_stamps_are_refused() -> None:
    with pytest.raises(BadMeasurement, match="holds no inference"):
        by_stamps(work(), Stamps((), epoch=False, inference_ms=np.array([])))


@pytest.mark.parametrize("warm_mw", [1900, 2050, 2500])
def test_a_warm_up_that_was_not_stamped_and_drew_more_does_not_mislead(warm_mw: float) -> None:
    run = trace(steps((2, 300), (0.5, 600), (0.5, warm_mw), (2, 2000), (2, 300)), started_at_s=EPOCH_S)
    chosen = by_stamps(run, stamps(2.7, count=200))
    assert chosen.offset_s == pytest.approx(0.3, abs=0.01)


def test_stamps_of_which_less_than_half_can_lie_on_the_trace_are_refused() -> None:
    short = trace(steps((0.5, 300), (0.5, 2000)), started_at_s=EPOCH_S)
    with pytest.raises(BadMeasurement, match="files of one run"):
        by_stamps(short, stamps(0.5, count=400))


def test_a_negative_trace_is_aligned_without_an_error_of_arithmetic() -> None:
    charging = trace(-steps((2, 300), (3, 2000), (2, 300)), started_at_s=EPOCH_S)
    assert by_stamps(charging, stamps(2.0)).windows
