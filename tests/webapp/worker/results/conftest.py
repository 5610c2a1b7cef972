"""A data set of which all splits can be read, and the journal of a finished run."""

from pathlib import Path

import pytest

from tests.webapp import packs
from tests.webapp.worker.results.runs import begun, leave_to_another_machine, networks_of, work
from webapp.models import Dataset


@pytest.fixture
def dataset() -> Dataset:
    return packs.dataset_with_features(clips_per_class=20, is_test_split_readable=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


@pytest.fixture(scope="module")
def finished_files() -> dict[str, bytes]:
    """Journal and networks of a whole run, by names; empty before the first test that needs one has made it."""
    return {}


@pytest.fixture
def finished(dataset: Dataset, worker: str, journal: Path, finished_files: dict[str, bytes]) -> Path:
    """The journal of a whole run of `PLAN`, of which nothing else is left here."""
    if not finished_files:
        work(begun(dataset, journal), worker)
        leave_to_another_machine()
        files = [journal, *networks_of(journal).iterdir()]
        finished_files.update({str(file.relative_to(journal.parent)): file.read_bytes() for file in files})
    for name, content in finished_files.items():
        path = journal.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return journal
