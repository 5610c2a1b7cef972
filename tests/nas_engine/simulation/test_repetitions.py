"""Noise of training from networks that were trained several times elsewhere."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nas_engine.simulation.recorded_trainings import RecordedEvaluator
from nas_engine.simulation.recording import read_recording
from nas_engine.simulation.repetitions import known_noise
from tests.nas_engine.sampling import samples

RECORDING = Path("benchmarks/data/paper-2d.jsonl")


def test_the_noise_is_that_about_each_networks_mean(tmp_path: Path) -> None:
    """By hand: squares .0002 and .0006 about two means, three degrees of freedom."""
    (tmp_path / "repetitions.json").write_text(json.dumps({"some": [[0.70, 0.72], [0.60, 0.61, 0.64], [0.9]]}))
    squares = 0.0002 + sum((value - 0.61666667) ** 2 for value in (0.60, 0.61, 0.64))
    assert known_noise(tmp_path / "some.jsonl") == pytest.approx((squares / 3) ** 0.5)
    assert known_noise(tmp_path / "other.jsonl") is None


def test_without_the_file_nothing_is_known(tmp_path: Path) -> None:
    assert known_noise(tmp_path / "some.jsonl") is None


def test_simulated_trainings_of_one_network_scatter_by_it() -> None:
    """Three times what the jitter of late epochs says."""
    noise = known_noise(RECORDING)
    assert noise == pytest.approx(0.023, abs=5e-4)
    evaluator = RecordedEvaluator(read_recording(RECORDING), 0, noise)
    network = samples(evaluator.space, 1, seed=9)[0]
    plans = [replace(evaluator.plan, seed=seed) for seed in range(200)]
    accuracies = [evaluator.simulate(network, plan).result.int8_accuracy for plan in plans]
    assert np.std(accuracies) == pytest.approx(noise, rel=0.15)
