"""Strongly labelled lists of every format, told apart by their content, with errors by line."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.errors import BadDataset
from nas_engine.streaming.annotations.base import Annotations
from nas_engine.streaming.annotations.recognition import read_annotations, read_negatives
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.scores import stream_scores
from nas_engine.streaming.values import SoundEvent
from tests.nas_engine.streaming.made import small_listener

RATE = 16_000


def record(folder: Path, *names: str, seconds: float = 10.0) -> None:
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, rng.integers(-99, 99, round(seconds * RATE), dtype=np.int16), RATE)


def events_of(found: Annotations) -> dict[str, list[tuple[float, float, str]]]:
    return {one.name: [(e.onset_s, e.offset_s, e.label) for e in one.events] for one in found.recordings}


def places(found: Annotations) -> dict[str, str]:
    """Place of each finding by its kind."""
    return {one.kind: one.where for one in found.findings}


def test_desed_lists_have_recordings_without_events(tmp_path: Path) -> None:
    record(tmp_path, "audio/a.wav", "audio/b.wav", "audio/c.wav", "audio/unlisted.wav")
    text = "filename\tonset\toffset\tevent_label\na.wav\t0.5\t1.25\tDog\nb.wav\t\t\t\na.wav\t2\t3\tSpeech\nc.wav\n"
    (tmp_path / "validation.tsv").write_text(text)
    found = read_annotations(tmp_path)
    assert found.format == "DESED"
    assert events_of(found) == {
        "audio/a.wav": [(0.5, 1.25, "Dog"), (2.0, 3.0, "Speech")],
        "audio/b.wav": [],
        "audio/c.wav": [],
    }
    assert places(found) == {"unlisted": "1 recordings"}


def test_wrong_lines_are_named_by_their_numbers_and_the_others_are_read(tmp_path: Path) -> None:
    record(tmp_path, "a.wav")
    lines = [
        "filename\tonset\toffset\tevent_label", "a.wav\t1\t2\tDog", "a.wav\tone\t2\tDog", "a.wav\t3\t2\tDog",
        "a.wav\t1\t2", "", "a.wav\t-1\t2\tDog", "a.wav\tnan\t2\tDog", "gone.wav\t1\t2\tDog", "\t1\t2\tDog",
        "a.wav\t5\t6\t" + "x" * 81,
    ]  # fmt: skip
    (tmp_path / "list.tsv").write_text("\r\n".join(lines))
    found = read_annotations(tmp_path)
    assert events_of(found) == {"a.wav": [(1.0, 2.0, "Dog")]}
    wrong = {one.where: one.message for one in found.findings}
    assert set(wrong) == {*(f"list.tsv, line {number}" for number in (3, 4, 5, 7, 8, 10, 11)), "gone.wav"}
    assert "'one' and '2' are no numbers" in wrong["list.tsv, line 3"]
    assert "from 3 to 2 s" in wrong["list.tsv, line 4"]
    assert "3 of the cells" in wrong["list.tsv, line 5"]
    assert "longer than 80" in wrong["list.tsv, line 11"]
    assert "is not in the folder" in wrong["gone.wav"]


def test_audioset_strong_labels_are_found_by_segment_or_video_and_named_by_their_ids(tmp_path: Path) -> None:
    record(tmp_path, "eval/--4gqARaEJE_0.flac", "eval/Yabcdefghijk.wav", "eval/-_twosegments_30000.wav")
    text = (
        "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n--4gqARaEJE_0\t0.000\t10.000\t/m/0bt9lr\n"
        "abcdefghijk_30000\t1.5\t2.25\t/m/07qfr4h\n-_twosegments_0\t1\t2\t/m/0bt9lr\n"
        "-_twosegments_30000\t3\t4\t/m/0bt9lr\n"
    )
    (tmp_path / "audioset_eval_strong.tsv").write_text(text)
    (tmp_path / "mid_to_display_name.tsv").write_text("/m/0bt9lr\tDog\n/m/07qfr4h\tWater, dripping\n")
    found = read_annotations(tmp_path)
    assert found.format == "AudioSet strong"
    assert events_of(found) == {
        "eval/--4gqARaEJE_0.flac": [(0.0, 10.0, "Dog")],
        "eval/Yabcdefghijk.wav": [(1.5, 2.25, "Water, dripping")],
        "eval/-_twosegments_30000.wav": [(3.0, 4.0, "Dog")],
    }
    assert places(found) == {"missing_file": "-_twosegments_0"}


def test_audioset_names_come_from_its_class_list_too(tmp_path: Path) -> None:
    record(tmp_path, "abcdefghijk.wav")
    header = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
    (tmp_path / "strong.tsv").write_text(header + "abcdefghijk_0\t1\t2\t/m/0bt9lr\n")
    (tmp_path / "class_labels_indices.csv").write_text('index,mid,display_name\n0,/m/0bt9lr,"Dog, bark"\n')
    assert events_of(read_annotations(tmp_path)) == {"abcdefghijk.wav": [(1.0, 2.0, "Dog, bark")]}


def test_label_tracks_of_audacity_belong_to_the_recording_of_their_name(tmp_path: Path) -> None:
    record(tmp_path, "rec1.wav", "rec10.wav", "quiet.wav", "unknown.wav")
    (tmp_path / "rec1.txt").write_text("1.5\t2.5\tdog\n\\\t100.0\t200.0\n3,25\t4\tsiren\n5\t5\tpoint\n")
    (tmp_path / "rec10_labels.txt").write_text("0\t1\tdog\n")
    (tmp_path / "quiet.txt").write_text("")
    (tmp_path / "other.txt").write_text("0\t1\tdog\n")
    (tmp_path / "README.txt").write_text("These are notes.\n")
    found = read_annotations(tmp_path)
    assert found.format == "Audacity labels"
    assert events_of(found) == {
        "rec1.wav": [(1.5, 2.5, "dog"), (3.25, 4.0, "siren")],
        "rec10.wav": [(0.0, 1.0, "dog")],
        "quiet.wav": [],
    }
    assert places(found) == {
        "bad_event": "rec1.txt, line 4", "no_recording": "other.txt", "unlisted": "1 recordings",
    }  # fmt: skip


def test_folders_of_negatives_are_recordings_without_events(tmp_path: Path) -> None:
    record(tmp_path, "kitchen/night.wav", "hall.flac")
    found = read_negatives(tmp_path)
    assert events_of(found) == {"kitchen/night.wav": [], "hall.flac": []}
    with pytest.raises(BadDataset, match="no sound"):
        read_negatives(tmp_path / "none")


def test_a_folder_without_a_known_list_or_without_its_recordings_is_named(tmp_path: Path) -> None:
    record(tmp_path, "a.wav")
    with pytest.raises(BadDataset, match=r"No list in .* states where sounds lie. Earshot reads"):
        read_annotations(tmp_path)
    (tmp_path / "list.tsv").write_text("filename\tonset\toffset\tevent_label\ngone.wav\t1\t2\tDog\n")
    with pytest.raises(BadDataset, match=r"First of 2 findings: gone.wav"):
        read_annotations(tmp_path)
    (tmp_path / "wide.tsv").write_bytes(b"filename\tonset\xff\n")
    with pytest.raises(BadDataset, match="not UTF-8"):
        read_annotations(tmp_path)


def test_annotated_recordings_are_evaluated_as_streams_by_the_classes_that_labels_mean(tmp_path: Path) -> None:
    record(tmp_path, "a.wav", "b.wav", seconds=5.0)
    text = "filename\tonset\toffset\tevent_label\na.wav\t1\t9\tBark\na.wav\t2\t3\tSpeech\nb.wav\t\t\t\n"
    (tmp_path / "list.tsv").write_text(text)
    found = read_annotations(tmp_path).with_classes({"Bark": "dog"})
    streams = [one.stream() for one in found.recordings]
    assert streams[0].events == (SoundEvent(1.0, 5.0, "dog", "a.wav"),)
    settings = LoopSettings(hop_s=0.5, default_threshold=0.0)
    measures = measure([stream_scores(one, small_listener(), settings) for one in streams], settings)
    assert measures.hours == pytest.approx(10 / 3600)
    assert (measures.classes[0].events, measures.classes[0].hits) == (1, 1)
    assert {one.label for one in measures.matchings["b.wav"].false_alarms} == {"dog", "siren"}


def test_two_label_tracks_of_one_recording_are_one_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "rec1.wav", np.zeros(16_000), 16_000)
    (tmp_path / "rec1.txt").write_text("0.1\t0.2\tdog\n")
    (tmp_path / "rec1_second.txt").write_text("0.5\t0.6\tcat\n")
    found = read_annotations(tmp_path)
    [one] = found.recordings
    assert {event.label for event in one.events} == {"dog", "cat"}
    [finding] = found.findings
    assert (finding.kind, finding.where) == ("several_tracks", "rec1.wav")
