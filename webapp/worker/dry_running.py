"""Simulating a study in a worker that may deliberate; a short while, for suggestions of Gaussian processes wait."""

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial

from django.conf import settings

from nas_engine.designers.base import DesignerSettings
from nas_engine.errors import EarshotError
from nas_engine.network.schedule import TrainingConfig
from nas_engine.search_space.space import SearchSpace
from nas_engine.simulation.dry_run import DryRunSettings, Expectation, dry_run
from nas_engine.simulation.recorded_trainings import RecordedEvaluator
from nas_engine.simulation.recording import Recording, read_recording
from nas_engine.simulation.repetitions import known_noise
from nas_engine.simulation.simulated_evaluation import Simulate, simulate
from webapp import translation
from webapp.energy_predictors import energy_estimate
from webapp.models import Study
from webapp.queries.deliberation import deliberates
from webapp.queries.pages.estimates import estimate
from webapp.services import dry_runs, jobs
from webapp.services.dry_runs import Checkpoint, DryRunResult, WorkersResult
from webapp.services.working import Write, never, reason, work
from webapp.worker.suggesting import keep_compiled_code

MOST_TRIALS, MOST_SEARCHES = 200, 5
MOST_DELIBERATE_TRIALS, MOST_DELIBERATE_SEARCHES = 60, 1  # half a minute, once JAX has compiled
SECONDS = 15.0  # after which no further searches are begun
WORKERS = (1, 4, 16)
CHECKPOINTS = (1, 3, 10, 30, 100)
RECORDINGS = settings.BASE_DIR / "benchmarks" / "data"

logger = logging.getLogger(__name__)


def run(dry_run_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Simulate, unless another worker does; the outcome, good or bad, is in the row."""
    held = {"dry_run_id": dry_run_id, "worker": worker}

    def outcome(study: Study) -> Write:
        return partial(dry_runs.complete, **held, result=simulated(study))

    def give_up(study: Study, error: Exception) -> bool:
        return dry_runs.fail(**held, reason=reason(error, "It could not be simulated"))

    claim = partial(dry_runs.begin, **held)
    work(jobs.DRY_RUNS, dry_run_id, worker, claim=claim, do=outcome, reject=give_up, stopping=stopping)


def simulated(study: Study) -> DryRunResult:
    """The first `MOST_TRIALS` trials of `study`, searched again with other seeds while there is time; of one whose
    designer deliberates fewer, once.
    """
    space = translation.search_space(study)
    keep_compiled_code()
    most_trials, searches = (
        (MOST_DELIBERATE_TRIALS, MOST_DELIBERATE_SEARCHES) if deliberates(study) else (MOST_TRIALS, MOST_SEARCHES)
    )
    config = TrainingConfig(full_epochs=study.full_epochs, qat_epochs=study.qat_epochs)
    ordered = DryRunSettings(
        space=space,
        designer=study.designer,
        budget=min(study.trial_budget, most_trials),
        rewards=translation.reward_parameters(study),
        limits=translation.constraints(study),
        energy_mj=energy_estimate(study),
        trial_epochs=config.trial_epochs,
        qat_epochs=config.qat_epochs,
        early_stopping=study.early_stopping,
        stop_confidence=study.stop_confidence,
        workers=WORKERS,
        seed=study.seed,
        seeds=searches,
        designer_settings=DesignerSettings(switch_at=study.switch_at),
        on_streams=study.is_on_streams,
    )
    recording, noise = recording_of(space)
    deadline = time.monotonic() + SECONDS
    expected = dry_run(ordered, _simulations(recording, noise), enough=lambda: time.monotonic() > deadline)
    if not any(any(item.trials) for item in expected.values()):
        raise EarshotError(expected[WORKERS[0]].ended_early[0])
    factor, seconds_from = _seconds(study, expected[WORKERS[0]], recording)
    return DryRunResult(
        trials=ordered.budget,
        searches=len(expected[WORKERS[0]].trials),
        accuracies_from=_accuracies_from(study, recording),
        seconds_from=seconds_from,
        by_workers=tuple(_result(item, factor) for item in expected.values()),
    )


def recording_of(space: SearchSpace) -> tuple[Recording | None, float | None]:
    """The recorded trainings of this very space, if there are any, and the noise of training where they lack it."""
    for path in sorted(RECORDINGS.glob("*.jsonl")):
        try:
            recording = read_recording(path)
        except ValueError:
            logger.warning("%s is no recording of trainings", path, exc_info=True)
            continue
        if recording.header.space == space:
            return recording, known_noise(path)
    return None, None


def _simulations(recording: Recording | None, noise: float | None) -> Callable[[int], Simulate]:
    """By seed, what stands for training: one of the landscapes that the recording allows, or the made-up one."""
    if recording is None:
        return lambda seed: simulate
    return lambda seed: RecordedEvaluator(recording, seed, noise).simulate


def _seconds(study: Study, expected: Expectation, recording: Recording | None) -> tuple[float, str]:
    """By what to multiply simulated seconds, and where they come from then."""
    earlier = estimate(
        study.dataset_id,
        trial_budget=study.trial_budget,
        full_epochs=study.full_epochs,
        qat_epochs=study.qat_epochs,
    )
    if earlier is None:
        return 1.0, _words(recording) if recording else "made up in proportion to FLOPs: no trial on this dataset yet"
    mean = expected.training_seconds.median / max(expected.trials)
    trials = f"{earlier.trials_seen} earlier trial{'s' if earlier.trials_seen > 1 else ''}"
    return earlier.seconds_per_trial / mean, f"{trials} on this dataset"


def _accuracies_from(study: Study, recording: Recording | None) -> str:
    landscape = "a landscape fitted to " + _words(recording) if recording else "a made-up landscape"
    return f"{landscape}, squared to stand for streams, which were not heard" if study.is_on_streams else landscape


def _words(recording: Recording) -> str:
    return f"{len(recording.trainings)} recorded trainings ({recording.header.sounds})"


def _result(expected: Expectation, factor: float) -> WorkersResult:
    last = len(expected.best_rewards)
    numbers = sorted({number for number in (*CHECKPOINTS, last) if 0 < number <= last})
    best: Mapping[int, tuple[float, float, float]] = {
        number: (quartiles.low, quartiles.median, quartiles.high)
        for number, quartiles in enumerate(expected.best_rewards, start=1)
    }
    return WorkersResult(
        workers=expected.workers,
        checkpoints=tuple(Checkpoint(number, best[number]) for number in numbers),
        training_seconds=expected.training_seconds.median * factor,
        wall_seconds=expected.wall_seconds.median * factor,
        training_saved_seconds=expected.saved_seconds.median * factor,
        training_saved=expected.saved_share.median,
        stopped=round(expected.stopped.median),
        trials=min(expected.trials),
        violating=round(expected.violating.median),
        duplicates_answered=round(expected.duplicates_answered.median),
        ended_early=tuple(sorted(set(expected.ended_early) - {""})),
    )
