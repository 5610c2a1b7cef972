"""The front end in C in fixed point, on the host: how close to training it is, at every level, without overflow."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.deployment.frontend import files, reference, tables_fixed
from tests.nas_engine.deployment.frontend.compiled import (
    FIXED,
    SANITIZERS,
    build,
    fixed_rows_and_inputs,
    fixed_rows_program,
    write_files,
)
from tests.nas_engine.deployment.frontend.sounds import (
    RATE_HZ,
    Clips,
    description_of,
    hard_clips,
    pcm,
    real_clips,
    synthetic_clips,
    training_features,
)

TOLERANCE = 1e-2
"""Standard deviations of a mel bin. Power has 32 bits in the loudest spectral bin of a frame: what is rounded off
beside a tone of full scale is up to 1e-3 of a log_offset of 1e-6, of several bins."""
MEAN_TOLERANCE = 1e-4
INPUTS_OFF = 1e-3
"""Share of the int8 inputs that are another step than training's, which lies close to the middle between two."""
NARROW = ("-DEARSHOT_NARROW_MULTIPLY",)


def compared(
    folder: Path, clips: Clips, description: dict[str, Any], options: tuple[str, ...] = SANITIZERS
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Differences from training: of features in standard deviations, and of the network's input in steps."""
    config, std = FrontendConfig.from_json(description["parameters"]), np.array(description["std"])
    found = fixed_rows_and_inputs(fixed_rows_program(folder, description, options), clips, config.hop_samples)
    apart, steps = [], []
    for clip, (rows, ours) in zip(clips.values(), found, strict=True):
        expected = training_features(clip, config)
        assert rows.shape == expected.shape
        apart.append(np.abs(rows - expected) / std)
        theirs = reference.quantise(reference.normalise(expected, description), description)
        steps.append(np.abs(ours.astype(np.int64) - theirs))
    return np.concatenate(apart), np.concatenate(steps)


@pytest.mark.usefixtures("gcc")
def test_synthetic_clips_have_the_features_and_inputs_of_training(tmp_path: Path) -> None:
    clips = synthetic_clips()
    apart, steps = compared(tmp_path, clips, description_of(clips))
    assert 0.0 < apart.max() < TOLERANCE
    assert apart.mean() < MEAN_TOLERANCE
    assert steps.max() <= 1
    assert steps.mean() < INPUTS_OFF


@pytest.mark.usefixtures("gcc")
def test_two_hundred_real_clips_have_the_features_and_inputs_of_training(tmp_path: Path, sound_events: Path) -> None:
    clips = real_clips(sound_events, 200)
    apart, steps = compared(tmp_path, clips, description_of(clips))
    assert len(clips) == 200
    assert 0.0 < apart.max() < TOLERANCE
    assert apart.mean() < MEAN_TOLERANCE
    assert steps.max() <= 1
    assert steps.mean() < INPUTS_OFF


@pytest.mark.usefixtures("gcc")
def test_loud_next_to_silent_is_within_the_tolerance(tmp_path: Path) -> None:
    apart, steps = compared(tmp_path, hard_clips(), description_of(synthetic_clips(1)))
    assert apart.max() < TOLERANCE
    assert steps.max() <= 1


def levels() -> dict[str, NDArray[np.int16]]:
    """Tones, chirps and clicks from full scale to -60 dB, constants, silence, and what lies at the edge of a window."""
    time = np.arange(4_000) / RATE_HZ
    chirp = np.sin(2.0 * np.pi * (100.0 + 14_000.0 * time) * time)
    clips = {f"chirp at {-level} dB": pcm(chirp * 10.0 ** (-level / 20.0)) for level in (0, 20, 40, 60)}
    click = np.zeros(4_000, np.int16)
    click[::401] = -32768  # meets every place of the window in turn
    return clips | {
        "clicks": click,
        "constant": np.full(4_000, 32767, np.int16),
        "negative constant": np.full(4_000, -32768, np.int16),
        "smallest constant": np.ones(4_000, np.int16),
        "silence": np.zeros(4_000, np.int16),
        "alternating": np.tile(np.array([32767, -32768], np.int16), 2_000),
    }


@pytest.mark.usefixtures("gcc")
def test_each_level_is_as_close(tmp_path: Path) -> None:
    apart, _ = compared(tmp_path, levels(), description_of(synthetic_clips(1)))
    for name, rows in zip(levels(), np.split(apart, len(levels())), strict=True):
        assert rows.max() < TOLERANCE, name
        assert rows.mean() < 1e-3, name


@pytest.mark.usefixtures("gcc")
def test_halves_multiply_to_the_same_bits(tmp_path: Path) -> None:
    """What a Cortex-M0+ computes, with and without sanitizers, is what other processors do."""
    clips = synthetic_clips(1) | hard_clips() | levels()
    description = description_of(clips)
    options = {"whole": SANITIZERS, "halves": (*SANITIZERS, *NARROW), "fast": ("-O3",), "fast halves": ("-O3", *NARROW)}
    found = {
        name: fixed_rows_and_inputs(fixed_rows_program(tmp_path / name, description, flags), clips, 320)
        for name, flags in options.items()
    }
    for name in options:
        for (rows, steps), (expected, expected_steps) in zip(found[name], found["whole"], strict=True):
            np.testing.assert_array_equal(rows, expected, err_msg=name)
            np.testing.assert_array_equal(steps, expected_steps, err_msg=name)


@pytest.mark.usefixtures("gcc")
def test_rows_are_quantised_as_the_reference_does_and_clipped_at_both_ends(tmp_path: Path) -> None:
    clips = synthetic_clips(1) | hard_clips()
    description = description_of(clips)
    description["input"] = description["input"] | {"scale": 0.011}
    apart = []
    for rows, steps in fixed_rows_and_inputs(fixed_rows_program(tmp_path, description), clips, 320):
        theirs = reference.quantise(reference.normalise(rows.astype(np.float32), description), description)
        apart.append(np.abs(steps.astype(int) - theirs))
    different = np.concatenate(apart)
    assert different.max() <= 1
    assert different.mean() < 5 * INPUTS_OFF, "of steps that are a quarter of the usual ones"


@pytest.mark.usefixtures("gcc")
def test_a_dead_mel_bin_and_a_smallest_scale_do_not_overflow(tmp_path: Path) -> None:
    """A mel bin that never changed in training has the smallest deviation that a feature pack knows."""
    clips = hard_clips()
    description = description_of(clips)
    description["std"] = [1e-3] * 40
    description["input"] = description["input"] | {"scale": 2.0**-15}
    for (_, steps), clip in zip(
        fixed_rows_and_inputs(fixed_rows_program(tmp_path, description), clips, 320), clips.values(), strict=True
    ):
        rows = training_features(clip, FrontendConfig())
        theirs = reference.quantise(reference.normalise(rows, description), description)
        assert (steps == theirs).mean() > 0.98


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize("hop", [320, 400, 500], ids=["overlapping", "adjacent", "with gaps"])
def test_pieces_of_any_size_give_the_same_rows(tmp_path: Path, hop: int) -> None:
    clips = {"noise": np.random.default_rng(1).integers(-9000, 9000, 12_345).astype(np.int16)}
    program = fixed_rows_program(tmp_path, description_of(clips, FrontendConfig(hop_samples=hop)))
    ((whole, _),) = fixed_rows_and_inputs(program, clips, 20_000)
    assert whole.shape == (1 + (12_345 - 400) // hop, 40)
    for piece in (1, 79, 320, 401, 4096):
        ((rows, _),) = fixed_rows_and_inputs(program, clips, piece)
        np.testing.assert_array_equal(rows, whole, err_msg=f"pieces of {piece}")


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize(
    "config",
    [
        FrontendConfig(fft_size=1024, mel_bins=64),
        FrontendConfig(
            sample_rate_hz=8000, window_samples=201, hop_samples=80, fft_size=256, mel_high_hz=4000.0, mel_bins=16
        ),
        FrontendConfig(window_samples=2048, hop_samples=512, fft_size=2048, mel_low_hz=0.0, mel_high_hz=8000.0),
        FrontendConfig(window_samples=16384, hop_samples=4096, fft_size=16384),
        FrontendConfig(window_samples=7, hop_samples=5, fft_size=8, mel_bins=1, mel_low_hz=0.0, mel_high_hz=8000.0),
        FrontendConfig(log_offset=1e-8),
        FrontendConfig(log_offset=1.0),
        FrontendConfig(log_offset=1e6),
    ],
    ids=["odd stages", "odd window", "from 0 Hz", "largest", "smallest", "offset", "offset of 1", "large offset"],
)  # fmt: skip
def test_other_front_ends_are_computed_as_well(tmp_path: Path, config: FrontendConfig) -> None:
    rng = np.random.default_rng(2)
    clips = {
        "noise": rng.integers(-9000, 9000, 40_000).astype(np.int16),
        "of full scale": rng.choice(np.array([-32768, 32767], np.int16), 40_000),
        "silence": np.zeros(20_000, np.int16),
    }
    description = description_of(clips, config)
    description["std"] = np.maximum(description["std"], 1.0).tolist()  # a large offset hides all else
    apart, _ = compared(tmp_path, clips, description)
    assert apart.max() < TOLERANCE


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize(
    ("config", "std", "why"),
    [
        (
            FrontendConfig(window_samples=20_000, fft_size=32_768),
            1.0,
            "its fft_size is 32768, and 16384 is the largest",
        ),
        (FrontendConfig(log_offset=1e-9), 1.0, "its log_offset of 1e-09 is too small for 32 bits of power"),
        (FrontendConfig(), 1e-5, "it divides by 1e-05, a deviation or the scale of the network's input"),
    ],
    ids=["long transform", "small offset", "small deviation"],
)
def test_what_is_not_computed_stops_the_compiler_in_words(
    tmp_path: Path, config: FrontendConfig, std: float, why: str
) -> None:
    clips = {"noise": np.random.default_rng(2).integers(-9000, 9000, 40_000).astype(np.int16)}
    description = description_of(clips, config) | {"std": [std] * 40}
    assert tables_fixed.unsupported(description) == why
    folder = write_files(tmp_path, files.c_files(description))
    command = ["gcc", "-std=c99", *FIXED, "-c", "earshot_frontend.c", "-o", "frontend.o"]
    refused = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert refused.returncode != 0
    assert f"This front end is not computed in fixed point: {why}. Build it without" in refused.stderr


def test_a_triangle_between_two_spectral_bins_is_refused() -> None:
    description = description_of(hard_clips())
    assert tables_fixed.unsupported(description) == ""
    description["mel_matrix"]["bands"][3]["weights"] = [0.003]
    why = "its mel bin 3 lies between two spectral bins, with a largest weight of 0.003"
    assert tables_fixed.unsupported(description) == why


@pytest.mark.usefixtures("gcc")
def test_the_delivered_smoke_test_passes_and_notices_other_features(tmp_path: Path) -> None:
    clips = hard_clips() | levels()
    description = description_of(synthetic_clips(1))
    delivered = files.c_files(description) | files.vector_files(description, clips)
    program = build(
        write_files(tmp_path, delivered), tmp_path / "test_frontend.c", (*SANITIZERS, "-DEARSHOT_FIXED_POINT")
    )
    passed = subprocess.run([program], capture_output=True, text=True)
    assert passed.returncode == 0, passed.stdout
    assert "standard deviations, at most 0.010 allowed" in passed.stdout
    assert "state: 2864 bytes" in passed.stdout

    other = description | {"parameters": description["parameters"] | {"log_offset": 1.05e-6}}
    write_files(tmp_path, files.c_files(other))
    program = build(tmp_path, tmp_path / "test_frontend.c", (*SANITIZERS, "-DEARSHOT_FIXED_POINT"))
    failed = subprocess.run([program], capture_output=True, text=True)
    assert failed.returncode == 1
    assert "silence, pieces of 1 samples: 12 rows, expected 12" in failed.stdout


@pytest.mark.usefixtures("gcc")
def test_objects_of_both_kinds_do_not_link(tmp_path: Path) -> None:
    """Their structures differ, so that a program of both would write beyond one."""
    folder = write_files(tmp_path, files.c_files(description_of(hard_clips())))
    (folder / "main.c").write_text(
        '#include "earshot_frontend.h"\n'
        "int main(void) { static earshot_frontend state; earshot_frontend_init(&state); return 0; }\n"
    )
    subprocess.run(["gcc", "-DEARSHOT_FIXED_POINT", "-c", "earshot_frontend.c"], cwd=folder, check=True)
    linked = subprocess.run(["gcc", "main.c", "earshot_frontend.o"], cwd=folder, capture_output=True, text=True)
    assert "undefined reference to `earshot_frontend_init'" in linked.stderr
    subprocess.run(["gcc", "-DEARSHOT_FIXED_POINT", "main.c", "earshot_frontend.o"], cwd=folder, check=True)
