"""Shared by all tests: one real PostgreSQL with the real queue in it; `tests.real_data` has the real files."""

from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from webapp.broker import ensure_broker
from webapp.listening.process import EAR
from webapp.supervisor.postgres import THROW_AWAY_SETTINGS, Cluster, running

# How long an example takes says how busy the machine is: what must be quick has a test of its own, marked `alone`.
# The same code is given the same examples, so that a change is blamed for nothing that was there before it. New ones
# are looked for by `python -m pytest --hypothesis-profile=exploring`.
for profile, repeats in (("repeatable", True), ("exploring", False)):
    hypothesis.settings.register_profile(
        profile,
        hypothesis.settings(),
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        print_blob=True,
        derandomize=repeats,
    )
hypothesis.settings.load_profile("repeatable")

pytest_plugins = ("tests.real_data", "tests.compilers", "tests.written_marks")

_TAKES_LONG = ("slow", "browser", "faults")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that take long come first: begun last, one would keep a core busy while the other idles."""
    first = {item.path for item in items if any(item.get_closest_marker(marker) for marker in _TAKES_LONG)}
    items.sort(key=lambda item: item.path not in first)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Cluster]:
    """The embedded server, on the tests' own data folder."""
    settings.DATA_FOLDER.ensure()
    with running(Cluster.of(settings.DATA_FOLDER, THROW_AWAY_SETTINGS)) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server: Cluster) -> None:
    """pytest-django asks for this before it makes the test database: the server has to run by then."""


@pytest.fixture(scope="module")
def listening_process() -> Iterator[None]:
    """One listening process for all tests of a file, as for all people of a web server: its start loads TensorFlow."""
    yield
    EAR.close()


@pytest.fixture
def broker(transactional_db: None) -> None:
    """The real queue (pgmq) in the test database, empty at the start of the test."""
    ensure_broker()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pgmq.purge_queue(queue_name) FROM pgmq.list_queues()")
