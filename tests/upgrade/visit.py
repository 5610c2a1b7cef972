"""Uses an upgraded database as people and workers do, through the application of the day; prints what came of it.

Run as a program, by `test_upgrade`, after the content was compared: it adds rows.
"""

import json
import math
import sys
from collections.abc import Iterator
from typing import Any

_MODEL_CHARTS = ("flops", "latency", "predictions", "residuals", "learning", "permutation", "impurity")
_RUNS = 6  # one of each kind; the others are lines of one table


def main() -> None:
    import django

    django.setup()
    from django.test import Client

    from tests.upgrade.fill_studies import NAME, PASSWORD

    client = Client(raise_request_exception=False)
    came_in = client.post("/sign-in/", {"username": NAME, "password": PASSWORD}).status_code == 302
    pages = {address: client.get(address).status_code for address in _addresses()}
    json.dump(
        {
            "signed in": came_in,
            "pages": pages,
            "estimates": list(_estimates()),
            "re-estimated": _re_estimated(),
            "suggested": _suggested(),
        },
        sys.stdout,
    )


def _addresses() -> Iterator[str]:
    """Of every page and download that shows what is stored."""
    yield from ("/studies/", "/datasets/", "/devices/", "/paper/", "/paper/table1/", "/paper/table2/", "/compare/")
    yield from ("/paper/figure2/", "/studies/new/")
    for part in (_of_studies, _of_datasets, _of_devices):
        yield from part()


def _of_studies() -> Iterator[str]:
    from webapp.models import DryRun, Study, Trial

    for study in Study.objects.all():
        parts = ("", "trials/", "log/", "study.json", "trials.csv", "charts/rewards.json", "charts/energy.json")
        searches = ("space/", "study.toml") if study.kind == Study.Kind.SEARCH else ()
        yield from (f"/studies/{study.pk}/{part}" for part in (*parts, *searches))
    for trial in Trial.objects.all():
        page = f"/studies/{trial.study_id}/trials/{trial.number}/"
        yield from (page, f"{page}architecture.json", f"{page}curve.json")
        if trial.tflite:
            yield f"{page}network.tflite"
    for dry_run in DryRun.objects.exclude(owner=None):
        yield f"/studies/dry-runs/{dry_run.pk}/"


def _of_datasets() -> Iterator[str]:
    from webapp.models import Clip, Dataset

    for dataset in Dataset.objects.all():
        yield from (f"/datasets/{dataset.pk}/", f"/datasets/{dataset.pk}/clips/")
    for clip in Clip.objects.all():
        page = f"/datasets/{clip.dataset_id}/clips/{clip.pk}/"
        yield from (page, f"{page}clip.flac", f"{page}spectrogram.json")


def _of_devices() -> Iterator[str]:
    from webapp.models import BenchKit, Campaign, Device, EnergyModel, MeasurementFile, Run

    for device in Device.objects.all():
        yield from (f"/devices/{device.pk}/{part}" for part in ("", "edit/", "models/", "measure-next/"))
    for campaign in Campaign.objects.all():
        yield from (f"/devices/campaigns/{campaign.pk}/{part}" for part in ("", "bench/", "import/"))
    for file in MeasurementFile.objects.all():
        page = f"/devices/files/{file.pk}/"
        yield from (page, f"{page}raw", *([f"{page}trace.json"] if file.plot else []))
    for run in Run.objects.order_by("pk")[:_RUNS]:
        page = f"/devices/runs/{run.pk}/"
        traces = [file.pk for file in run.files.all() if file.plot]
        yield from (page, *(f"{page}files/{number}/trace.json" for number in traces))
    for model in EnergyModel.objects.all():
        page = f"/devices/{model.device_id}/models/{model.version}/"
        yield page
        if model.arrays:
            yield from (f"{page}runs.csv", *(f"{page}charts/{chart}.json" for chart in _MODEL_CHARTS))
    for kit in BenchKit.objects.exclude(file=""):
        yield f"/devices/kits/{kit.pk}/kit.zip"


def _estimates() -> Iterator[dict[str, Any]]:
    """Each stored estimate of an energy model, and what the model says of the same network now."""
    from nas_engine.cost import cost
    from webapp import translation
    from webapp.energy_predictors import predictor
    from webapp.models import TrialEnergyEstimate

    for row in TrialEnergyEstimate.objects.exclude(energy_model=None).select_related(
        "energy_model", "trial__architecture"
    ):
        now = predictor(row.energy_model).estimate(cost(translation.architecture(row.trial.architecture)))
        stored = (row.energy_mj, row.low_mj, row.high_mj)
        today = (now.energy_mj, now.low_mj, now.high_mj)
        alike = all(math.isclose(old or 0.0, new or 0.0, rel_tol=1e-6) for old, new in zip(stored, today, strict=True))
        yield {"trial": str(row.trial), "stored": stored, "today": today, "alike": alike}


def _re_estimated() -> dict[str, Any]:
    """The finished search by the phone's model, and back: how its energies are called, and whether they came back."""
    from webapp.models import EnergyModel, Study
    from webapp.queries.energy_estimates import current_estimate
    from webapp.services.energy_estimates import reestimate

    study = Study.objects.get(name="Finished search")
    model = EnergyModel.objects.get(device__name="Phone", version=1)

    def shown() -> list[tuple[float | None, float | None, str]]:
        trials = study.trials.select_related("study").order_by("number")
        found = [current_estimate(trial, trial.energy_estimates.all()) for trial in trials]
        return [(one.energy_mj, one.reward, one.source) for one in found]

    before = shown()
    added = reestimate(study_id=study.pk, energy_model_id=model.pk).estimated
    by_model = sorted({source for _, _, source in shown()})
    reestimate(study_id=study.pk, energy_model_id=None)
    return {"added": added, "by": by_model, "came back": shown() == before}


def _suggested() -> int:
    """How many trials the running search has asked for once its open ones have ended: its designer goes on."""
    from tests.upgrade.fill_studies import WORKER, complete
    from webapp.models import Study
    from webapp.services import trials
    from webapp.worker.suggesting import suggest_for

    study = Study.objects.get(name="Running search")
    before = study.trials.count()
    running = study.trials.get(state="RUNNING")
    assert trials.infeasible(trial_id=running.pk, worker=WORKER, reason="It cannot be built: a made-up reason.")
    complete(study.trials.select_related("architecture", "study").get(state="REQUESTED"))
    suggest_for(study.pk)
    return study.trials.count() - before


if __name__ == "__main__":
    main()
