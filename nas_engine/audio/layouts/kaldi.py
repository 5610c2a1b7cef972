"""Layout of Kaldi's data folders: wav.scp with text, utt2spk and segments, one folder a split.

Each line of these files is an id, a space and a value (Kaldi documentation, "Data preparation"). The text of an
utterance is its class, where texts repeat.
"""

from pathlib import PurePosixPath

from nas_engine.audio.checks import DatasetProblem
from nas_engine.audio.layouts.base import LabelledRow, Listing, ReadingOptions
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists.tables import read_text
from nas_engine.audio.layouts.split_words import split_in_name
from nas_engine.errors import BadDataset

_SOUNDS, _TEXTS, _SPEAKERS, _SEGMENTS = "wav.scp", "text", "utt2spk", "segments"


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing | None:
    """Utterances of every folder with a wav.scp. Raises BadDataset without texts, or where they are transcripts."""
    mapping = options.mapping
    if mapping and (mapping.has_columns or mapping.ignore_lists or mapping.pattern):
        return None
    places = [str(PurePosixPath(name).parent) for name in folder.others if PurePosixPath(name).name == _SOUNDS]
    if not places:
        return None
    findings: list[DatasetProblem] = []
    rows = [row for place in places for row in _utterances(folder, place, findings)]
    labels = {row.label for row in rows}
    if 2 * len(labels) > len(rows):
        raise BadDataset(
            f"{_join(places[0], _TEXTS)}: the texts differ from utterance to utterance ({len(labels)} in {len(rows)}): "
            "they are transcripts, no classes. Give a CSV list with the columns path and class."
        )
    return Listing(rows, "Kaldi data folders", tuple(findings), "speaker")


def _utterances(folder: SoundFolder, place: str, findings: list[DatasetProblem]) -> list[LabelledRow]:
    sounds, texts = _values(folder, place, _SOUNDS), _values(folder, place, _TEXTS)
    if not texts:
        raise BadDataset(
            f"{_join(place, _SOUNDS)}: there is no file '{_TEXTS}' with the words of the utterances next to it."
        )
    speakers, segments = _values(folder, place, _SPEAKERS), _values(folder, place, _SEGMENTS)
    split = split_in_name(f"{place}/-")
    rows = []
    for utterance, label in texts.items():
        where = f"{_join(place, _TEXTS)}, {utterance}"
        recording, *times = segments[utterance].split() if utterance in segments else [utterance]
        path = _path(folder, place, sounds.get(recording, recording))
        span = _span(times)
        if segments and span is None:
            message = "It has no start and end in 'segments', in seconds: add them or remove the utterance."
            findings.append(DatasetProblem("bad_segment", "error", where, message))
            continue
        start, end = span or (None, None)
        rows.append(LabelledRow(where, path, split, label, speakers.get(utterance, ""), start, end))
    return rows


def _values(folder: SoundFolder, place: str, name: str) -> dict[str, str]:
    path = folder.root / place / name
    if not path.is_file():
        return {}
    lines = read_text(path, _join(place, name)).splitlines()
    pairs = [line.strip().split(maxsplit=1) for line in lines if line.strip()]
    return {pair[0]: pair[1] if len(pair) > 1 else "" for pair in pairs}


def _path(folder: SoundFolder, place: str, sound: str) -> str:
    """File of a line of wav.scp; of a command (ending in a bar) the word that names a clip."""
    words = [sound] if not sound.endswith("|") else sound.rstrip("|").split()
    found = next((paths for word in words if (paths := folder.find(word, "" if place == "." else place))), None)
    return found[0] if found else sound


def _span(times: list[str]) -> tuple[float, float] | None:
    try:
        start, end = map(float, times)
    except ValueError:
        return None
    return (start, end) if 0.0 <= start < end < float("inf") else None


def _join(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"
