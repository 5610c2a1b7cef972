"""Label tracks of Audacity: one text file a recording, of its name, with lines of onset, end and label.

Tabs part the cells; times are seconds; a line that begins with a backslash gives frequencies and is passed over
(Audacity manual, "Importing and Exporting Labels"). A track without a line is a recording without events; a recording
without a track is left out, for nobody knows what it holds; several tracks of one recording are taken together.
`audio.layouts.label_tracks` makes clips of the same files.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import note, some
from nas_engine.audio.layouts.files import SoundFolder, stem_of
from nas_engine.streaming.annotations.base import AnnotatedRecording, Annotations, Lines, require_recordings, rows_of


def is_track(text: str) -> bool:
    """Whether a text may be a label track: its first line begins with two times, or there is none."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\\")]
    return not lines or all(_is_number(cell) for cell in ([*lines[0].split("\t"), "", ""])[:2])


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def read_tracks(folder: SoundFolder, tracks: Mapping[str, str]) -> Annotations:
    """Recordings with label tracks, {name: text}. Raises BadDataset where no track has a recording."""
    lines = Lines()
    used: dict[str, list[str]] = {}
    for name, text in tracks.items():
        recording = _recording_of(folder, name)
        if recording is None:
            message = "No recording has the name of this label track: name it as the recording, with .txt."
            lines.findings.append(DatasetProblem("no_recording", "error", name, message))
            continue
        for where, cells in rows_of(text, name):
            if not cells[0].startswith("\\"):
                lines.enter(where, recording, *(*cells, "", "", "")[:3])
        used.setdefault(recording, []).append(name)
    for recording, names in used.items():
        if len(names) > 1:
            message = f"Its label tracks were taken together: {some(names, 3)}."
            lines.findings.append(note("several_tracks", recording, message))
    if alone := [name for name in folder.clips if name not in used]:
        message = f"They have no label track: left out ({some(alone, 3)}). An empty track states that nothing is there."
        lines.findings.append(note("unlisted", f"{len(alone)} recordings", message))
    recordings = (AnnotatedRecording(folder.root / name, name, tuple(lines.events[name])) for name in used)
    return require_recordings(recordings, "Audacity labels", lines.findings)


def _recording_of(folder: SoundFolder, track: str) -> str | None:
    """Recording in the folder of a track whose name begins with the recording's: rec1.txt, rec1_labels.txt."""
    path = PurePosixPath(track)
    near = [name for name in folder.clips if PurePosixPath(name).parent == path.parent]
    named = [name for name in near if _begins_with(path.stem, stem_of(PurePosixPath(name).name))]
    return max(named, key=len) if named else None


def _begins_with(track: str, recording: str) -> bool:
    return track.startswith(recording) and not track[len(recording) : len(recording) + 1].isalnum()
