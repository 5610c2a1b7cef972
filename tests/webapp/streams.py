"""Evaluations on streams for tests: short plans, real outcomes without TensorFlow."""

from functools import partial

import numpy as np

from nas_engine.audio.decode import decode
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.layout import RATE_HZ
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.evaluating import evaluate_composed
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.values import SoundStream, StreamScores
from tests.webapp import rows
from webapp.models import Clip, Finalist, SplitOpening, StreamEvaluation, Trial
from webapp.queries.finals import features_hash
from webapp.services import finals, stream_evaluations

PLAN = EvaluationPlan(
    0.05, 200.0, (20.0, 0.0), 1.0, loop=LoopSettings(refractory_s=1.0), target=FalseAlarmTarget(300.0)
)


def opened(trial: Trial, state: str = "READY") -> SplitOpening:
    """An opening of the test split that evaluated the trial's network."""
    dataset = trial.study.dataset
    added = finals.train_finalists(study_id=trial.study_id, trial_ids=[trial.pk], chosen=Finalist.Chosen.HAND, seeds=1)
    opening = SplitOpening.objects.create(
        dataset=dataset,
        dataset_name=dataset.name,
        data_hash=features_hash(dataset),
        architecture=trial.architecture,
        label="trial 1",
        finalist=added.finals.finalists.get(),
        number=1,
        state=state,
    )
    opening.results.create(trial=trial, eval_accuracy=0.5, test_accuracy=0.5, eval_answers=[], test_answers=[])
    return opening


def evaluated(trial: Trial, plan: EvaluationPlan = PLAN, worker: str = "data-1") -> StreamEvaluation:
    """An evaluation on streams as a worker leaves it, of a listener that hears levels instead of a network."""
    row: StreamEvaluation = trial.stream_evaluations.create(plan=plan.to_json())
    assert stream_evaluations.claim(evaluation_id=row.pk, worker=worker)
    parts = stream_evaluations.clips_for(trial, plan)
    choosing, measuring = partial(sounds_of, parts.choosing), partial(sounds_of, parts.measuring)
    outcome = evaluate_composed(choosing, measuring, plan, by_level)
    clips = [clip.pk for clip in parts.measuring]
    assert stream_evaluations.complete(
        evaluation_id=row.pk, worker=worker, seen_plan=row.plan, clips=clips, outcome=outcome
    )
    row.refresh_from_db()
    return row


def sounds_of(clips: tuple[Clip, ...]) -> list[SourceClip]:
    """The clips with their samples."""
    found = []
    for clip in clips:
        with clip.audio.open("rb") as stored:
            found.append(SourceClip(decode(stored.read()), clip.label, clip.group))
    return found


def by_level(stream: SoundStream) -> StreamScores:
    """One class where a second is loud, another where it is louder: right and wrong detections."""
    samples = np.concatenate(list(stream.blocks())).astype(np.float64)
    windows = samples[: len(samples) // RATE_HZ * RATE_HZ].reshape(-1, RATE_HZ)
    level = np.sqrt(np.mean(windows**2, axis=1)) / 4000.0
    outputs = np.stack([255 * np.clip(level, 0, 1), 255 * np.clip(level - 0.4, 0, 1), 0 * level], axis=1) - 128
    classes = tuple(rows.CLASSES)
    return StreamScores(
        stream.name, classes, np.rint(outputs).astype(np.int8), 1.0, 1.0, len(samples) / RATE_HZ, stream.events
    )
