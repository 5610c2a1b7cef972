import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.frontend import (
    FrontendConfig,
    Normalisation,
    evaluation_crop,
    evaluation_start,
    export_frontend,
    log_mel,
    mel_matrix,
)

CONFIG = FrontendConfig()
NORMALISATION = Normalisation(np.linspace(-9, -5, 40, dtype=np.float32), np.linspace(1, 3, 40, dtype=np.float32))


def sine(hertz: float, seconds: float = 1.0, level: float = 1.0) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * 16_000)) / 16_000)).astype(np.float32)


def strangers_input(samples: NDArray[np.float32], page: dict[str, Any]) -> NDArray[np.float64]:
    """What somebody writes who has read frontend.json and nothing else: plain loops, not one import of ours."""
    given = page["parameters"]
    window_samples, hop, frames = given["window_samples"], given["hop_samples"], given["frames"]
    signal = [float(sample) for sample in samples] + [0.0] * max(0, window_samples - len(samples))
    hann = [0.5 - 0.5 * np.cos(2 * np.pi * i / window_samples) for i in range(window_samples)]
    window = np.array([value * 2 / sum(hann) for value in hann])
    matrix = np.zeros(page["mel_matrix"]["shape"])
    for m, band in enumerate(page["mel_matrix"]["bands"]):
        for i, weight in enumerate(band["weights"]):
            matrix[band["first_bin"] + i, m] = weight
    rows = []
    for t in range((len(signal) - window_samples) // hop + 1):
        frame = np.array(signal[t * hop : t * hop + window_samples]) * window
        power = np.abs(np.fft.rfft(frame, given["fft_size"])) ** 2
        rows.append(np.log(power @ matrix + given["log_offset"]))
    start, total = 0, len(rows)
    if total > frames:
        energy = [np.exp(rows[s : s + frames]).sum() for s in range(total - frames + 1)]
        loud = [s for s, value in enumerate(energy) if value >= page["crop_share"] * max(energy)]
        start = loud[(len(loud) - 1) // 2]
    cropped = np.array([rows[(start + i) % total] for i in range(frames)])
    result: NDArray[np.float64] = (cropped - page["mean"]) / page["std"]
    return result


@pytest.mark.parametrize("seconds", [0.01, 0.7, 3.925, 5.3], ids=["one frame", "short", "exact", "long"])
def test_a_stranger_with_frontend_json_and_numpy_computes_the_same_input(seconds: float) -> None:
    rng = np.random.default_rng(1)
    samples = (0.1 * rng.normal(size=round(seconds * 16_000))).astype(np.float32)
    samples[len(samples) // 2 :] *= 0.001  # quiet parts are where careless arithmetic shows
    samples += sine(1000, seconds, 0.3)[: len(samples)]
    page = json.loads(json.dumps(export_frontend(CONFIG, NORMALISATION)))

    ours = NORMALISATION.apply(evaluation_crop(log_mel(samples, CONFIG), CONFIG))

    assert ours.shape == tuple(page["input_shape"])
    np.testing.assert_allclose(ours, strangers_input(samples, page), atol=1e-4)


def test_features_are_float32_with_one_row_per_hop() -> None:
    features = log_mel(sine(440, 2.0), CONFIG)
    assert features.dtype == np.float32
    assert features.shape == (1 + (32_000 - 400) // 320, 40)


def test_a_full_scale_sine_has_power_one_at_its_own_mel_bin() -> None:
    matrix = mel_matrix(CONFIG)
    spectral_bin = 64  # 2000 Hz falls on it exactly, so nothing leaks beside the window's own main lobe
    features = log_mel(sine(2000), CONFIG)
    assert features.mean(axis=0).argmax() == matrix[spectral_bin].argmax()
    power = np.abs(np.fft.rfft(sine(2000)[:400].astype(np.float64) * _scaled_hann(), 512)) ** 2
    assert power.max() == pytest.approx(1.0, abs=0.01)
    assert np.exp(features[5]).sum() == pytest.approx((power @ matrix).sum(), rel=1e-3)


def _scaled_hann() -> NDArray[np.float64]:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    scaled: NDArray[np.float64] = hann * 2 / hann.sum()
    return scaled


def test_digital_silence_gives_the_log_offset_everywhere() -> None:
    assert log_mel(np.zeros(16_000, np.float32), CONFIG) == pytest.approx(np.log(CONFIG.log_offset))


def test_every_mel_bin_hears_something() -> None:
    assert (mel_matrix(CONFIG).sum(axis=0) > 0).all()


def test_a_mel_bin_that_hears_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mel bin \d+ is narrower"):
        mel_matrix(FrontendConfig(mel_bins=200))


def test_the_evaluation_crop_keeps_a_short_event_whole_and_in_the_middle() -> None:
    features = np.full((500, 40), -13.0, np.float32)
    features[400:420] = 0.0
    start = evaluation_start(features, CONFIG)
    assert start == (420 - 196 + 304) // 2  # the windows from 224 to 304 hold all of the event; 264 is their middle
    assert (evaluation_crop(features, CONFIG).max(axis=1) == 0.0).sum() == 20


def test_the_evaluation_crop_follows_the_loud_part_not_the_middle() -> None:
    features = np.full((500, 40), -13.0, np.float32)
    features[:60] = -2.0
    assert evaluation_start(features, CONFIG) == 0


def test_a_short_clip_is_repeated_from_its_start() -> None:
    features = np.repeat(np.arange(70, dtype=np.float32)[:, np.newaxis], 40, axis=1)
    crop = evaluation_crop(features, CONFIG)
    assert crop[:, 7].tolist() == [float(i % 70) for i in range(196)]


def test_equal_configs_have_equal_hashes_and_every_field_counts() -> None:
    changed: dict[str, Any] = {
        "window_samples": 480,
        "hop_samples": 160,
        "fft_size": 1024,
        "mel_bins": 32,
        "mel_low_hz": 80.0,
        "mel_high_hz": 7000.0,
        "log_offset": 1e-5,
        "frames": 98,
        "sample_rate_hz": 22_050,
    }
    hashes = {FrontendConfig(**{name: value}).hash for name, value in changed.items()}
    assert len(hashes | {CONFIG.hash}) == len(changed) + 1
    assert FrontendConfig.from_json(json.loads(json.dumps(CONFIG.to_json()))).hash == CONFIG.hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hop_samples": 0}, "hop_samples must be at least 1"),
        ({"fft_size": 256}, "fft_size 256 is below window_samples 400"),
        ({"mel_high_hz": 9000.0}, "need 0 <= mel_low_hz < mel_high_hz <= 8000"),
        ({"log_offset": 0.0}, "log_offset must be above 0"),
        ({"version": 2}, "version 2 is unknown"),
        ({"colour": 1}, "missing or unknown keys: colour"),
    ],
)
def test_an_impossible_front_end_is_refused_with_its_reason(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FrontendConfig.from_json({**CONFIG.to_json(), **changes})


def test_stereo_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="mono"):
        log_mel(np.zeros((100, 2), np.float32), CONFIG)


def test_normalisation_survives_json_to_the_last_bit() -> None:
    again = Normalisation.from_json(json.loads(json.dumps(NORMALISATION.to_json())))
    np.testing.assert_array_equal(again.mean, NORMALISATION.mean)
    np.testing.assert_array_equal(again.std, NORMALISATION.std)
