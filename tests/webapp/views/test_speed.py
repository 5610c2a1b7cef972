"""A study of 2,000 trials must be as quick to look at as a small one."""

import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import psutil
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.webapp.factories import make_study, make_workers
from webapp.models import Study

pytestmark = [pytest.mark.alone, pytest.mark.django_db]

LIMIT_SECONDS = 0.200
REFERENCE_SECONDS = 0.033
"""Processor time of `reference_work` on the machine for which `LIMIT_SECONDS` was set; a slower one gets more time."""
REPEATS = 6
MOST_QUERIES = 12
PARTS: tuple[tuple[str, list[str], dict[str, str]], ...] = (
    ("study", [], {}),
    ("study", [], {"sort": "-reward", "front": "energy"}),
    ("study", [], {"q": "mobilenet_v2_avg_pool", "page": "20"}),
    ("study_progress", [], {}),
    ("study_trials", [], {"sort": "-int8", "page": "40"}),
    ("study_log", [], {}),
    ("rewards_chart", [], {}),
    ("front_chart", ["energy"], {}),
    ("front_chart", ["flash"], {}),
    ("figure2_chart", ["accuracy"], {}),
    ("figure2_chart", ["memory"], {}),
)


def reference_work() -> int:
    """Work like a template's: formatting of small numbers into short texts."""
    return sum(len(f"{number}: {number * number % 7}") for number in range(100_000))


class Taken(NamedTuple):
    """Processor seconds of one answer, and of `reference_work` in the same moments."""

    answer: float
    reference: float

    @property
    def is_slow(self) -> bool:
        """Over `LIMIT_SECONDS` for the speed that the processor has now; the limit is never below it."""
        return self.exceeds(LIMIT_SECONDS)

    def exceeds(self, limit_seconds: float) -> bool:
        """Over another limit for the speed that the processor has now."""
        return self.answer > limit_seconds * max(1.0, self.reference / REFERENCE_SECONDS)


def server_time(ask: Callable[[], object]) -> Taken:
    """Processor time of one answer, of this thread and of its database session.

    On an idle machine that is the time a person waits for the server; unlike a clock on the wall it does not depend on
    what else the machine is doing. Answers and reference work alternate, so that both meet the same speed of the
    processor. Averaged over repeats, since the system counts a process' time in steps of 10 ms.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        session = psutil.Process(cursor.fetchone()[0])
    answer, reference = -sum(session.cpu_times()[:2]), 0.0
    for _ in range(REPEATS):
        before = time.thread_time()
        ask()
        between = time.thread_time()
        reference_work()
        answer, reference = answer + between - before, reference + time.thread_time() - between
    return Taken((answer + sum(session.cpu_times()[:2])) / REPEATS, reference / REPEATS)


@pytest.fixture(autouse=True)
def frozen_like_the_server() -> Iterator[None]:
    """What is loaded is left out of garbage collections, as `webapp.wsgi` does."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def large_study(db: None) -> Study:
    make_workers()
    return make_study(completed=1980, running=2, waiting=4, failed=10, infeasible=4, trial_budget=2100)


def test_a_large_study_takes_little_server_time_few_bytes_and_few_queries(
    person: Client, large_study: Study, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    slow, heavy = {}, {}
    for name, arguments, query in PARTS:
        address = reverse(name, args=[large_study.pk, *arguments])
        response = person.get(address, query)
        assert response.status_code == 200
        taken = server_time(partial(person.get, address, query))
        slow |= {(name, *arguments, *query): taken} if taken.is_slow else {}
        heavy |= {(name, *arguments): len(response.content)} if len(response.content) > 250_000 else {}
    assert slow == {}
    assert heavy == {}

    small = make_study(completed=60, running=1, failed=1)
    for study in (small, large_study):
        person.get(reverse("study", args=[study.pk]))
        for query in ({}, {"front": "energy", "page": "2"}):
            with django_assert_max_num_queries(MOST_QUERIES):
                person.get(reverse("study", args=[study.pk]), query)
    assert not server_time(lambda: person.get(reverse("studies"))).is_slow
