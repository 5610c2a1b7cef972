"""A published network evaluated in a data worker on the streams of a study's reward, in a child."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from django.conf import settings

from nas_engine.errors import EarshotError
from nas_engine.evaluation_result import Runtime
from webapp.models import StreamDetection
from webapp.services import jobs, stream_detections
from webapp.services.bundles import check_network
from webapp.services.persistence import persist
from webapp.services.stream_evaluations import evaluation_clips
from webapp.services.working import Interrupted, TakenOver, Write, never, reason, work
from webapp.worker import composing
from webapp.worker.child.messages import DetectOnStreams
from webapp.worker.child.process import call_once
from webapp.worker.clip_files import copied
from webapp.worker.packs import discard_if_damaged, local_pack


def detect_on_streams(detection_id: int, worker: str, stopping: Callable[[], bool] = never) -> None:
    """Evaluate one network, unless another worker does; the result, or why there is none, is in its row."""
    work(
        jobs.DETECTIONS,
        detection_id,
        worker,
        claim=partial(stream_detections.claim, detection_id=detection_id, worker=worker),
        do=partial(_result, worker, stopping),
        reject=partial(_refuse, worker),
        stopping=stopping,
    )


def _result(worker: str, stopping: Callable[[], bool], row: StreamDetection) -> Write:
    trial, check = row.trial, partial(_check, worker, stopping, row)
    check_network(trial)
    settings.DATA_FOLDER.ensure()
    pack = local_pack(trial.study.dataset.pack.name or "")
    streams = composing.local_streams(row.plan, evaluation_clips(trial.study.dataset), pack, check)
    with tempfile.TemporaryDirectory(dir=settings.DATA_FOLDER.root, prefix="streams-") as folder:
        network = str(copied(trial.tflite.name or "", Path(folder) / "network.tflite"))
        runtime = cast(Runtime, trial.study.runtime)
        job = DetectOnStreams(network, str(pack), runtime, streams, trial.architecture.flops)
        try:
            result = call_once(job, check)
        except EarshotError:
            discard_if_damaged(pack)  # another attempt fetches the features again
            composing.discard_if_damaged(streams)
            raise
    return partial(stream_detections.complete, detection_id=row.pk, worker=worker, result=result)


def _check(worker: str, stopping: Callable[[], bool], row: StreamDetection) -> None:
    """Raise Interrupted where the worker has to end, TakenOver where another one has the row."""
    if stopping():
        raise Interrupted
    if not persist(jobs.DETECTIONS.held(row.pk, worker).exists, give_up=stopping):
        raise TakenOver


def _refuse(worker: str, row: StreamDetection, error: Exception) -> bool:
    words = reason(error, "It could not be evaluated on streams")
    return stream_detections.fail(detection_id=row.pk, worker=worker, reason=words)
