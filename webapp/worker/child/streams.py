"""Jobs of a data worker's child: a network evaluated on streams, put together from clips or recorded."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from nas_engine.audio.cache import open_pack
from nas_engine.evaluation_result import StreamResult
from nas_engine.network import runtimes
from nas_engine.streaming.procedure.detecting import detect, open_streams
from nas_engine.streaming.procedure.evaluating import evaluate_composed, evaluate_recordings
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import SoundStream, StreamScores
from webapp.worker.child.composing import source_clips
from webapp.worker.child.messages import DetectOnStreams, EvaluateStreams

StreamsJob = EvaluateStreams | DetectOnStreams


def load() -> Callable[[StreamsJob, object], Any]:
    """TensorFlow is loaded with this module."""
    return lambda job, _: _do(job)


def _do(job: StreamsJob) -> Any:
    return _detect(job) if isinstance(job, DetectOnStreams) else _evaluate(job)


def _detect(job: DetectOnStreams) -> StreamResult:
    runtimes.require(job.runtime)
    pack, content = open_pack(Path(job.pack_path)), Path(job.network).read_bytes()
    network = ListeningNetwork(content, pack.config, pack.normalisation, pack.classes, job.runtime)
    return detect(network, open_streams(Path(job.streams.path), job.streams.plan))


def _evaluate(job: EvaluateStreams) -> Mapping[str, Any]:
    runtimes.require(job.runtime)
    pack, plan = open_pack(Path(job.pack_path)), EvaluationPlan.from_json(job.plan)
    content = Path(job.network).read_bytes()
    network = ListeningNetwork(content, pack.config, pack.normalisation, pack.classes, job.runtime)

    def scores_of(stream: SoundStream) -> StreamScores:
        return stream_scores(stream, network, plan.loop)

    choosing, measuring = partial(source_clips, job.choosing), partial(source_clips, job.measuring)
    if job.recordings:
        return evaluate_recordings(choosing, job.recordings, plan, scores_of).to_json()
    return evaluate_composed(choosing, measuring, plan, scores_of).to_json()
