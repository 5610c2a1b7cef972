"""A trained network on 200 real clips: every runtime of the same file, those of this machine and LiteRT in its own.

LiteRT is installed into a virtual environment of its own, with NumPy and nothing else: a person's fresh folder.
"""

import io
import runpy
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.baselines import nas_bayesian
from nas_engine.cost import cost
from nas_engine.deployment.bundle import bundle
from nas_engine.deployment.contents import BundleContents
from nas_engine.deployment.frontend.description import describe_frontend
from nas_engine.deployment.scoring import scored_inputs
from nas_engine.evaluation import evaluate
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network.runtimes import predict_quantised
from nas_engine.network.schedule import TrainingConfig
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.deployment import made
from tests.nas_engine.deployment.frontend.sounds import real_clips
from tests.nas_engine.network.threads import use_one_thread
from webapp.listening.__main__ import hear_piece
from webapp.listening.messages import HearPiece

use_one_thread()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CLIPS = 200


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, sound_events: Path) -> FeaturePack:
    folder = tmp_path_factory.mktemp("real")
    prepare(scan(sound_events), FrontendConfig(), lambda *_: None, folder / "work").write_pack(folder / "clips.pack")
    return open_pack(folder / "clips.pack")


@pytest.fixture(scope="module")
def contents(pack: FeaturePack, sound_events: Path) -> BundleContents:
    """Table 2's network after a short training, with the scores of 200 clips of the evaluation split."""
    trained = evaluate(nas_bayesian(), pack, TrainingConfig(full_epochs=4, qat_epochs=1), lambda _: None)
    source, sink = input_and_output(trained.tflite)
    described = describe_frontend(pack.config, pack.normalisation)
    sounds = real_clips(sound_events, 3)
    return BundleContents(
        title="Table 2's network",
        network=trained.tflite,
        labels=pack.classes,
        frontend=described | {"input": source.to_json(), "output": sink.to_json()},
        documents={},
        card=made.facts(),
        arena_estimate_bytes=cost(nas_bayesian()).peak_activation_bytes,
        vectors=scored_inputs(trained.tflite, pack, CLIPS, sounds.values()),
        sounds=sounds,
    )


def test_runtimes_of_this_machine_agree_but_for_a_step_of_the_global_average(contents: BundleContents) -> None:
    """Convolutions, sums and dense layers round alike (docs/flash.md, "Runtimes"); a mean of few int8 steps, by one."""
    assert contents.vectors is not None
    scores = contents.vectors.scores
    assert len(contents.vectors.features) == CLIPS + 3
    for name in ("reference", "micro"):
        differences = np.abs(scores[name].astype(int) - scores["xnnpack"].astype(int))
        print(f"{name}: {(differences > 0).sum()} of {differences.size} scores differ, by {differences.max()} at most")
        assert differences.max() <= 1
        assert (scores[name].argmax(1) == scores["xnnpack"].argmax(1)).mean() > 0.99


@pytest.mark.parametrize("package", ["ai-edge-litert==2.3.0", "tflite-micro==0.dev20261023182759"])
def test_the_smoke_test_passes_in_a_fresh_folder_with_numpy_and_one_runtime(
    contents: BundleContents, package: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(contents, "watch"))) as archive:
        archive.extractall(tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "environment"], check=True)
    installing = [sys.executable, "-m", "uv", "pip", "install", "--system-certs", "--quiet", "--python", python]
    installed = subprocess.run([*installing, "numpy", package], capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr[-2000:]
    ran = subprocess.run([python, "smoke_test.py"], cwd=tmp_path / "watch", capture_output=True, text=True, check=False)
    print(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr[-2000:]
    assert ", 0 of " in ran.stdout
    assert "PASSED" in ran.stdout


def test_the_page_gives_the_scores_of_the_bundles_front_end_and_network_for_200_real_clips(
    contents: BundleContents, pack: FeaturePack, sound_events: Path, tmp_path: Path
) -> None:
    """One window of each clip: as "Try it" sends it to its process, and as a person computes it from the bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle(contents, "watch"))) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "watch"
    frontend = runpy.run_path(str(folder / "frontend.py"))
    described = frontend["load"](folder / "frontend.json")
    network = (folder / "network.tflite").read_bytes()
    page = partial(
        HearPiece, network, pack.config.to_json(), pack.normalisation.to_json(), pack.classes, "xnnpack",
        LoopSettings().to_json(), b"",
    )  # fmt: skip
    length = (pack.config.frames - 1) * pack.config.hop_samples + pack.config.window_samples
    found = set()
    for name, clip in real_clips(sound_events, CLIPS).items():
        samples = np.zeros(length, np.int16)
        samples[: len(clip)] = clip[:length]
        features = frontend["normalise"](frontend["log_mel"](samples, described), described)
        [expected] = predict_quantised("xnnpack", network, frontend["quantise"](features, described)[np.newaxis])
        heard = hear_piece(page(samples.astype("<i2").tobytes()))
        assert heard.outputs == (tuple(expected.tolist()),), name
        found.add(heard.outputs)
    assert len(found) > CLIPS / 5, f"{len(found)} different answers: a network that answers one thing shows nothing"
