"""The front end in C on the host: the features of training, however the samples come."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.deployment.frontend import files, reference
from nas_engine.errors import BadDataset
from tests.nas_engine.deployment.frontend.compiled import (
    build,
    rows_and_inputs,
    rows_of,
    rows_program,
    write_files,
)
from tests.nas_engine.deployment.frontend.sounds import (
    Clips,
    description_of,
    hard_clips,
    real_clips,
    synthetic_clips,
    training_features,
)

TOLERANCE = 1e-3
"""Standard deviations of a mel bin. float32 against float64: rounding of the transform, about 1e-7 of the loudest
bin's amplitude, meets a log_offset of 1e-6 in power, so that the logarithm changes by 1e-4 at most."""


def largest_difference(program: Path, clips: Clips, description: dict, piece: int) -> float:
    """In standard deviations, over all rows; the number of rows must be training's."""
    config = FrontendConfig.from_json(description["parameters"])
    std, largest = np.array(description["std"]), 0.0
    for clip, ours in zip(clips.values(), rows_of(program, clips, piece), strict=True):
        expected = training_features(clip, config)
        assert ours.shape == expected.shape
        largest = max(largest, float((np.abs(ours - expected.astype(np.float64)) / std).max()))
    return largest


@pytest.mark.usefixtures("gcc")
def test_synthetic_clips_have_the_features_of_training(tmp_path: Path) -> None:
    clips = synthetic_clips()
    description = description_of(clips)
    assert 0.0 < largest_difference(rows_program(tmp_path, description), clips, description, 320) < TOLERANCE


@pytest.mark.usefixtures("gcc")
def test_two_hundred_real_clips_have_the_features_of_training(tmp_path: Path, sound_events: Path) -> None:
    clips = real_clips(sound_events, 200)
    assert len(clips) == 200
    description = description_of(clips)
    assert 0.0 < largest_difference(rows_program(tmp_path, description), clips, description, 320) < TOLERANCE


@pytest.mark.usefixtures("gcc")
def test_rows_are_quantised_as_the_reference_does(tmp_path: Path) -> None:
    """Of the same row exactly; of training's features, whose last bits differ, seldom and by a single step."""
    clips = synthetic_clips(1) | hard_clips()
    description = description_of(clips)
    description["input"] = description["input"] | {"scale": 0.011}  # small, so that values are clipped at both ends
    found = rows_and_inputs(rows_program(tmp_path, description), clips, 320)
    apart = []
    for clip, (rows, steps) in zip(clips.values(), found, strict=True):
        np.testing.assert_array_equal(steps, reference.quantise(reference.normalise(rows, description), description))
        theirs = reference.quantise(reference.normalise(reference.log_mel(clip, description), description), description)
        apart.append(np.abs(steps.astype(int) - theirs))
    different = np.concatenate(apart)
    assert different.max() <= 1
    assert different.mean() < 1e-3
    assert {-128, 127} <= {int(step) for _, steps in found for step in (steps.min(), steps.max())}, "both ends are met"


@pytest.mark.usefixtures("gcc")
def test_a_front_end_without_a_network_has_no_quantisation(tmp_path: Path) -> None:
    clips = hard_clips()
    description = {name: value for name, value in description_of(clips).items() if name != "input"}
    program = rows_program(tmp_path, description)
    assert largest_difference(program, clips, description, 320) < TOLERANCE
    assert all(steps.size == 0 for _, steps in rows_and_inputs(program, clips, 320))


@pytest.mark.usefixtures("gcc")
def test_loud_next_to_silent_is_within_the_tolerance(tmp_path: Path) -> None:
    description = description_of(synthetic_clips(1))
    assert largest_difference(rows_program(tmp_path, description), hard_clips(), description, 320) < TOLERANCE


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize("hop", [320, 400, 500], ids=["overlapping", "adjacent", "with gaps"])
def test_pieces_of_any_size_give_the_same_rows(tmp_path: Path, hop: int) -> None:
    config = FrontendConfig(hop_samples=hop)
    clips = {"noise": np.random.default_rng(1).integers(-9000, 9000, 12_345).astype(np.int16)}
    description = description_of(clips, config)
    program = rows_program(tmp_path, description)
    (whole,) = rows_of(program, clips, 20_000)
    assert whole.shape == (1 + (12_345 - 400) // hop, 40)
    assert largest_difference(program, clips, description, 20_000) < TOLERANCE
    for piece in (1, 7, 79, 80, 319, 320, 321, 400, 401, 1600, 4096):
        (rows,) = rows_of(program, clips, piece)
        np.testing.assert_array_equal(rows, whole, err_msg=f"pieces of {piece}")


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize(
    "config",
    [
        FrontendConfig(fft_size=1024, mel_bins=64),
        FrontendConfig(
            sample_rate_hz=8000, window_samples=201, hop_samples=80, fft_size=256, mel_high_hz=4000.0, mel_bins=16
        ),
        FrontendConfig(window_samples=1024, hop_samples=512, fft_size=1024, mel_low_hz=20.0),
        FrontendConfig(window_samples=2048, hop_samples=512, fft_size=2048, mel_low_hz=0.0, mel_high_hz=8000.0),
        FrontendConfig(window_samples=7, hop_samples=5, fft_size=8, mel_bins=1, mel_low_hz=0.0, mel_high_hz=8000.0),
    ],
    ids=["odd stages", "odd window, up to Nyquist", "window as long as the transform", "from 0 Hz", "smallest"],
)  # fmt: skip
def test_other_front_ends_are_computed_as_well(tmp_path: Path, config: FrontendConfig) -> None:
    clips = {"noise": np.random.default_rng(2).integers(-9000, 9000, 6_000).astype(np.int16)}
    description = description_of(clips, config)
    assert largest_difference(rows_program(tmp_path, description), clips, description, 333) < TOLERANCE


def test_a_transform_that_is_no_power_of_two_is_refused() -> None:
    clips = {"noise": np.random.default_rng(2).integers(-9000, 9000, 6_000).astype(np.int16)}
    with pytest.raises(BadDataset, match=r"power of two.*this dataset's is 480"):
        files.c_files(description_of(clips, FrontendConfig(fft_size=480)))


@pytest.mark.usefixtures("gcc")
def test_the_delivered_smoke_test_passes_and_notices_other_features(tmp_path: Path) -> None:
    clips = hard_clips()
    description = description_of(synthetic_clips(1))
    delivered = files.c_files(description) | files.vector_files(description, clips)
    program = build(write_files(tmp_path, delivered), tmp_path / "test_frontend.c")
    passed = subprocess.run([program], capture_output=True, text=True)
    assert passed.returncode == 0, passed.stdout
    assert "largest difference: 0.0000" in passed.stdout
    assert "state: 2860 bytes" in passed.stdout

    other = description | {"parameters": description["parameters"] | {"log_offset": 1.01e-6}}
    write_files(tmp_path, files.c_files(other))
    failed = subprocess.run([build(tmp_path, tmp_path / "test_frontend.c")], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "tone between silences, pieces of 1 samples: 24 rows, expected 24" in failed.stdout
