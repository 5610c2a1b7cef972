"""Fifteen hundred malformed requests to the real web server: none breaks it, and none fills the log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.webapp import benches, rows
from tests.webapp.bundles import trial_with_network
from tests.webapp.energy_models import examined_model, measured_device
from tests.webapp.factories import edited_spec, make_dataset, make_dry_run, make_study, make_user
from tests.webapp.finals import finalists
from tests.webapp.recordings import stored
from tests.webapp.reports import written
from tests.webapp.streams import evaluated, opened
from tests.webapp.views.malformed import Site, fields_in, requests
from tests.webapp.views.serving import serving, status_of
from webapp.models import Clip
from webapp.services import benches as kits
from webapp.services import comparisons, measurements

COUNT = 1_500
SEED = 26
LOG_BYTES_A_REQUEST = 1_000
_LEFT_OUT = {"sign_out"}
"""It ends the session that all requests share."""


def ids() -> dict[str, object]:
    """Rows of every kind, by the names of the addresses' parameters."""
    dataset = make_dataset(clips_a_class=1, normalisation={"mean": [0.0] * 40, "std": [1.0] * 40})
    study = make_study(completed=3, running=1, curves=1, dataset=dataset)
    edited = {"space": "edited", "space_spec": edited_spec().search_space().to_json()}
    draft = make_study(name="a draft", state="DRAFT", dataset=study.dataset, **edited)
    campaign, phone = benches.campaign(), measured_device()
    run, file = benches.ready_run(campaign), benches.read_file(campaign)
    profile = measurements.keep_profile(name="mine", mapping={"time": {"column": "t", "unit": "s"}})
    kit = kits.request_kit(campaign_id=campaign.pk, hashes=[study.trials.first().architecture_id])
    trial = trial_with_network()
    comparison = comparisons.create(name="a comparison", study_ids=[study.pk, draft.pk])
    return {
        "comparison_id": comparison.pk, "finalist_id": finalists(study, count=1, seeds=1)[0].pk,
        "study_id": draft.pk, "number": 1, "dataset_id": study.dataset_id, "action": "start", "resource": "energy",
        "clip_id": Clip.objects.first().pk, "dry_run_id": make_dry_run(rows.ready_dataset(name="other")).pk,
        "slug": "paper-2d", "part": "accuracy", "device_id": phone.pk, "campaign_id": campaign.pk,
        "file_id": file.pk, "run_id": run.pk, "kit_id": kit.pk, "profile_id": profile.pk,
        "set_id": stored(study.dataset).pk, "opening_id": opened(trial).pk,
        "report_id": written(study).pk,
        "version": examined_model(phone).version, "other_study_id": study.pk,
        "evaluation_id": evaluated(trial).pk, "place": 0, "token": "nobody-s-token",
        "table": "blocks", "kind": "csv", "goal": "accuracy", "chart": "blocks",
    }  # fmt: skip


def addresses(known: dict[str, object]) -> Iterator[str]:
    """Every address; a study's for a draft and for one with trials. Only what does not exist can be deleted."""
    found = get_resolver().reverse_dict
    for name in sorted(pattern.name for pattern in _patterns(get_resolver().url_patterns) if pattern.name):
        parameters = found.getlist(name)[0][0][0][1]
        values = {parameter: known[parameter] for parameter in parameters}
        if name.startswith("delete"):
            values = dict.fromkeys(values, 10**6)
        elif "study_id" in values:
            yield reverse(name, kwargs=values | {"study_id": known["other_study_id"]})
        if name not in _LEFT_OUT:
            yield reverse(name, kwargs=values)


def _patterns(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in found:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns)
        else:
            yield entry


def site() -> Site:
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    token = "a" * 32
    every = list(addresses(ids()))
    fields: dict[str, str] = {}
    for address in every:
        response = client.get(address)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            fields |= fields_in(response.content.decode())
    fields.pop("csrfmiddlewaretoken", None)
    return Site(every, fields, client.cookies["sessionid"].value, token)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_no_malformed_request_breaks_the_server_or_fills_its_log(tmp_path: Path) -> None:
    asked = site()
    assert len(asked.fields) > 50
    with serving(tmp_path) as server:
        started = server.log.stat().st_size
        statuses = [(status_of(server.ask(request)), request) for request in requests(asked, COUNT, SEED)]
        grown = server.log.stat().st_size - started
        assert status_of(server.get("/studies/", asked.cookie)) == 200
        log = server.log.read_text(errors="replace")
    broken = [(status, request[:300]) for status, request in statuses if status >= 500]
    assert not broken, f"{len(broken)} of {COUNT}, the first: {broken[:3]}\n{log[-3000:]}"
    assert len({status for status, _ in statuses}) > 6
    assert sum(status == 0 for status, _ in statuses) < COUNT / 10
    assert grown < LOG_BYTES_A_REQUEST * COUNT
