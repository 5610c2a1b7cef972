"""Searches with real trainings at equal epochs, on small sounds."""

from pathlib import Path

import pytest

from benchmarks.compute.race import Race, RaceJournal, raced
from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.network.schedule import TrainingConfig
from nas_engine.testing.audio import tiny_pack
from nas_engine.testing.spaces import tiny_2d
from tests.nas_engine.network.threads import use_one_thread

use_one_thread()

EPOCHS = 13  # of which a whole training takes five: three float epochs, two of QAT
ENTRANT = "random-none"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> FeaturePack:
    path = tmp_path_factory.mktemp("pack") / "tones.pack"
    tiny_pack(path)
    return open_pack(path)


def race(pack: FeaturePack, work: Path) -> Race:
    config = TrainingConfig(full_epochs=4, qat_epochs=2, batch_size=8)
    return Race(pack, tiny_2d(), RaceJournal(work), EPOCHS, config)


def test_a_race_pays_for_each_epoch_and_goes_on_where_it_was(pack: FeaturePack, tmp_path: Path) -> None:
    work = tmp_path / "race.jsonl"
    found = raced(race(pack, work), ENTRANT, 1, [4, EPOCHS], final=2)
    assert (found["trainings"], found["finished"]) == (2, 2)  # the third has no result
    assert found["after"]["4"] == {"reward": None, "accuracies": []}
    assert len(found["after"]["13"]["accuracies"]) == 2
    lines = work.read_text().splitlines(keepends=True)
    assert len(lines) == 5
    work.write_text("".join(lines[:2]) + lines[2][:40])  # killed while it wrote
    again = raced(race(pack, work), ENTRANT, 1, [4, EPOCHS], final=2)
    assert again["after"] == found["after"]
    assert work.read_text().splitlines(keepends=True)[:2] == lines[:2]


def test_kept_trainings_of_another_search_are_refused(pack: FeaturePack, tmp_path: Path) -> None:
    work = tmp_path / "race.jsonl"
    raced(race(pack, work), ENTRANT, 1, [EPOCHS], final=0)
    work.write_text(work.read_text().replace(f'["{ENTRANT}",1,', f'["{ENTRANT}",2,'))
    with pytest.raises(SystemExit, match="training 1 of the kept race is of another network"):
        raced(race(pack, work), ENTRANT, 2, [EPOCHS], final=0)
