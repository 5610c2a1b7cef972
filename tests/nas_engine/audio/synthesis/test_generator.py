import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.synthesis.acoustics import band_passed, coloured_noise, in_room
from nas_engine.audio.synthesis.generator import Recipe, make_clip, synthesise
from nas_engine.audio.synthesis.negative_class import NEGATIVE
from nas_engine.audio.synthesis.positive_classes import POSITIVE

SMALL = Recipe(train_clips_per_class=2, eval_clips_per_class=1, test_clips_per_class=1, seconds=(1.0, 1.5))


def silent_progress(done: int, total: int, phase: str) -> None:
    pass


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(soundfile.read(path)[0].tobytes()).hexdigest()
        for path in folder.rglob("*.flac")
    }


def test_the_set_has_nine_classes_half_negative_and_no_problem(tmp_path: Path) -> None:
    assert synthesise(tmp_path / "clips", 1, silent_progress, recipe=SMALL) == 64
    result = prepare(scan(tmp_path / "clips"), FrontendConfig(), silent_progress, tmp_path / "work")
    assert result.classes == (*sorted(POSITIVE), "negative")
    assert result.problems == ()
    for split, number in (("train", 2), ("eval", 1), ("test", 1)):
        assert result.counts[split] == {**dict.fromkeys(POSITIVE, number), "negative": 8 * number}
    assert all(1.0 <= clip.seconds <= 1.5 for clip in result.clips)


def test_the_seed_alone_decides_the_sound(tmp_path: Path) -> None:
    for name, seed, threads in (("once", 7, 1), ("again", 7, 3), ("other", 8, 2)):
        synthesise(tmp_path / name, seed, silent_progress, recipe=SMALL, threads=threads)
    once, again, other = (digests(tmp_path / name) for name in ("once", "again", "other"))
    assert once == again
    assert len(set(once.values())) == 64
    assert not set(once.values()) & set(other.values())


def test_a_larger_set_begins_with_the_smaller_one(tmp_path: Path) -> None:
    synthesise(tmp_path / "small", 1, silent_progress, recipe=SMALL)
    synthesise(tmp_path / "large", 1, silent_progress, recipe=Recipe(3, 1, 1, seconds=SMALL.seconds))
    assert digests(tmp_path / "small").items() <= digests(tmp_path / "large").items()


@pytest.mark.parametrize("kind", [*POSITIVE, *NEGATIVE])
def test_every_sound_is_finite_audible_and_new_each_time(kind: str) -> None:
    make = {**POSITIVE, **NEGATIVE}[kind]
    for count in (8_000, 32_123, 64_000):
        sounds = [make(count, np.random.default_rng(seed)) for seed in range(6)]
        assert all(sound.shape == (count,) for sound in sounds)
        assert np.isfinite(sounds).all()
        assert sum(np.abs(sound).max() > 1e-3 for sound in sounds) >= 4  # a rare event may miss half a second
        assert len({sound.tobytes() for sound in sounds}) >= 4


def test_a_clip_stays_within_full_scale_at_its_drawn_level() -> None:
    quiet = Recipe(level_dbfs=(-40.0, -40.0))
    clip = make_clip("siren", quiet, np.random.default_rng(0))
    assert np.sqrt(np.mean(clip.astype(np.float64) ** 2)) == pytest.approx(0.01, rel=1e-3)
    loud = make_clip("door_knocking", Recipe(level_dbfs=(10.0, 10.0)), np.random.default_rng(0))
    assert np.abs(loud).max() == pytest.approx(1.0)


def test_classes_sound_different_and_clips_of_a_class_alike() -> None:
    """A ruler, no ear: the mean spectrum of unmixed events alone finds the class more often than chance (1/8)."""

    def spectrum(label: str, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        power = np.abs(np.fft.rfft(POSITIVE[label](32_000, np.random.default_rng(seed)))) ** 2
        bands = np.add.reduceat(power, np.geomspace(100, 14_000, 40).astype(int))
        logs = np.log(bands + 1e-6 * bands.max() + 1e-9)
        return np.asarray(logs - logs.mean())

    centres = {label: np.mean([spectrum(label, seed) for seed in range(20)], axis=0) for label in POSITIVE}
    right = 0
    for label in POSITIVE:
        for seed in range(100, 110):
            heard = spectrum(label, seed)
            right += min(centres, key=lambda other: float(((heard - centres[other]) ** 2).sum())) == label
    assert 0.4 < right / 80 < 1.0


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seed must not be negative"):
        synthesise(tmp_path, -1, silent_progress)


def test_progress_reaches_the_end_and_may_cancel(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    synthesise(tmp_path / "a", 1, lambda *report: seen.append(report), recipe=SMALL)
    assert seen[0] == (0, 64, "making clips")
    assert seen[-1] == (64, 64, "making clips")

    def cancel(done: int, total: int, phase: str) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        synthesise(tmp_path / "b", 1, cancel, recipe=SMALL)
    assert len(digests(tmp_path / "b")) < 64


def test_noise_has_the_slope_asked_for() -> None:
    power = np.abs(np.fft.rfft(coloured_noise(160_000, -6.02, np.random.default_rng(0)))) ** 2
    octave = [power[low * 10 : 2 * low * 10].mean() for low in (500, 1000, 2000)]
    assert octave[0] / octave[1] == pytest.approx(4.0, rel=0.25)
    assert octave[1] / octave[2] == pytest.approx(4.0, rel=0.25)


def test_a_band_lets_its_middle_through_and_little_else() -> None:
    impulse = np.zeros(16_000)
    impulse[8_000] = 1.0
    gain = np.abs(np.fft.rfft(band_passed(impulse, 500.0, 2000.0)))
    assert gain[1000] == pytest.approx(1.0, abs=0.1)
    assert gain[50] < 0.02
    assert gain[7_900] < 0.1


def test_a_room_rings_on_after_the_sound() -> None:
    click = np.zeros(16_000)
    click[1000] = 1.0
    heard = in_room(click, 0.5, 0.5, np.random.default_rng(0))
    early, late = np.abs(heard[1001:3000]).mean(), np.abs(heard[7000:9000]).mean()
    assert np.abs(heard[:1000]).max() < 1e-9
    assert 0 < late < early / 10
