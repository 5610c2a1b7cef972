"""One trial in a training worker: claim -> train in the child -> write back. No transaction is open in between."""

import logging
import threading
import traceback
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypedDict

from django.conf import settings as django_settings
from django.core.files.storage import default_storage

from nas_engine.architecture import Architecture
from nas_engine.cost import cost
from nas_engine.errors import Outage, TransientError
from nas_engine.evaluation_result import Evaluation, Progress
from webapp.models import Dataset, Study
from webapp.services import trials
from webapp.services.failures import is_outage
from webapp.services.persistence import GivenUp, persist
from webapp.services.priorities import claim_most_urgent
from webapp.services.stream_evaluations import evaluation_clips
from webapp.services.trials import Claim
from webapp.services.working import wait
from webapp.storage import hash_in_name, save_by_hash
from webapp.worker import composing
from webapp.worker.child.messages import Ended, Evaluate, Finished, Reported, StreamsFile
from webapp.worker.child.process import ChildDied, ChildProcess
from webapp.worker.composing import BadStreams, local_streams
from webapp.worker.lifecycle import ThisWorker
from webapp.worker.npu_estimating import violation_of
from webapp.worker.packs import discard_if_damaged, local_pack
from webapp.worker.stopping import StopCheck, check_of, reason_of

SILENCE_SECONDS: float = django_settings.SILENCE_SECONDS
VERDICT_SECONDS = 5.0  # a decision takes milliseconds, a second where its model is fitted again
CANCEL_SECONDS = 30.0  # an epoch may take longer; then the process is ended and another one warmed up
_TICK_SECONDS = 0.5
_USUAL_FLOPS = 100_000_000  # no network of the search spaces has more

logger = logging.getLogger(__name__)


class _Interrupted(Exception):  # not an error
    """The worker received a stop signal."""


def evaluate(trial_id: int, worker: ThisWorker) -> None:
    """Evaluate the trial that is offered, or a more urgent one, unless other workers have them.

    Whatever happens, it ends with a reason or is handed back.
    """
    name = worker.name
    claim = persist(lambda: claim_most_urgent(trial_id=trial_id, worker=name), give_up=worker.stopping.is_set)
    if claim is None:
        return
    trial_id = claim.trial_id
    with worker.heartbeat.holding(trial_id) as lost:
        try:
            _Attempt(claim, worker, lost).run()
        except (_Interrupted, GivenUp):
            worker.trainer.kill()
            reason = f"{worker.name} was shut down."
            persist(lambda: trials.hand_back(trial_id=trial_id, worker=worker.name, reason=reason), patience_seconds=5)
            return
        except Exception as error:
            worker.trainer.kill()
            _answer(trial_id, worker, error)
            return
    worker.trainer.renew_if_worn()


def _answer(trial_id: int, worker: ThisWorker, error: Exception) -> None:
    """Hand the trial back after an outage, which would have met any other, too; else it fails."""
    words = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    if is_outage(error):
        logger.warning("Trial %d is handed back, for this will pass: %s", trial_id, words)
        wait(worker.stopping.is_set)
        reason = f"{worker.name} was held up: {words}"
        persist(lambda: trials.hand_back(trial_id=trial_id, worker=worker.name, reason=reason))
        return
    logger.error("Trial %d failed in the worker itself", trial_id, exc_info=error)
    reason = f"The worker failed: {type(error).__name__}: {error}"
    log = "".join(traceback.format_exception(error))
    persist(lambda: trials.fail(trial_id=trial_id, worker=worker.name, reason=reason, log=log))


def patience_with(architecture: Architecture) -> float:
    """Longest time of an epoch in seconds: a MobileNet needs many times a small network's."""
    return SILENCE_SECONDS * max(1.0, cost(architecture).flops / _USUAL_FLOPS)


def _check_of(claim: Claim) -> StopCheck | None:
    """None for a trial whose whole training is what it measures."""
    return None if claim.trains_whole else check_of(Study.objects.get(pk=claim.study_id), claim.architecture)


class _Unwanted(Exception):  # not an error
    """The lease of the trial was lost, or its study is being stopped."""


class _Lease(TypedDict):
    trial_id: int
    worker: str


class _Attempt:
    """The evaluation of one claimed trial."""

    def __init__(self, claim: Claim, worker: ThisWorker, lost: threading.Event) -> None:
        self._claim = claim
        self._worker_name = worker.name
        self._trainer: ChildProcess = worker.trainer
        self._stopping = worker.stopping
        self._lost = lost
        self._check: StopCheck | None = None
        self._hopeless = False

    def run(self) -> None:
        try:
            ending = self._ending()
        except _Unwanted:
            ending = Ended("cancelled", "It is not wanted any more.")
        except ChildDied as error:
            ending = Ended("transient", str(error))
        except (TransientError, OSError) as error:
            if is_outage(error):
                raise
            ending = Ended("transient", f"The features could not be had: {error}")
        except BadStreams as error:
            ending = Ended("failed", str(error))
        if isinstance(ending, Finished):
            self._complete(ending.result)
        else:
            self._end(ending)

    def _ending(self) -> Finished[Evaluation] | Ended:
        try:
            reason = self._violation()
        except ChildDied:
            raise
        except TransientError as error:
            return Ended("transient", f"Vela gave no estimate: {error}")
        if reason:
            return Ended("infeasible", reason)
        pack = persist(lambda: local_pack(self._claim.pack_name), give_up=self._stopping.is_set)
        self._check = persist(lambda: _check_of(self._claim))
        ending = self._train(pack, self._streams(pack))
        if isinstance(ending, Finished) and (reason := self._violation()):  # the study changed to an NPU meanwhile
            return Ended("infeasible", reason)
        return ending

    def _violation(self) -> str:
        """Why Vela's estimates exclude the network, "" if they do not; no work for a study without an NPU."""
        study = persist(lambda: Study.objects.select_related("energy_model__device").get(pk=self._claim.study_id))
        return violation_of(study, self._claim.architecture, self._trainer, self._give_way)

    def _give_way(self) -> None:
        if self._stopping.is_set():
            raise _Interrupted

    def _streams(self, pack: Path) -> StreamsFile | None:
        """The streams that the network will be evaluated on, put together before the first trial that hears them."""
        plan = self._claim.stream_plan
        if plan is None:
            return None
        dataset = Dataset(pk=self._claim.dataset_id)
        clips = persist(lambda: evaluation_clips(dataset), give_up=self._stopping.is_set)
        return local_streams(plan.to_json(), clips, pack, self._require_wanted)

    def _require_wanted(self) -> None:
        self._give_way()
        if self._lost.is_set():
            raise _Unwanted

    def _train(self, pack: Path, streams: StreamsFile | None) -> Finished[Evaluation] | Ended:
        """Drive the child until it has a result or an excuse, or until nobody wants to hear it."""
        settings = self._claim.settings
        verdict_seconds = VERDICT_SECONDS if self._check is not None else 0.0
        given = asdict(settings) | {"verdict_seconds": verdict_seconds, "streams": streams}
        job = Evaluate(self._claim.architecture, str(pack), **given)
        self._trainer.begin(job)
        patience_seconds = patience_with(self._claim.architecture)
        heard_at, cancelled_at = monotonic(), None
        while True:
            message = self._trainer.receive(_TICK_SECONDS)
            if self._stopping.is_set():
                raise _Interrupted
            if isinstance(message, Ended) and message.kind == "transient":
                discard_if_damaged(pack)  # another attempt fetches the features again
                composing.discard_if_damaged(streams)
            if isinstance(message, Ended) and message.kind == "outage":
                raise Outage(message.reason)
            if isinstance(message, Finished | Ended):
                return message
            if isinstance(message, Reported):
                heard_at = monotonic()
                self._report(message.event)
            if (self._lost.is_set() or self._hopeless) and cancelled_at is None:
                cancelled_at = monotonic()
                self._trainer.cancel()
            elif isinstance(message, Reported) and job.verdict_seconds_on(message.event):
                with suppress(ChildDied):  # its last messages may be waiting still
                    self._trainer.proceed()
            if cancelled_at is not None and monotonic() - cancelled_at > CANCEL_SECONDS:
                return self._give_up(Ended("cancelled", "It did not end within an epoch."))
            if monotonic() - heard_at > patience_seconds:
                return self._give_up(Ended("transient", f"No progress for {patience_seconds:.0f} s."))

    def _give_up(self, ending: Ended) -> Ended:
        self._trainer.kill()
        self._trainer.warm_up()
        return ending

    def _report(self, progress: Progress) -> None:
        """Write an epoch down. While the database is out of reach this waits, and the child soon trains on."""
        record = partial(trials.record_curve_point, **self._lease(), progress=progress)
        if not persist(record, give_up=self._stopping.is_set):
            self._lost.set()
        elif self._check is not None and not self._hopeless:
            self._ask(self._check, progress)

    def _ask(self, check: StopCheck, progress: Progress) -> None:
        """Ask the stopping rule, and record its decision; the child waits for it, but not for long."""
        decision = check.after(progress)
        if decision is None or decision.forecast is None:
            return
        persist(partial(trials.record_stopping, **self._lease(), stopping=check.record()))
        self._hopeless = decision.stop

    def _complete(self, evaluation: Evaluation) -> None:
        began = monotonic()
        name = persist(lambda: save_by_hash(default_storage, "tflite", evaluation.tflite, ".tflite"))
        result = evaluation.result
        seconds = {**result.seconds, "write": monotonic() - began}
        environment = {**evaluation.environment, "features": hash_in_name(self._claim.pack_name)}
        written = replace(evaluation, result=replace(result, seconds=seconds), environment=environment)
        persist(partial(trials.complete, **self._lease(), evaluation=written, tflite_name=name))

    def _end(self, ending: Ended) -> None:
        if ending.kind == "infeasible":
            persist(partial(trials.infeasible, **self._lease(), reason=ending.reason))
        elif ending.kind == "cancelled" and self._hopeless and not self._lost.is_set():
            self._stop_early()
        elif ending.kind == "cancelled":
            persist(partial(trials.cancel, **self._lease(), reason="The study was stopped."))
        else:
            log, retry = self._trainer.log_tail(), ending.kind == "transient"
            persist(partial(trials.fail, **self._lease(), reason=ending.reason, retry=retry, log=log))

    def _stop_early(self) -> None:
        assert self._check is not None
        stopping = self._check.record()
        reason = reason_of(stopping["decisions"][-1])
        persist(partial(trials.stop_early, **self._lease(), stopping=stopping, reason=reason))

    def _lease(self) -> _Lease:
        return {"trial_id": self._claim.trial_id, "worker": self._worker_name}
