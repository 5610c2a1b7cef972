import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.audio.cache import open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import PreparedDataset, prepare
from nas_engine.audio.decode import decode
from nas_engine.audio.frontend import FrontendConfig, log_mel
from nas_engine.errors import BadDataset
from nas_engine.testing.audio import TINY_CLASSES, tiny_folder, tone

CONFIG = FrontendConfig()


def prepared(folder: Path, workdir: Path, threads: int | None = None) -> PreparedDataset:
    return prepare(scan(folder), CONFIG, lambda done, total, phase: None, workdir, threads=threads)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_folder(tmp_path / "clips", clips_per_class=3)


def test_a_clean_set_is_prepared_without_problems(folder: Path, tmp_path: Path) -> None:
    result = prepared(folder, tmp_path / "work")
    assert result.classes == TINY_CLASSES
    assert result.problems == ()
    assert result.counts == {split: dict.fromkeys(TINY_CLASSES, 3) for split in ("train", "eval", "test")}
    places = [(clip.split, clip.label, clip.source_name) for clip in result.clips]
    expected = [(s, c, f"{s}/{c}/{n}.wav") for s in ("train", "eval", "test") for c in TINY_CLASSES for n in range(3)]
    assert places == expected


def test_features_are_those_of_the_stored_flac(folder: Path, tmp_path: Path) -> None:
    result = prepared(folder, tmp_path / "work")
    for clip, example in zip(result.clips, result.examples(), strict=True):
        samples = decode(clip.flac_path)
        assert soundfile.info(clip.flac_path).samplerate == 16_000
        assert clip.seconds == len(samples) / 16_000
        np.testing.assert_array_equal(example.log_mel, log_mel(samples, CONFIG))
        assert clip.sha256 == hashlib.sha256((samples * 32768).astype("<i2").tobytes()).hexdigest()
        assert (example.split, example.label, example.clip_id) == (clip.split, clip.label, clip.sha256)


def test_the_pack_holds_the_clips_in_their_order(folder: Path, tmp_path: Path) -> None:
    result = prepared(folder, tmp_path / "work")
    result.write_pack(tmp_path / "features.pack")
    pack = open_pack(tmp_path / "features.pack", verify=True)
    for name, split in pack.splits.items():
        clips = [clip for clip in result.clips if clip.split == name]
        assert split.clip_ids == tuple(clip.sha256 for clip in clips)
        assert [pack.classes[label] for label in split.labels] == [clip.label for clip in clips]


def test_the_number_of_threads_changes_nothing(folder: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        prepared(folder, tmp_path / f"work{threads}", threads).write_pack(tmp_path / f"{threads}.pack")
    assert (tmp_path / "1.pack").read_bytes() == (tmp_path / "3.pack").read_bytes()


def test_bad_clips_are_listed_and_the_rest_is_prepared(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    (folder / "train/siren/empty.wav").touch()
    (folder / "train/siren/text.mp3").write_text("la la la " * 100)
    soundfile.write(folder / "eval/alarm/silent.wav", np.zeros(16_000), 16_000)
    soundfile.write(folder / "eval/alarm/long.flac", tone(0, rng, 31.0), 16_000)
    (folder / "test/siren/copy.wav").write_bytes((folder / "train/siren/0.wav").read_bytes())
    result = prepared(folder, tmp_path / "work")
    assert {(problem.kind, problem.severity, problem.where) for problem in result.problems} == {
        ("empty", "error", "train/siren/empty.wav"),
        ("unreadable", "error", "train/siren/text.mp3"),
        ("silent", "error", "eval/alarm/silent.wav"),
        ("long_clip", "note", "eval/alarm/long.flac"),
        ("duplicate_across_splits", "warning", "test: test/siren/copy.wav"),
    }
    assert len(result.clips) == 27 + 1


def test_the_same_sound_in_another_format_is_a_duplicate(folder: Path, tmp_path: Path) -> None:
    samples, rate_hz = soundfile.read(folder / "train/siren/0.wav", dtype="int16")
    soundfile.write(folder / "eval/siren/again.flac", samples, rate_hz)
    kinds = [problem.kind for problem in prepared(folder, tmp_path / "work").problems]
    assert kinds == ["duplicate_across_splits"]


def test_a_class_that_cannot_be_used_at_all_is_left_out_and_named(folder: Path, tmp_path: Path) -> None:
    (folder / "train/owl").mkdir()
    (folder / "train/owl/1.wav").write_text("hoot")
    result = prepared(folder, tmp_path / "work")
    assert "owl" not in result.classes
    assert [problem.where for problem in result.problems if problem.kind == "class_left_out"] == ["owl"]


def test_a_set_without_evaluation_clips_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path / "clips")
    for path in (folder / "eval").rglob("*.wav"):
        path.write_bytes(b"")
    with pytest.raises(BadDataset, match=r"No usable clips in eval.*12 problems.*The file is empty"):
        prepared(folder, tmp_path / "work")


def test_progress_counts_the_clips_and_an_exception_from_it_ends_the_work(folder: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    prepare(scan(folder), CONFIG, lambda *report: seen.append(report), tmp_path / "work")
    assert seen[0] == (0, 27, "reading clips")
    assert seen[-1] == (27, 27, "reading clips")

    def cancel(done: int, total: int, phase: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        prepare(scan(folder), CONFIG, cancel, tmp_path / "work")


@pytest.mark.slow
def test_the_real_clips_are_all_usable(sound_events: Path, tmp_path: Path) -> None:
    result = prepared(sound_events, tmp_path / "work")
    assert len(result.clips) == 1123
    assert {problem for problem in result.problems if problem.severity != "note"} == set()
    assert result.classes[-1] == "negative"
    assert [result.counts[split]["negative"] for split in ("train", "eval", "test")] == [347, 110, 105]
