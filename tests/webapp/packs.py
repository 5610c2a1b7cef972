"""A dataset with a small real feature pack, for tests that evaluate."""

import tempfile
from pathlib import Path

import numpy as np
from django.core.files.storage import default_storage

from nas_engine.audio.cache import Example, open_pack, write_pack
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.testing.audio import spoil_test_split
from tests.webapp import rows
from tests.webapp.factories import flac
from webapp.models import Clip, Dataset
from webapp.storage import save_by_hash, save_file_by_hash


def dataset_with_features(clips_per_class: int = 6, *, is_test_split_readable: bool = False) -> Dataset:
    """Three classes whose features differ by level, in three splits; by default the test split cannot be read."""
    rng = np.random.default_rng(0)
    examples = (
        Example(split, label, f"{split}-{label}-{number}", (rng.normal(level, 1, (196, 40))).astype(np.float32))
        for split in ("train", "eval", "test")
        for level, label in enumerate(rows.CLASSES)
        for number in range(clips_per_class)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.pack"
        write_pack(path, examples, FrontendConfig(), rows.CLASSES)
        if not is_test_split_readable:
            spoil_test_split(path)
        counts = {split: dict.fromkeys(rows.CLASSES, clips_per_class) for split in ("train", "eval", "test")}
        dataset = rows.ready_dataset(
            pack=save_file_by_hash(default_storage, "packs", path),
            counts=counts,
            frontend=rows.FRONTEND,
            normalisation=open_pack(path).normalisation.to_json(),
        )
    audio = save_by_hash(default_storage, "clips", flac(2.0, rng), ".flac")
    clips = (
        Clip(
            dataset=dataset,
            split=split,
            label=rows.CLASSES[position // clips_per_class],
            source_name=f"{split} {position}",
            seconds=2.0,
            position=position,
            audio=audio,
        )
        for split in counts
        for position in range(clips_per_class * len(rows.CLASSES))
    )
    Clip.objects.bulk_create(clips)
    return dataset
