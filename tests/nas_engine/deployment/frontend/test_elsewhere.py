"""frontend.json of a front end from elsewhere: its call gives training's features, and C sources are refused."""

import io
import json
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pymicro_features
import pytest

from nas_engine.audio.frontend import FrontendConfig, Normalisation, evaluation_start
from nas_engine.audio.frontends.features import compute_features
from nas_engine.deployment.frontend import files, reference
from nas_engine.deployment.frontend.description import describe_frontend
from nas_engine.errors import BadDataset
from tests.nas_engine.deployment.frontend.sounds import synthetic_clips

NORMALISATION = Normalisation(np.full(40, 3.0, np.float32), np.full(40, 2.0, np.float32))
KINDS = ["librosa", "micro"]


def page_of(kind: str) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(json.dumps(describe_frontend(FrontendConfig.of_kind(kind), NORMALISATION)))
    return page


@pytest.mark.parametrize("kind", KINDS)
def test_the_call_gives_the_features_of_training(kind: str) -> None:
    page = page_of(kind)
    config = FrontendConfig.from_json(page["parameters"])
    for pcm in synthetic_clips(1).values():
        samples = (pcm / 32768).astype(np.float32)
        names = {"numpy": np, "librosa": librosa, "pymicro_features": pymicro_features, "pcm": pcm, "samples": samples}
        features = eval(str(page["call"]), names)
        np.testing.assert_allclose(features, compute_features(samples, config), atol=2e-3 if kind == "librosa" else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_names_the_package_and_what_state_means_for_a_stream(kind: str) -> None:
    page = page_of(kind)
    assert (page["kind"], page["package_version"]) == (kind, FrontendConfig.of_kind(kind).facts.package_version)
    assert ("starts from zero with each clip" in str(page["state"])) == (kind == "micro")
    assert page["input_shape"] == [196, 40]
    assert "clips_and_streams" in page


def test_the_crop_rule_of_the_page_finds_the_crop_of_training() -> None:
    config, page = FrontendConfig.of_kind("librosa", frames=60), page_of("librosa")
    nepers = float(str(page["crop"]).split("exp(")[1].split(" *")[0])
    for pcm in synthetic_clips(1).values():
        features = compute_features((pcm / 32768).astype(np.float32), config)
        energy = [np.exp(features[s : s + 60] * nepers).sum() for s in range(len(features) - 59)]
        loud = [s for s, value in enumerate(energy) if value >= page["crop_share"] * max(energy)]
        assert abs(loud[(len(loud) - 1) // 2] - evaluation_start(features, config)) <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_c_sources_are_refused_and_no_python_file_pretends_to_compute_it(kind: str, tmp_path: Path) -> None:
    page = page_of(kind)
    with pytest.raises(BadDataset, match="of which Earshot has no C code: use that of"):
        files.c_files(page)
    assert list(files.python_files(page)) == ["frontend.json"]
    (tmp_path / "frontend.json").write_bytes(files.python_files(page)["frontend.json"])
    with pytest.raises(ValueError, match="its format is 'earshot-frontend-from-elsewhere'"):
        reference.load(tmp_path / "frontend.json")


@pytest.mark.parametrize("kind", KINDS)
def test_test_vectors_hold_the_features_of_training(kind: str) -> None:
    clips = dict(list(synthetic_clips(1).items())[:2])
    vectors = files.vector_files(page_of(kind), clips)
    expected = [
        compute_features((pcm / 32768).astype(np.float32), FrontendConfig.of_kind(kind)) for pcm in clips.values()
    ]
    np.testing.assert_array_equal(np.load(io.BytesIO(vectors["test_features.npy"])), np.concatenate(expected))
