"""frontend.json and frontend.py: the features of training, without Earshot and by librosa and torchaudio."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation, evaluation_crop, log_mel, mel_matrix
from nas_engine.deployment.frontend import files
from tests.nas_engine.deployment.frontend.sounds import INPUT, Clips, description_of, synthetic_clips

CONFIGS = {
    "default": FrontendConfig(),
    "odd padding": FrontendConfig(window_samples=401, hop_samples=160, mel_bins=32, log_offset=1e-5),
    "other rate": FrontendConfig(
        sample_rate_hz=8000, window_samples=240, hop_samples=80, fft_size=480, mel_high_hz=4000.0
    ),
}  # fmt: skip
LIBRARIES_TOLERANCE = 1e-4
"""Of the natural logarithm: the libraries compute in float32."""


@pytest.fixture(scope="module")
def clips() -> Clips:
    return synthetic_clips(1)


def delivered(folder: Path, description: dict[str, Any]) -> tuple[ModuleType, dict[str, Any]]:
    """The delivered module, imported from the folder, and the page that it loads."""
    for name, content in files.python_files(description).items():
        (folder / name).write_bytes(content)
    spec = importlib.util.spec_from_file_location("frontend", folder / "frontend.py")
    assert spec is not None
    assert spec.loader is not None
    frontend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(frontend)
    return frontend, frontend.load(folder / "frontend.json")


def floats(clip: NDArray[np.int16]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = (clip / 32768.0).astype(np.float32)
    return result


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_delivered_file_gives_training_features_to_the_last_bit(
    tmp_path: Path, clips: Clips, config: FrontendConfig
) -> None:
    frontend, page = delivered(tmp_path, description_of(clips, config))
    normalisation = Normalisation.from_json(page)
    np.testing.assert_array_equal(frontend.mel_matrix(page), mel_matrix(config))
    for clip in (*clips.values(), np.ones(100, np.int16)):
        expected = log_mel(floats(clip), config)
        np.testing.assert_array_equal(frontend.log_mel(clip, page), expected)
        np.testing.assert_array_equal(frontend.log_mel(floats(clip), page), expected)
        crop = normalisation.apply(evaluation_crop(expected, config))
        ours = frontend.normalise(frontend.crop(expected, page), page)
        np.testing.assert_array_equal(ours, crop)
        steps = np.clip(np.rint(crop / INPUT["scale"]) + INPUT["zero_point"], -128, 127)
        np.testing.assert_array_equal(frontend.quantise(ours, page), steps.astype(np.int8))


def test_the_delivered_file_needs_numpy_alone(tmp_path: Path, clips: Clips) -> None:
    delivered(tmp_path, description_of(clips))
    program = "import sys, frontend; frontend.load('frontend.json'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "numpy" in loaded
    assert not {name for name in loaded if name.startswith(("nas_engine", "scipy", "librosa", "soundfile"))}


def test_wrong_samples_and_files_are_refused_in_words(tmp_path: Path, clips: Clips) -> None:
    frontend, page = delivered(tmp_path, description_of(clips))
    with pytest.raises(ValueError, match=r"mono samples \[n\], not shape \(2, 500\)"):
        frontend.log_mel(np.zeros((2, 500), np.int16), page)
    with pytest.raises(ValueError, match="16-bit PCM or floating-point samples, not int32"):
        frontend.log_mel(np.zeros(500, np.int32), page)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(ValueError, match=r"other.json is no frontend.json of Earshot"):
        frontend.load(tmp_path / "other.json")


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_librosas_call_gives_the_same_features(tmp_path: Path, clips: Clips, config: FrontendConfig) -> None:
    frontend, page = delivered(tmp_path, description_of(clips, config))
    for clip in clips.values():
        names = {"librosa": librosa, "numpy": np, "frontend": frontend, "page": page, "samples": floats(clip)}
        features = eval(page["calls"]["librosa"], names)
        np.testing.assert_allclose(features, log_mel(floats(clip), config), atol=LIBRARIES_TOLERANCE, rtol=0)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_torchaudios_call_gives_the_same_features(tmp_path: Path, clips: Clips, config: FrontendConfig) -> None:
    reason = "torchaudio's call is tested where torchaudio is installed (with torch it takes gigabytes)"
    torch, torchaudio = pytest.importorskip("torch", reason=reason), pytest.importorskip("torchaudio", reason=reason)
    frontend, page = delivered(tmp_path, description_of(clips, config))
    for clip in clips.values():
        names = {"torch": torch, "torchaudio": torchaudio, "frontend": frontend, "page": page, "samples": floats(clip)}
        features = eval(page["calls"]["torchaudio"], names).numpy()
        np.testing.assert_allclose(features, log_mel(floats(clip), config), atol=LIBRARIES_TOLERANCE, rtol=0)


def test_triangles_of_librosa_are_others_as_the_page_states(clips: Clips) -> None:
    """Else the plain call of librosa would do. The page's sentence on triangles has to be true of both libraries."""
    ours = mel_matrix(FrontendConfig())
    theirs = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=40, fmin=60.0, fmax=7600.0, htk=True, norm=None).T
    assert 0.005 < np.abs(ours - theirs).max() < 0.01
    power = librosa.feature.melspectrogram(
        y=np.pad(floats(clips["siren 0"]), 56) / 100, sr=16_000, n_fft=512, win_length=400, hop_length=320,
        center=False, n_mels=40, fmin=60.0, fmax=7600.0, htk=True, norm=None,
    )  # fmt: skip
    apart = np.abs(np.log(power + 1e-6).T - log_mel(floats(clips["siren 0"]), FrontendConfig())).max()
    assert apart > LIBRARIES_TOLERANCE * 10


def test_torchaudios_kaldi_filters_are_ours() -> None:
    kaldi = pytest.importorskip("torchaudio.compliance.kaldi", reason="see the test of torchaudio's call")
    theirs, _ = kaldi.get_mel_banks(40, 512, 16_000.0, 60.0, 7600.0, 100.0, -500.0, 1.0)
    np.testing.assert_allclose(theirs.numpy().T, mel_matrix(FrontendConfig())[:256], atol=2e-5)


def test_the_page_is_json_and_states_what_a_stream_cannot_do(clips: Clips) -> None:
    description = description_of(clips)
    assert json.loads(json.dumps(description)) == description
    steps = {entry["step"]: entry["applies"] for entry in description["clips_and_streams"]}
    for word in ("first 30 seconds", "divided by its peak", "rule `crop`", "is repeated"):
        assert [who for step, who in steps.items() if word in step] == ["of clips alone"], word
