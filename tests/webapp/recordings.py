"""Archives of recordings for tests, and recordings as a worker leaves them."""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from nas_engine.streaming.annotations.folders import read_folder
from nas_engine.streaming.procedure.evaluating import evaluate_recordings
from tests.webapp.streams import PLAN, by_level, sounds_of
from webapp.models import Dataset, RecordingSet, StreamEvaluation, Trial
from webapp.services import recordings, stream_evaluations
from webapp.services.recordings import ReadRecordings
from webapp.storage import save_file_by_hash

LIST = "filename\tonset\toffset\tevent_label\n"
EVENTS = LIST + "kitchen.wav\t4\t6\talarm\nkitchen.wav\t12\t13.5\tdog\nkitchen.wav\t20\t21\tcow\nhall.wav\n"


def sound(seconds: float = 30.0, rate_hz: int = 16_000, channels: int = 1, seed: int = 0) -> bytes:
    """A WAV file of noise that is louder in one second of each five."""
    rng = np.random.default_rng(seed)
    louder = np.where(np.arange(round(seconds * rate_hz)) // rate_hz % 5 == 4, 0.3, 0.02)
    file = io.BytesIO()
    soundfile.write(file, rng.normal(0, 1, (len(louder), channels)) * louder[:, None], rate_hz, format="WAV")
    return file.getvalue()


def kitchen() -> dict[str, bytes]:
    """Two recordings, one of them in stereo at 48 kHz, with a list in which one label is no class."""
    return {"kitchen.wav": sound(), "hall.wav": sound(20.0, 48_000, 2, 1), "events.tsv": EVENTS.encode()}


def archive(files: Mapping[str, bytes], name: str = "kitchen.zip") -> "ContentFile[bytes]":
    """The files as an uploaded zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for file, content in files.items():
            zipped.writestr(f"recordings/{file}", content)
    return ContentFile(packed.getvalue(), name)


def stored(dataset: Dataset, name: str = "kitchen", files: Mapping[str, bytes] | None = None) -> RecordingSet:
    """Recordings that were uploaded and read."""
    given = files or kitchen()
    added = recordings.add(dataset_id=dataset.pk, name=name, file=archive(given))
    assert recordings.claim(set_id=added.pk, worker="data-1")
    with tempfile.TemporaryDirectory() as folder:
        source, flacs = Path(folder, "given"), Path(folder, "flacs")
        source.mkdir()
        flacs.mkdir()
        for file, content in given.items():
            (source / file).write_bytes(content)
        found = read_folder(source, flacs, dataset.classes, 1.0)
        audio = [save_file_by_hash(default_storage, "recordings", one.path) for one in found.streams]
        assert recordings.complete(set_id=added.pk, worker="data-1", found=ReadRecordings(found, audio))
    added.refresh_from_db()
    return added


def evaluated_on(trial: Trial, measured: RecordingSet) -> StreamEvaluation:
    """An evaluation on recordings as a worker leaves it, of a listener that hears levels instead of a network."""
    row = stream_evaluations.request_evaluation(trial_id=trial.pk, plan=PLAN, recordings_id=measured.pk)
    assert stream_evaluations.claim(evaluation_id=row.pk, worker="data-1")
    choosing = stream_evaluations.clips_for(trial, PLAN, is_recorded=True).choosing
    rows = recordings.recordings_of(row)
    with tempfile.TemporaryDirectory() as folder:
        streams = []
        for one in rows:
            path = Path(folder, f"{one.position}.flac")
            path.write_bytes(one.audio.read())
            streams.append(recordings.stream_of(one, path))
        outcome = evaluate_recordings(lambda: sounds_of(choosing), streams, PLAN, by_level)
    keys = [one.pk for one in rows]
    assert stream_evaluations.complete(
        evaluation_id=row.pk, worker="data-1", seen_plan=row.plan, clips=keys, outcome=outcome
    )
    row.refresh_from_db()
    return row
