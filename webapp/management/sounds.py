"""Features for commands that train without a database: from a folder or list of clips, in a temporary folder."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig


@contextmanager
def packed_features(source: Path, on_progress: Callable[[int, int, str], None]) -> Iterator[FeaturePack]:
    """The feature pack of the clips at `source`, gone afterwards. Raises BadDataset where they cannot be trained on."""
    with tempfile.TemporaryDirectory(prefix="earshot-") as folder:
        path = Path(folder, "features.pack")
        prepare(scan(source), FrontendConfig(), on_progress, Path(folder, "work")).write_pack(path)
        yield open_pack(path)
