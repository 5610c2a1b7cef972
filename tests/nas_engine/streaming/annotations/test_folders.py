"""Recordings of one's own become streams of one form, and what is left out of them is named."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.errors import BadDataset
from nas_engine.streaming.annotations.folders import RecordingFolder, in_words, read_folder, stretch_of
from nas_engine.streaming.reading import sound_blocks

CLASSES = ("alarm", "dog", "negative")
DESED = "filename\tonset\toffset\tevent_label\n"


def noise(path: Path, seconds: float, rate_hz: int = 16_000, channels: int = 1) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.normal(0, 0.05, (round(seconds * rate_hz), channels)), rate_hz)


def read(tmp_path: Path, most_hours: float = 1.0) -> RecordingFolder:
    flacs = tmp_path / "flacs"
    flacs.mkdir()
    return read_folder(tmp_path / "given", flacs, CLASSES, most_hours)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    return folder


def test_a_recording_of_two_channels_and_48_khz_keeps_the_samples_that_its_stream_has(
    given: Path, tmp_path: Path
) -> None:
    noise(given / "hall.wav", 25.0, 48_000, 2)
    (given / "hall.txt").write_text("1.5\t2.25\tdog\n24\t30\talarm\n")
    [stream] = read(tmp_path).streams
    expected = np.concatenate(list(sound_blocks(given / "hall.wav")))
    np.testing.assert_array_equal(np.concatenate(list(stream.blocks())), expected)
    assert stream.duration_s == len(expected) / 16_000
    assert [(one.onset_s, one.offset_s, one.label) for one in stream.events] == [
        (1.5, 2.25, "dog"), (24.0, stream.duration_s, "alarm"),
    ]  # fmt: skip
    with soundfile.SoundFile(stream.path) as sound:
        np.testing.assert_array_equal(stretch_of(sound, 160_001, 200_003), expected[160_001:200_003])
        np.testing.assert_array_equal(stretch_of(sound, -5, 100), expected[:100])
        np.testing.assert_array_equal(stretch_of(sound, len(expected) - 7, len(expected) + 99), expected[-7:])
        assert not len(stretch_of(sound, len(expected) + 1, len(expected) + 9))


def test_what_cannot_be_used_is_left_out_and_named_and_the_rest_is_read(given: Path, tmp_path: Path) -> None:
    noise(given / "good.wav", 5.0)
    noise(given / "short.wav", 5.0)
    cut = (given / "short.wav").read_bytes()
    (given / "short.wav").write_bytes(cut[: len(cut) // 2])
    noise(given / "unlisted.wav", 1.0)
    lines = ["good.wav\t1\t2\tdog", "good.wav\t3\t2\tdog", "good.wav\t7\t8\tdog", "good.wav\t4\t5\tDog",
             "short.wav\t0\t1\tdog"]  # fmt: skip
    (given / "list.tsv").write_text(DESED + "\n".join(lines))
    found = read(tmp_path)
    assert [one.name for one in found.streams] == ["good.wav"]
    assert dict(found.events) == {"dog": 1}
    assert found.seconds == 5.0
    words = in_words(found.findings)
    assert [one.kind for one in found.findings] == [
        "bad_event", "unlisted", "event_outside", "truncated", "other_label",
    ]  # fmt: skip
    assert "list.tsv, line 3: No event lasts from 3 to 2 s" in words[0]
    assert "good.wav: It lasts 5.000 s, so that these events were left out: 'dog' at 7 s." in words[2]
    assert words[3].startswith("short.wav: it is cut short, 50% of its sound is there.")
    assert "left out: 'Dog' (1). Small and capital letters differ" in words[4]


def test_of_many_findings_the_first_are_stated_and_the_others_counted(given: Path, tmp_path: Path) -> None:
    noise(given / "good.wav", 1.0)
    (given / "list.tsv").write_text(DESED + "good.wav\n" + "good.wav\t2\t1\tdog\n" * 30)
    words = in_words(read(tmp_path).findings)
    assert len(words) == 21
    assert words[-1] == "There are 10 more findings in the lists of the recordings."


def test_recordings_without_any_list_are_background(given: Path, tmp_path: Path) -> None:
    noise(given / "night.wav", 2.0)
    found = read(tmp_path)
    assert (found.format, dict(found.events), found.findings) == ("negatives", {}, ())


def test_a_folder_without_a_usable_recording_or_beyond_the_hours_is_refused(given: Path, tmp_path: Path) -> None:
    (given / "noise.wav").write_bytes(b"RIFF, or what somebody called so")
    with pytest.raises(BadDataset, match=r"None of the recordings can be read\. The last: noise\.wav: "):
        read(tmp_path)
    noise(given / "noise.wav", 8.0)
    with pytest.raises(BadDataset, match=r"last more than 0.002 hours: measure on them in parts"):
        read_folder(given, tmp_path / "flacs", CLASSES, 0.002)
    (given / "notes.csv").write_text("nothing about events\n")
    with pytest.raises(BadDataset, match="No list in 'given' states where sounds lie"):
        read_folder(given, tmp_path / "flacs", CLASSES, 1.0)


def test_whoever_waits_may_end_the_work_between_two_recordings(given: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        noise(given / name, 0.1)
    calls = []

    def check() -> None:
        calls.append(len(list((tmp_path / "flacs").iterdir())))
        if len(calls) == 2:
            raise InterruptedError

    (tmp_path / "flacs").mkdir()
    with pytest.raises(InterruptedError):
        read_folder(given, tmp_path / "flacs", CLASSES, 1.0, check)
    assert calls == [0, 1]
