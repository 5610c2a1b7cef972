"""Jobs of a data worker's child: a network evaluated on streams, put together from clips or recorded."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from nas_engine.audio.cache import open_pack
from nas_engine.audio.layouts.base import some
from nas_engine.errors import BadDataset
from nas_engine.evaluation_result import StreamResult
from nas_engine.network import runtimes
from nas_engine.streaming.annotations.recognition import read_annotations, read_negatives
from nas_engine.streaming.procedure.detecting import detect, open_streams
from nas_engine.streaming.procedure.evaluating import evaluate_composed, evaluate_recordings
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.reading import RecordedStream
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import SoundStream, StreamScores
from webapp.worker.child.composing import source_clips
from webapp.worker.child.messages import DetectOnStreams, EvaluateStreams

StreamsJob = EvaluateStreams | DetectOnStreams
MOST_FINDINGS = 20
"""Findings in the lists of recordings that are stated one by one."""


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
        recordings, notes = read_recordings(Path(job.recordings), pack.classes)
        outcome = evaluate_recordings(choosing, recordings, plan, scores_of)
        return replace(outcome, notes=(*notes, *outcome.notes)).to_json()
    return evaluate_composed(choosing, measuring, plan, scores_of).to_json()


def read_recordings(folder: Path, classes: Sequence[str]) -> tuple[list[RecordedStream], list[str]]:
    """Recordings with their events, of labels that are classes, and sentences about what was left out.

    Without any list, all of them are background. Raises BadDataset where lists cannot be read.
    """
    try:
        found = read_annotations(folder)
    except BadDataset:
        if any(path.suffix.lower() in (".tsv", ".txt", ".csv") for path in folder.rglob("*")):
            raise
        found = read_negatives(folder)
    notes = [f"{one.where}: {one.message}" for one in found.findings[:MOST_FINDINGS]]
    if len(found.findings) > MOST_FINDINGS:
        notes.append(f"There are {len(found.findings) - MOST_FINDINGS} more findings in the lists of the recordings.")
    counts = Counter(event.label for one in found.recordings for event in one.events if event.label not in classes)
    if counts:
        listed = some([f"'{label}' ({count})" for label, count in counts.most_common()])
        notes.append(f"Events of labels that are no class of the network were left out: {listed}. Small and capital "
                     f"letters differ; its classes are {', '.join(classes)}.")  # fmt: skip
    found = found.with_classes({label: label for label in classes})
    return [one.stream() for one in found.recordings], notes
