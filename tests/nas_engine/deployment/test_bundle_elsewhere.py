"""The deploy bundle of a network trained on a front end from elsewhere: scored, without C code of a front end."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.cache import Example, FeaturePack, open_pack, write_pack
from nas_engine.audio.frontend import FrontendConfig, evaluation_crop
from nas_engine.audio.frontends.features import compute_features
from nas_engine.deployment.bundle import bundle_files
from nas_engine.deployment.scoring import scored_inputs
from nas_engine.network.tflite import quantised_inputs
from tests.nas_engine.deployment import made

STAND_INS = Path(__file__).with_name("stand_ins")
CLASSIFIER = {f"earshot_{name}" for name in (
    "network.c", "network.h", "classifier.cc", "classifier.h", "operators.h", "constants.h",
)}  # fmt: skip


def features_of(kind: str) -> dict[str, np.ndarray]:
    config = FrontendConfig.of_kind(kind)
    return {name: compute_features((pcm / 32768).astype(np.float32), config) for name, pcm in made.sounds().items()}


def pack_of(kind: str, path: Path) -> FeaturePack:
    """A pack of the two sounds of `made` in both splits."""
    examples = [
        Example(split, label, f"{split} {name}", features)
        for split in ("train", "eval")
        for label, (name, features) in zip(("alarm", "negative"), features_of(kind).items(), strict=True)
    ]
    write_pack(path, examples, FrontendConfig.of_kind(kind), ("alarm", "negative"))
    return open_pack(path)


@pytest.mark.usefixtures("project_tools")
@pytest.mark.parametrize("kind", ["librosa", "micro"])
def test_the_bundle_has_network_and_vectors_and_its_smoke_test_passes(kind: str, tmp_path: Path) -> None:
    network, pack = made.network(), pack_of(kind, tmp_path / "features.pack")
    vectors = scored_inputs(network, pack, 2, made.sounds().values())
    expected = [
        pack.normalisation.apply(evaluation_crop(features, pack.config)) for features in features_of(kind).values()
    ]
    heard = quantised_inputs(network, np.stack(expected)).reshape(2, 196, 40)
    np.testing.assert_array_equal(vectors.features[-2:], heard)
    contents = made.contents(frontend=made.frontend(network, pack.config), vectors=vectors)
    files, folder = bundle_files(contents), tmp_path / "bundle"
    assert {Path(name).name for name in files if name.startswith("earshot/")} == CLASSIFIER
    assert not [name for name in files if name.startswith(("pc/", "zephyr/")) or name == "frontend.py"]
    assert "test_vectors/test_vectors.h" not in files
    features = np.load(io.BytesIO(files["test_vectors/test_features.npy"]))
    np.testing.assert_array_equal(features, np.concatenate(list(features_of(kind).values())))
    assert json.loads(files["frontend.json"])["kind"] == kind
    text = files["README.md"].decode()
    assert pack.config.facts.package in text
    assert not [word for word in ("frontend.py", "pc/", "ctest", "earshot.ino", "earshot_loop") if word in text]
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    ran = subprocess.run(
        [sys.executable, "smoke_test.py", "--runtime", made.QUICK_RUNTIME],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"The front end is {pack.config.facts.title}: features are not computed here" in ran.stdout
    assert "4 test vectors, 0 of 36 scores differ" in ran.stdout
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{STAND_INS}"]
    source = folder / "earshot" / "src" / "earshot_classifier.cc"
    assert subprocess.run(["g++", *flags, str(source)], check=False).returncode == 0
