"""Features of front ends from elsewhere against their own packages, of clips and of streams."""

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray
from pymicro_features import MicroFrontend

from nas_engine.audio.frontend import FrontendConfig, evaluation_start, log_mel
from nas_engine.audio.frontends.features import compute_features, feature_stream
from nas_engine.audio.frontends.kinds import KINDS
from nas_engine.audio.frontends.librosa_mel import librosa_mel_matrix, slaney_mel
from tests.nas_engine.audio.test_frontend import sine
from tests.nas_engine.deployment.frontend.sounds import hard_clips, synthetic_clips

MICRO = FrontendConfig.of_kind("micro")
TOLERANCE_DB = 1e-3
"""librosa computes the mel matrix, and of float32 samples the spectrum, in float32."""


def floats(pcm: NDArray[np.int16]) -> NDArray[np.float32]:
    return (pcm / 32768.0).astype(np.float32)


@pytest.mark.parametrize(
    "changes",
    [{}, {"mel_bins": 80}, {"window_samples": 512, "hop_samples": 160}, {"sample_rate_hz": 22_050, "fft_size": 2048}],
)
def test_librosas_features_are_those_of_librosa(changes: dict[str, int]) -> None:
    config = FrontendConfig.of_kind("librosa", **changes)
    for pcm in synthetic_clips(1).values():
        power = librosa.feature.melspectrogram(
            y=floats(pcm).astype(np.float64), sr=config.sample_rate_hz, n_fft=config.fft_size, n_mels=config.mel_bins,
            hop_length=config.hop_samples, win_length=config.window_samples, fmax=8000.0,
        )  # fmt: skip
        expected = librosa.power_to_db(power, top_db=None).T
        np.testing.assert_allclose(compute_features(floats(pcm), config), expected, atol=TOLERANCE_DB)


def test_slaneys_scale_and_filters_are_librosas() -> None:
    hertz = np.array([0.0, 440.0, 999.0, 1000.0, 3000.0, 8000.0])
    np.testing.assert_allclose(slaney_mel(hertz), librosa.hz_to_mel(hertz), rtol=1e-12)
    theirs = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=40, fmin=0.0, fmax=8000.0).T
    np.testing.assert_allclose(librosa_mel_matrix(FrontendConfig.of_kind("librosa")), theirs, atol=1e-8)


def test_a_mel_bin_of_librosas_that_hears_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mel bin \d+ is narrower"):
        librosa_mel_matrix(FrontendConfig.of_kind("librosa", mel_bins=200))


def test_micro_features_are_those_of_the_package_called_hop_by_hop() -> None:
    for pcm in synthetic_clips(1).values():
        frontend = MicroFrontend()
        rows = [frontend.process_samples(pcm[at : at + 160].tobytes()).features for at in range(0, len(pcm) - 159, 160)]
        expected = np.array([row for row in rows if row], np.float32)
        np.testing.assert_array_equal(compute_features(floats(pcm), MICRO), expected)
        assert len(expected) == 1 + (len(pcm) - 480) // 160


@pytest.mark.slow
def test_micro_parameters_are_those_that_tensorflows_operator_needs_for_the_same_features() -> None:
    """Its fixed-point FFT rounds otherwise in a few values; a wrong parameter changes nearly all of them."""
    operator = pytest.importorskip("tensorflow.lite.experimental.microfrontend.python.ops.audio_microfrontend_op")
    tensorflow = pytest.importorskip("tensorflow")
    for pcm in synthetic_clips(1).values():
        integers = operator.audio_microfrontend(
            tensorflow.constant(pcm), sample_rate=16_000, window_size=30, window_step=10, num_channels=40,
            lower_band_limit=125.0, upper_band_limit=7500.0, smoothing_bits=10, even_smoothing=0.025,
            odd_smoothing=0.06, min_signal_remaining=0.05, enable_pcan=True, pcan_strength=0.95, pcan_offset=80.0,
            gain_bits=21, enable_log=True, scale_shift=6,
        ).numpy()  # fmt: skip
        differs = integers * 0.0390625 != compute_features(floats(pcm), MICRO)
        assert differs.mean() < 0.01


def test_a_clip_begins_anew_and_a_short_one_is_padded() -> None:
    tone = sine(1000, 2.0)
    np.testing.assert_array_equal(compute_features(tone, MICRO), compute_features(tone, MICRO))
    assert compute_features(tone[:100], MICRO).shape == (1, 40)


def test_noise_suppression_makes_a_steady_tone_exactly_silent_within_a_second() -> None:
    features = compute_features(sine(1000, 3.0), MICRO)
    silent = (features == 0.0).all(axis=1)
    first = int(np.flatnonzero(silent)[0])
    assert 80 <= first < 100
    assert silent[first:].all()
    own = log_mel(sine(1000, 3.0), FrontendConfig())
    assert own.max(axis=1).min() == pytest.approx(own.max(axis=1).max(), abs=0.1)


def test_a_louder_clip_hardly_changes_micro_features() -> None:
    """The reason why `follows_gain` is False: a gain of 12 dB would be 3.5 units of the amplitude's logarithm."""
    rng = np.random.default_rng(0)
    quiet = (0.05 * rng.normal(size=48_000)).astype(np.float32)
    shift = compute_features(quiet * 4, MICRO) - compute_features(quiet, MICRO)
    assert abs(float(shift.mean())) < 0.5


def test_loudness_of_a_clip_is_its_power_for_every_kind() -> None:
    """The evaluation crop finds the same loud second in silence, whatever the unit of the features."""
    samples = np.zeros(16_000 * 12, np.float32)
    samples[16_000 * 8 : 16_000 * 9] = 0.3 * np.random.default_rng(0).normal(size=16_000)
    for kind in KINDS:
        config = FrontendConfig.of_kind(kind, frames=100)
        start = evaluation_start(compute_features(samples, config), config) * config.hop_samples / 16_000
        assert start < 8.1, kind
        assert start + config.seconds > (8.2 if kind == "micro" else 8.9), kind  # micro suppresses its later part


def test_with_noise_suppression_the_beginning_of_steady_noise_is_its_loudest_part() -> None:
    """docs/data.md: most evaluation crops of `micro` begin with their clip."""
    noise = (0.01 * np.random.default_rng(0).normal(size=16_000 * 6)).astype(np.float32)
    config = FrontendConfig.of_kind("micro", frames=100)
    assert evaluation_start(compute_features(noise, config), config) < 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 159, 320, 4_096])
def test_a_stream_in_pieces_of_any_size_gives_the_features_of_the_whole(kind: str, size: int) -> None:
    config = FrontendConfig.of_kind(kind)
    pcm = np.concatenate(list(hard_clips().values()))[:9_000]
    stream = feature_stream(config)
    rows = np.concatenate([stream.push(pcm[at : at + size]) for at in range(0, len(pcm), size)])
    whole = compute_features(floats(pcm), config)
    np.testing.assert_allclose(rows, whole[: len(rows)], atol=1e-5)
    assert (
        0 <= len(whole) - len(rows) <= (config.fft_size // 2) // config.hop_samples + 1
        if kind == "librosa"
        else (len(whole) == len(rows))
    )


def test_stereo_samples_are_refused() -> None:
    for kind in KINDS:
        with pytest.raises(ValueError, match="mono"):
            compute_features(np.zeros((2, 500), np.float32), FrontendConfig.of_kind(kind))
