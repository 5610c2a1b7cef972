"""The test split of a feature pack, which `nas_engine.audio.closed_split.answers` alone opens (an import contract).

Search, training, early stopping and thresholds work on `cache.FeaturePack`, which does not have it.
"""

from pathlib import Path

from nas_engine.audio.cache import CLOSED_SPLIT, SplitFeatures
from nas_engine.audio.pack_file import map_pack
from nas_engine.errors import BadDataset


def open_test_split(path: Path) -> SplitFeatures:
    """Clips of the test split of the pack at `path`.

    Raises BadDataset if the pack has none, and what `cache.open_pack` raises.
    """
    pack = map_pack(path)
    if CLOSED_SPLIT not in pack.split_names:
        raise BadDataset(
            f"This dataset has no test clips; it has {', '.join(pack.split_names)}. Add clips to a folder or list "
            "named test, or let Earshot divide the clips, and add the dataset again."
        )
    return SplitFeatures(pack.classes, *pack.arrays_of(CLOSED_SPLIT))
