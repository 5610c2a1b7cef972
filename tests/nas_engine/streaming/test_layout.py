"""Stretches of streams made again: bit-equal with the whole, from nothing but the sounds that lie there."""

import numpy as np
import pytest

from nas_engine.streaming.composing import Composition, compose
from nas_engine.streaming.layout import StreamLayout, render
from nas_engine.streaming.values import pcm16
from tests.nas_engine.streaming.made import made_clips

SECONDS = 60.0


@pytest.mark.parametrize("sounds", [0, 3])
def test_a_stretch_made_again_from_stored_json_is_bit_equal_with_the_whole(sounds: int) -> None:
    rng = np.random.default_rng(4)
    clips = made_clips(rng)
    background = [rng.normal(0, 0.1, 20_000 + 900 * number).astype(np.float32) for number in range(sounds)]
    composition = Composition(SECONDS, events_per_hour=600, snr_db=-25.0, shortest_gap_s=0.5, event_dbfs=-3.0, seed=9)
    stream = compose("s", clips, background, composition)
    assert stream.layout is not None
    assert stream.scaled_db < 0.0, "the scale of the whole is part of what is compared"
    layout = StreamLayout.from_json(stream.layout.to_json())
    asked: set[int] = set()

    def clip_of(number: int) -> np.ndarray:
        asked.add(number)
        return clips[number].samples

    for start in (-100, 0, 160_003, 700_000, 959_000):
        made = render(layout, clip_of, background.__getitem__, start, start + 48_000)
        np.testing.assert_array_equal(pcm16(made), stream.samples[max(start, 0) : start + 48_000])
    asked.clear()
    first = layout.events[0]
    render(layout, clip_of, background.__getitem__, first.start, first.start + 1)
    assert asked == {first.sound}


def test_events_of_the_layout_are_those_of_the_stream() -> None:
    clips = made_clips(np.random.default_rng(0))
    stream = compose("s", clips, [], Composition(SECONDS, 300, shortest_gap_s=0.5, seed=2))
    assert stream.layout is not None
    assert [clips[placed.sound].source for placed in stream.layout.events] == [one.source for one in stream.events]
    assert stream.layout.is_pink
