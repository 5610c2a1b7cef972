"""Which format a folder of recordings is annotated in, by the content of its lists."""

from pathlib import Path

from nas_engine.audio.containers.opening import FORMATS
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import read_text
from nas_engine.errors import BadDataset
from nas_engine.streaming.annotations.base import AnnotatedRecording, Annotations, header_of
from nas_engine.streaming.annotations.label_tracks import is_track, read_tracks
from nas_engine.streaming.annotations.tables import AUDIOSET, DESED, read_audioset, read_desed

KNOWN = (
    "Earshot reads AudioSet's strong labels (columns segment_id, start_time_seconds, end_time_seconds, label), DESED's "
    "and DCASE's lists (filename, onset, offset, event_label), with tabs between the cells, and Audacity's label "
    "tracks (one .txt of the name of each recording: onset, end and label, with tabs)."
)
_SUFFIXES = (".tsv", ".txt", ".csv")


def read_annotations(path: Path) -> Annotations:
    """Recordings below the folder `path` with the events that its lists state.

    Lists of several formats in one folder are read by the first that is there: AudioSet's, DESED's, label tracks.
    Raises BadDataset where there is no list of a known format, or none of its recordings.
    """
    if not path.is_dir():
        raise BadDataset(f"There is no folder '{path.name}': name the folder of the recordings and their lists.")
    folder = SoundFolder(path)
    texts = {name: read_text(path / name, name) for name in folder.others if name.lower().endswith(_SUFFIXES)}
    for columns, read in ((AUDIOSET, read_audioset), (DESED, read_desed)):
        if lists := {name: text for name, text in texts.items() if header_of(text) == columns}:
            return read(folder, lists)
    tracks = {name: text for name, text in texts.items() if name.lower().endswith(".txt") and is_track(text)}
    if tracks:
        return read_tracks(folder, tracks)
    raise BadDataset(f"No list in '{path.name}' states where sounds lie. {KNOWN}")


def read_negatives(path: Path) -> Annotations:
    """All recordings below the folder `path` as background without events, such as hours of room noise.

    Whatever is detected in them is a false alarm. Raises BadDataset where there is no sound.
    """
    folder = SoundFolder(path) if path.is_dir() else None
    if folder is None or not folder.clips:
        raise BadDataset(f"There is no sound ({FORMATS}) in '{path.name}': put recordings without any event there.")
    return Annotations(tuple(AnnotatedRecording(path / name, name) for name in folder.clips), "negatives")
