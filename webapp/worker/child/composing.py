"""Job of a worker's child: streams put together from clips, as features. TensorFlow is not loaded for it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nas_engine.audio.cache import open_pack
from nas_engine.audio.decode import decode
from nas_engine.streaming.composing import SourceClip
from nas_engine.streaming.procedure.composed_features import write_stream_features
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.worker.child.messages import ClipFile, ComposeStreams


def load() -> Callable[[ComposeStreams, object], None]:
    """Everything is loaded with this module."""
    return lambda job, _: _compose(job)


def _compose(job: ComposeStreams) -> None:
    config = open_pack(Path(job.pack_path)).config
    write_stream_features(Path(job.path), source_clips(job.clips), EvaluationPlan.from_json(job.plan), config)


def source_clips(files: Sequence[ClipFile]) -> list[SourceClip]:
    """The clips decoded."""
    return [SourceClip(decode(Path(one.path)), one.label, one.recording) for one in files]
