"""Deploy bundles as jobs: requested once at a time, of real networks alone, kept while their rows are."""

import pytest

from tests.webapp import rows
from tests.webapp.bundles import packed, trial_with_network
from tests.webapp.factories import make_user, with_tflite
from webapp.models import ArtifactChunk, DeployBundle
from webapp.services import bundles, jobs
from webapp.services.artifacts import collect_artifacts
from webapp.services.errors import Conflict

pytestmark = pytest.mark.django_db


def test_a_bundle_that_is_being_packed_is_not_requested_twice() -> None:
    trial, ada = trial_with_network(), make_user()
    bundle = bundles.request_bundle(trial_id=trial.pk, owner=ada)
    assert (bundle.state, bundle.owner, bundle.dispatched_at is None) == ("PACKING", ada, True)
    assert bundles.request_bundle(trial_id=trial.pk) == bundle
    assert bundles.claim(bundle_id=bundle.pk, worker="data-1")
    assert bundles.fail(bundle_id=bundle.pk, worker="data-1", reason="The disk is full.")
    assert bundles.request_bundle(trial_id=trial.pk) != bundle


@pytest.mark.parametrize("content", [b"TFL3 in name only", b"TFL3" * 1000, b""])
def test_a_simulated_network_has_no_bundle(content: bytes) -> None:
    trial = with_tflite(rows.completed_trial(rows.running_study()), content)
    with pytest.raises(Conflict, match="has no real network"):
        bundles.request_bundle(trial_id=trial.pk)
    assert not DeployBundle.objects.exists()


def test_a_trial_that_never_ended_has_no_bundle() -> None:
    [trial] = rows.requested_trials(rows.running_study())
    with pytest.raises(Conflict, match="is waiting: it has no network"):
        bundles.request_bundle(trial_id=trial.pk)


def test_one_worker_packs_it_and_another_changes_nothing() -> None:
    bundle = trial_with_network().bundles.create()
    assert bundles.claim(bundle_id=bundle.pk, worker="data-1")
    assert bundles.claim(bundle_id=bundle.pk, worker="data-2") is None
    found = {"file": "bundles/a.zip", "arena": None, "arena_note": "No interpreter here."}
    assert not bundles.complete(bundle_id=bundle.pk, worker="data-2", **found)
    assert bundles.complete(bundle_id=bundle.pk, worker="data-1", **found)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.worker, bundle.arena, bundle.arena_note) == ("READY", "", None, "No interpreter here.")
    assert not bundles.fail(bundle_id=bundle.pk, worker="data-1", reason="late")


def test_a_bundle_that_was_given_up_says_what_to_do() -> None:
    bundle = trial_with_network().bundles.create()
    for _ in range(jobs.MOST_ATTEMPTS):
        assert bundles.claim(bundle_id=bundle.pk, worker="dead")
        jobs.recover(jobs.BUNDLES, dead_workers=["dead"], worker_is_idle=False)
    bundle.refresh_from_db()
    assert (bundle.state, bundle.reason) == ("FAILED", jobs.BUNDLES.given_up)


def test_a_bundle_takes_the_place_of_the_one_before_it_and_its_file() -> None:
    trial = rows.completed_trial(rows.running_study())
    first, other = packed(trial), packed(rows.completed_trial(trial.study, seed=1), b"PK of another trial")
    ArtifactChunk.objects.update(stored_at="2020-01-01T00:00:00Z")
    second = packed(trial, b"PK, packed again")
    assert list(DeployBundle.objects.order_by("pk")) == [other, second]
    assert set(ArtifactChunk.objects.values_list("name", flat=True)) == {other.file.name, second.file.name}
    ArtifactChunk.objects.update(stored_at="2020-01-01T00:00:00Z")
    third = packed(trial, b"PK, packed again")
    assert not DeployBundle.objects.filter(pk=second.pk).exists()
    assert ArtifactChunk.objects.filter(name=third.file.name).exists(), "the same bytes are one file"
    assert first.file.name != third.file.name


def test_a_failed_bundle_is_kept_until_another_is_requested() -> None:
    trial = trial_with_network()
    ready = packed(trial)
    for _ in range(3):
        bundle = bundles.request_bundle(trial_id=trial.pk)
        assert bundles.claim(bundle_id=bundle.pk, worker="data-1")
        assert bundles.fail(bundle_id=bundle.pk, worker="data-1", reason="The disk is full.")
    assert list(trial.bundles.order_by("pk")) == [ready, bundle]


def test_the_zip_is_kept_until_its_trial_is_deleted() -> None:
    bundle = packed(rows.completed_trial(rows.running_study()))
    ArtifactChunk.objects.update(stored_at="2020-01-01T00:00:00Z")
    assert collect_artifacts() == 0
    bundle.delete()
    assert collect_artifacts() == 1
