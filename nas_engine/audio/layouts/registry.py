"""The layouts, in the order in which they are looked for: those that publish their own files first, folders last."""

from types import ModuleType

from nas_engine.audio.containers.opening import FORMATS
from nas_engine.audio.layouts import edge_impulse, esc50, file_names, folders, kaldi, label_tracks, speech_commands
from nas_engine.audio.layouts.base import Listing, ReadingOptions
from nas_engine.audio.layouts.files import SoundFolder
from nas_engine.audio.layouts.lists import recognition
from nas_engine.errors import BadDataset

KNOWN = (
    "Earshot reads: a CSV, JSON or JSON-lines list with the columns path, class, split, group; one list a split; "
    f"folders train/CLASS/, eval/CLASS/, test/CLASS/ of {FORMATS} files; folders CLASS/ alone; label tracks of "
    "Audacity and selection tables of Raven; labels in file names; and published sets as they come, such as ESC-50, "
    "UrbanSound8K, FSD50K and Speech Commands."
)
_LAYOUTS: tuple[ModuleType, ...] = (
    esc50,
    edge_impulse,
    kaldi,
    speech_commands,
    recognition,
    label_tracks,
    folders,
    file_names,
)


def recognise(folder: SoundFolder, options: ReadingOptions) -> Listing:
    """Clips by the first layout that recognises the folder. Raises BadDataset where none does."""
    for layout in _LAYOUTS:
        if found := layout.recognise(folder, options):
            listing: Listing = found
            return listing
    raise BadDataset(f"No clips found in '{folder.root.name}'. {KNOWN}")
