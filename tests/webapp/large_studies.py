"""A search of ten thousand trials in seconds: networks of the space with made-up results, past costs and simulation."""

from datetime import timedelta

import numpy as np
from django.utils import timezone

from nas_engine.architecture import Architecture
from nas_engine.energy.estimators.analytical import SOURCE
from tests.webapp.factories import make_study
from webapp.models import CurvePoint, StoredArchitecture, Study, Trial
from webapp.translation import new_search_space

EPOCHS, CURVES_OF = 45, 5
"""Epochs of a learning curve, and of how many trials one has a curve."""


def made_up_study(trials: int) -> Study:
    """A search whose energy grows with the filters of the first block, its accuracy with those of the last."""
    study = make_study(trial_budget=trials)
    space, rng = new_search_space(study), np.random.default_rng(1)
    networks = list({one.hash: one for one in (space.sample(rng) for _ in range(trials))}.values())
    StoredArchitecture.objects.bulk_create(
        (StoredArchitecture(one.hash, one.to_json(), 1, 1, 1) for one in networks), batch_size=2_000
    )
    rows = [_trial(study, number, one, rng) for number, one in enumerate(networks, start=1)]
    created = Trial.objects.bulk_create(rows, batch_size=2_000)
    points = (
        CurvePoint(trial=trial, phase="float", epoch=epoch, loss=1.0, eval_accuracy=0.6 + 0.001 * epoch)
        for trial in created[::CURVES_OF]
        for epoch in range(1, EPOCHS + 1)
    )
    CurvePoint.objects.bulk_create(points, batch_size=5_000)
    return study


def _trial(study: Study, number: int, network: Architecture, rng: np.random.Generator) -> Trial:
    accuracy = 0.6 + 0.001 * network.blocks[-1].filters + rng.normal(0, 0.005)
    energy_mj = 0.5 + 0.05 * network.blocks[0].filters + rng.normal(0, 0.05)
    started = timezone.now() + timedelta(seconds=40 * number)
    return Trial(
        study=study,
        number=number,
        architecture_id=network.hash,
        state=Trial.State.COMPLETED,
        seed=number,
        worker=f"trainer-{number % 4}",
        started_at=started,
        finished_at=started + timedelta(seconds=30),
        float_accuracy=accuracy + 0.004,
        int8_accuracy=accuracy,
        energy_mj=energy_mj,
        flash_bytes=40_000 + 100 * sum(block.filters for block in network.blocks),
        energy_source=SOURCE,
        reward=accuracy - 0.01 * energy_mj,
        tflite="tflite/" + "1" * 64 + ".tflite",
    )
