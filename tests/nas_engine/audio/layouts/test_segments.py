"""Parts of recordings: label tracks, start and end columns, and the sound that is cut out."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.audio.clips import Scan, scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.decode import ClipProblem, decode
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.segments import cut
from nas_engine.errors import BadDataset
from tests.nas_engine.audio.layouts.copies import kinds, table

RATE_HZ = 8_000
PARTS = [(0.5, 1.5, "low"), (2.0, 3.2, "high"), (4.0, 5.0, "low"), (6.0, 7.5, "high")]
HERTZ = {"low": 300.0, "high": 2000.0}


def recording(path: Path, seed: int, channels: int = 1) -> Path:
    """Ten seconds of quiet noise with tones where PARTS are."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(0.0, 0.001, 10 * RATE_HZ)
    for start, end, label in PARTS:
        place = np.arange(round(start * RATE_HZ), round(end * RATE_HZ))
        samples[place] += 0.3 * np.sin(2 * np.pi * HERTZ[label] * place / RATE_HZ)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack([samples] * channels, axis=1), RATE_HZ)
    return path


def loudest_hertz(samples: np.ndarray, rate_hz: int) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate_hz / len(samples))


@pytest.mark.parametrize("channels", [1, 2])
def test_the_part_that_is_cut_out_is_the_part_that_is_meant(tmp_path: Path, channels: int) -> None:
    path = recording(tmp_path / "a.flac", 1, channels)
    for start, end, label in PARTS:
        samples = decode(cut(path, start, end), 16_000)
        assert len(samples) == pytest.approx(16_000 * (end - start), abs=2)
        assert loudest_hertz(samples, 16_000) == pytest.approx(HERTZ[label], abs=2.0)


def test_a_part_behind_the_end_is_listed_with_the_length(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 1)
    with pytest.raises(ClipProblem, match=r"begins at 12 s, and the recording lasts 10\.00 s"):
        cut(path, 12.0, 13.0)
    assert len(decode(cut(path, 9.5, 13.0), RATE_HZ)) == RATE_HZ // 2


def audacity(root: Path) -> Path:
    lines = "".join(f"{start:.6f}\t{end:.6f}\t{label}\n\\\t300.0\t400.0\n" for start, end, label in PARTS)
    for number in range(4):
        recording(root / f"rec{number}.wav", number)
        (root / f"rec{number}.txt").write_text(lines + "8.000000\t8.000000\tpoint\n")
    return root


def audacity_other_names(root: Path) -> Path:
    lines = "".join(f"{start}\t{end}\t{label}\n" for start, end, label in PARTS)
    for number in range(4):
        recording(root / f"day {number}" / "rec.wav", number)
        (root / f"day {number}" / "Label Track.txt").write_text(lines)
    return root


def with_columns(root: Path, header: str, delimiter: str = ",", scale: float = 1.0) -> Path:
    rows = [(f"rec{n}.wav", start * scale, end * scale, label) for n in range(4) for start, end, label in PARTS]
    for number in range(4):
        recording(root / f"rec{number}.wav", number)
    (root / "events.tsv").write_text(table(header, rows, delimiter))
    return root


def dcase(root: Path) -> Path:
    return with_columns(root, "filename,onset,offset,event_label", "\t")


def milliseconds(root: Path) -> Path:
    return with_columns(root, "file,start_ms,end_ms,class", ";", 1000.0)


def raven(root: Path) -> Path:
    return with_columns(root, "Begin File,Begin Time (s),End Time (s),Species", "\t")


def raven_tables(root: Path, column: str = "Annotation") -> Path:
    """As Raven Pro saves them: a table beside each recording, a row for the waveform and one for the spectrogram."""
    header = f"Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t{column}\n"
    lines = "".join(
        f"{number}\t{view}\t1\t{start:.9f}\t{end:.9f}\t100.0\t3000.0\t{label}\n"
        for number, (start, end, label) in enumerate(PARTS, start=1)
        for view in ("Waveform 1", "Spectrogram 1")
    )
    for number in range(4):
        recording(root / f"rec{number}.wav", number)
        (root / f"rec{number}.Table.1.selections.txt").write_text(header + lines)
    return root


def nemo_offsets(root: Path) -> Path:
    for number in range(4):
        recording(root / f"rec{number}.wav", number)
    line = '{{"audio_filepath": "rec{}.wav", "offset": {}, "duration": {}, "label": "{}"}}\n'
    rows = [line.format(n, start, end - start, label) for n in range(4) for start, end, label in PARTS]
    (root / "manifest.json").write_text("".join(rows))
    return root


@pytest.mark.parametrize(
    "make", [audacity, audacity_other_names, dcase, milliseconds, raven, raven_tables, nemo_offsets]
)
def test_labelled_parts_become_clips_of_their_sound(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    found: Scan = scan(make(tmp_path / "set"))
    assert len(found.clips) == 16
    assert {clip.group for clip in found.clips} == {
        clip.path.relative_to(tmp_path / "set").as_posix() for clip in found.clips
    }
    prepared = prepare(found, FrontendConfig(), lambda *_: None, tmp_path / "work")
    assert len(prepared.clips) == 16
    assert {problem.severity for problem in prepared.problems if problem.kind != "bad_segment"} <= {"note", "warning"}
    for clip in prepared.clips:
        samples, rate_hz = soundfile.read(clip.flac_path)
        assert loudest_hertz(samples, rate_hz) == pytest.approx(HERTZ[clip.label], abs=2.0)


def test_a_selection_table_without_classes_is_rejected_by_its_columns(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=r"rec0\.Table\.1\.selections\.txt: none of .*High Freq .*Mood"):
        scan(raven_tables(tmp_path, column="Mood"))


def test_times_of_files_that_are_cut_already_are_no_parts(tmp_path: Path) -> None:
    for number in range(6):
        soundfile.write(tmp_path / f"{number}.wav", np.random.default_rng(number).normal(0, 0.1, RATE_HZ), RATE_HZ)
    rows = [(f"{n}.wav", 30.0 * n, 30.0 * n + 1.0, ("dog", "cat")[n % 2]) for n in range(6)]
    (tmp_path / "list.csv").write_text(table("file,start,end,class", rows))
    result = scan(tmp_path)
    assert "already_cut" in kinds(result)
    assert all(clip.start_s is None for clip in result.clips)


def test_one_part_of_each_longer_file_is_a_part(tmp_path: Path) -> None:
    for number in range(4):
        recording(tmp_path / f"rec{number}.wav", number)
    rows = [(f"rec{n}.wav", *PARTS[n]) for n in range(4)]
    (tmp_path / "list.csv").write_text(table("file,start,end,class", rows))
    assert [clip.start_s for clip in scan(tmp_path).clips] == [0.5, 2.0, 4.0, 6.0]


def test_bad_times_and_overlaps_are_listed(tmp_path: Path) -> None:
    recording(tmp_path / "rec.wav", 0)
    rows = [
        ("rec.wav", 0.5, 1.5, "low"),
        ("rec.wav", 1.0, 2.0, "high"),
        ("rec.wav", 3, "x", "low"),
        ("rec.wav", 5, 4, "low"),
    ]
    (tmp_path / "list.csv").write_text(table("file,start,end,class", rows))
    result = scan(tmp_path)
    assert [(p.kind, p.where) for p in result.problems if p.severity != "note"] == [
        ("bad_segment", "list.csv, line 4"), ("bad_segment", "list.csv, line 5"), ("overlapping_segments", "segments"),
    ]  # fmt: skip
    assert [clip.label for clip in result.clips] == ["low", "high"]


def test_a_track_of_another_recording_is_not_taken_for_that_of_one_with_a_shorter_name(tmp_path: Path) -> None:
    recording(tmp_path / "rec1.wav", 1)
    (tmp_path / "rec1_labels.txt").write_text("0.5\t1.5\tlow\n", encoding="utf-8")
    (tmp_path / "rec10.txt").write_text("2.0\t3.2\thigh\n", encoding="utf-8")
    result = scan(tmp_path)
    assert {clip.label for clip in result.clips} == {"low"}
    assert [problem.where for problem in result.problems if problem.kind == "no_recording"] == ["rec10.txt"]


def test_a_part_of_an_mp3_begins_as_the_whole_file_has_it_there(tmp_path: Path) -> None:
    path, beep = tmp_path / "beeps.mp3", 0.05
    samples = np.zeros(20 * RATE_HZ, np.float32)
    starts = np.arange(1, 19) + 0.3
    time = np.arange(round(beep * RATE_HZ)) / RATE_HZ
    for start in starts:
        samples[round(start * RATE_HZ) :][: len(time)] = 0.5 * np.sin(2 * np.pi * 900 * time)
    soundfile.write(path, samples, RATE_HZ)
    whole, _ = soundfile.read(path, dtype="float32")
    for start in starts:
        part, _ = soundfile.read(io.BytesIO(cut(path, start, start + beep)), dtype="float32")
        first = round(start * RATE_HZ)
        np.testing.assert_allclose(part, whole[first : first + len(part)], atol=1e-6)
