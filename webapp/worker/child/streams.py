"""Job of a data worker's child: a network evaluated on streams, put together from clips or recorded."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nas_engine.audio.cache import open_pack
from nas_engine.audio.decode import decode
from nas_engine.errors import BadDataset
from nas_engine.network import runtimes
from nas_engine.streaming.annotations.recognition import read_annotations, read_negatives
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.procedure.evaluating import evaluate_composed, evaluate_recordings
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.reading import RecordedStream
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

    choosing = _clips(job.choosing)
    if job.recordings:
        recordings = _recordings(Path(job.recordings), pack.classes)
        return evaluate_recordings(choosing, recordings, plan, scores_of).to_json()
    return evaluate_composed(choosing, _clips(job.measuring), plan, scores_of).to_json()


def _clips(files: Sequence[ClipFile]) -> list[SourceClip]:
    return [SourceClip(decode(Path(one.path)), one.label, one.recording) for one in files]


def _recordings(folder: Path, classes: Sequence[str]) -> list[RecordedStream]:
    """Recordings with their events, of labels that are classes; without any list, all of them as background."""
    try:
        found = read_annotations(folder)
    except BadDataset:
        if any(path.suffix.lower() in (".tsv", ".txt", ".csv") for path in folder.rglob("*")):
            raise
        found = read_negatives(folder)
    found = found.with_classes({label: label for label in classes})
    return [one.stream() for one in found.recordings]
