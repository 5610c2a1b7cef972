"""No search, training, stopping rule or page reads the test split: with one that raises when read, all of them work."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from tests.webapp import packs, rows
from tests.webapp.factories import make_user
from webapp.forms.study import OFFERED_DESIGNERS
from webapp.models import Finalist, Study, Trial
from webapp.services.finals import train_finalists
from webapp.worker import evaluating, suggesting

pytestmark = pytest.mark.django_db(transaction=True)
RULES = list(Study.EarlyStopping)
_LINK = re.compile(r'(?:href|data-chart|hx-get)="(/[^"#]*)"')
_LEFT_OUT = re.compile(r"sign-out|/static/|/paper/|/new/|/devices/")
_MOST_PAGES = 120


@pytest.mark.parametrize(("designer", "rule"), list(zip(OFFERED_DESIGNERS, RULES * 3, strict=False)))
def test_a_search_with_every_designer_and_rule(worker, designer, rule):
    study = rows.running_study(
        dataset=packs.dataset_with_features(),
        designer=designer,
        early_stopping=rule,
        trial_budget=3,
        switch_at=1,
        full_epochs=8,
    )
    evaluate_all(study, worker)
    assert study.trials.filter(state=Trial.State.COMPLETED).count() >= 1
    assert not study.trials.filter(state=Trial.State.FAILED).exists()


def test_every_page_of_a_study_with_finalists(worker):
    study = rows.running_study(dataset=packs.dataset_with_features(), trial_budget=2, full_epochs=8)
    evaluate_all(study, worker)
    ids = list(study.trials.values_list("pk", flat=True))
    finals = train_finalists(study_id=study.pk, trial_ids=ids, chosen=Finalist.Chosen.HAND, seeds=1).finals
    evaluate_all(finals, worker)
    client = Client()
    client.force_login(make_user())
    seen = dict(crawl(client, f"/studies/{study.pk}/"))
    assert {f"/studies/{study.pk}/finalists/", f"/datasets/{study.dataset_id}/"} <= set(seen)
    assert {address: status for address, status in seen.items() if status >= 400} == {}


def evaluate_all(study: Study, worker) -> None:
    """Suggest and evaluate until no trial is open."""
    while True:
        suggesting.suggest_for(study.pk)
        waiting = study.trials.filter(state=Trial.State.REQUESTED).order_by("number").first()
        if waiting is None:
            return
        evaluating.evaluate(waiting.pk, worker)


def crawl(client: Client, start: str) -> Iterator[tuple[str, int]]:
    """Status of every page, chart and download that pages lead to."""
    waiting, known = [start], {start}
    while waiting and len(known) < _MOST_PAGES:
        address = waiting.pop(0)
        response = client.get(address)
        yield address, response.status_code
        if "text/html" not in response.headers.get("Content-Type", ""):
            continue
        for found in _LINK.findall(response.content.decode().replace("&amp;", "&")):
            if found.split("?")[0] not in {one.split("?")[0] for one in known} and not _LEFT_OUT.search(found):
                known.add(found)
                waiting.append(found)
