"""Job of a data worker's child: a network evaluated on streams, put together from clips or recorded."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nas_engine.audio.cache import open_pack
from nas_engine.audio.decode import decode
from nas_engine.network import runtimes
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.procedure.evaluating import evaluate_composed, evaluate_recordings
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import SoundStream, StreamScores
from webapp.worker.child.messages import ClipFile, EvaluateStreams


def load() -> Callable[[EvaluateStreams, object], Mapping[str, Any]]:
    """TensorFlow is loaded with this module."""
    return lambda job, _: _evaluate(job)


def _evaluate(job: EvaluateStreams) -> Mapping[str, Any]:
    runtimes.require(job.runtime)
    pack, plan = open_pack(Path(job.pack_path)), EvaluationPlan.from_json(job.plan)
    content = Path(job.network).read_bytes()
    network = ListeningNetwork(content, pack.config, pack.normalisation, pack.classes, job.runtime)

    def scores_of(stream: SoundStream) -> StreamScores:
        return stream_scores(stream, network, plan.loop)

    choosing, measuring = partial(_clips, job.choosing), partial(_clips, job.measuring)
    if job.recordings:
        return evaluate_recordings(choosing, job.recordings, plan, scores_of).to_json()
    return evaluate_composed(choosing, measuring, plan, scores_of).to_json()


def _clips(files: Sequence[ClipFile]) -> list[SourceClip]:
    return [SourceClip(decode(Path(one.path)), one.label, one.recording) for one in files]
