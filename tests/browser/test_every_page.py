"""Every page, in two widths and both themes: no sideways scrolling, no console error, readable, labelled.

EARSHOT_SCREENSHOTS=folder also saves a picture of each.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser
from sesame.utils import get_query_string

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.audio.frontends.suppression import ClassSuppression
from tests.browser.visiting import problems_of, problems_of_pages
from tests.webapp.energy_models import examined_model, measured_device, ready_model
from tests.webapp.factories import (
    edited_spec,
    make_baselines,
    make_dataset,
    make_dry_run,
    make_study,
    make_user,
    make_workers,
    stopped_early,
    with_tflite,
)
from tests.webapp.finals import make_finals
from tests.webapp.reports import complete_study, written
from webapp.forms.paper_five import PaperFiveForm
from webapp.models import Clip, Comparison, Dataset, EnergyModel, ListProfile, Report, Study, Trial
from webapp.queries.charted import VIEWS
from webapp.services.energy_estimates import reestimate
from webapp.services.reports import request_report

SHALLOW = ("mobilenet_v1-3-32", "mobilenet_v2-3-32")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def study_in_full_swing(dataset: Dataset, owner: User) -> Study:
    """Trials in every state, some with curves."""
    return make_study(
        name="Doorbell watch",
        notes="Only what fits the **earbud**:\n\n- 60 kB\n- 1.25 mJ",
        tags=["earbud", "winter"],
        dataset=dataset,
        completed=70,
        running=2,
        waiting=3,
        failed=2,
        infeasible=1,
        refused=3,
        enforce_constraints=True,
        flash_limit_kb=60.0,
        energy_limit_mj=1.25,
        curves=3,
        trial_budget=96,
        owner=owner,
        duplicates_answered=4,
    )


@pytest.fixture
def addresses(broker: None) -> dict[str, str]:
    """Every page by a short name, over rows of every kind of state."""
    owner = make_user()
    dataset = make_dataset(clips_a_class=2, name="Kitchen and hallway")
    synthetic = make_dataset(name="synthetic nine", synthetic=True, problems=[])
    live = study_in_full_swing(dataset, owner)
    done = make_study(name="Quick look", dataset=synthetic, completed=12, curves=2, early_stopping="tsgp", owner=owner)
    stopped = stopped_early(Trial.objects.get(study=done, number=2))
    draft = make_study(name="Draft", dataset=synthetic, state=Study.State.DRAFT, trial_budget=24)
    with_tflite(Trial.objects.get(study=done, number=1), b"TFL3" * 1000)
    make_workers()
    return {
        "studies": reverse("studies"),
        "studies-none-match": reverse("studies") + "?q=nothing",
        "study-live": reverse("study", args=[live.pk]),
        "study-done": reverse("study", args=[done.pk]) + "?sort=-reward&front=energy",
        "study-refused": reverse("study", args=[live.pk]) + "?state=VIOLATING",
        "study-draft": reverse("study", args=[draft.pk]),
        "study-new": reverse("new_study") + "?preset=quick",
        "study-edit": reverse("edit_study", args=[draft.pk]),
        "trial-done": reverse("trial", args=[done.pk, 1]),
        "trial-running": reverse("trial", args=[live.pk, 74]),
        "trial-stopped": reverse("trial", args=[done.pk, stopped.number]),
        "trial-failed": reverse("trial", args=[live.pk, 71]),
        "trial-refused": reverse("trial", args=[live.pk, 79]),
        "datasets": reverse("datasets"),
        "dataset-new": reverse("new_dataset"),
        "dataset-ready": reverse("dataset", args=[dataset.pk]),
        **other_datasets(),
        "clip": reverse("clip", args=[dataset.pk, Clip.objects.filter(dataset=dataset).earliest("pk").pk]),
        **paper(live),
        **dry_runs(dataset),
        "not-found": reverse("study", args=[999_999]),
        **published_networks(live, synthetic),
        **finalists(done, live),
        **energy_models(done),
        **spaces(synthetic),
        **comparisons(live, done),
        **reports_and_search(),
    }


def reports_and_search() -> dict[str, str]:
    """One that is ready, one that is being written, one that failed; what a search finds, and notes of a trial."""
    study = complete_study(name="Kitchen report")
    ready, writing = written(study), request_report(study_id=study.pk)
    failed = Report.objects.create(study=study, state="FAILED", reason="Its worker died repeatedly.")
    return {
        "report": reverse("report", args=[ready.pk]),
        "search": reverse("search") + "?q=e",
        "trial-notes": reverse("describe_trial", args=[study.pk, 1]),
        "report-writing": reverse("report", args=[writing.pk]),
        "report-failed": reverse("report", args=[failed.pk]),
    }


def other_datasets() -> dict[str, str]:
    """One that is being prepared, one that cannot be, one whose list has to be mapped, one without baselines."""
    preparing = Dataset.objects.create(
        name="upload of Tuesday",
        phase="decoding clips",
        progress_done=312,
        progress_total=490,
        heartbeat_at=timezone.now(),
    )
    broken = Dataset.objects.create(name="broken archive", state="FAILED", error="No usable clips in eval.")
    unmapped = Dataset.objects.create(
        name="walks",
        state="FAILED",
        error="notes.csv: none of its columns is known to hold the classes of the clips.",
        upload="uploads/walks.zip",
        columns={
            "list": "notes.csv",
            "names": ["recording of the walk", "what", "rater", "use"],
            "rows": [[f"fold{n}/{n}-a-long-name-of-a-recording.wav", "dog", "17", "train"] for n in range(5)],
            "proposal": {"path": "recording of the walk", "label": "what"},
        },
    )
    ListProfile.objects.create(name="walks of spring", mapping={"path": "what", "label": "use"})
    plain = make_dataset(name="Cellar", problems=[])
    suppression = [
        ClassSuppression(
            label, 40 + number, 0.04 * number, 0.03, -14.2 + number, None if number == 8 else -2.1
        ).to_json()
        for number, label in enumerate(plain.classes)
    ]
    micro = FrontendConfig.of_kind("micro").to_json()
    suppressed = make_dataset(name="Cellar on the chip", frontend=micro, suppression=suppression)
    return {
        "dataset-preparing": reverse("dataset", args=[preparing.pk]),
        "dataset-failed": reverse("dataset", args=[broken.pk]),
        "dataset-unmapped": reverse("dataset", args=[unmapped.pk]),
        "dataset-without-baselines": reverse("dataset", args=[plain.pk]),
        "dataset-suppressed": reverse("dataset", args=[suppressed.pk]),
    }


def dry_runs(dataset: Dataset) -> dict[str, str]:
    """One that ended and one that found nothing to train."""
    return {
        "dry-run": reverse("dry_run", args=[make_dry_run(dataset).pk]),
        "dry-run-failed": reverse("dry_run", args=[make_dry_run(dataset, flash_limit_kb=1.0).pk]),
    }


def paper(live: Study) -> dict[str, str]:
    """The paper's tables and figures; Figure 2 and the further views of `live`."""
    return {
        **{f"study-view-{name}": reverse("study", args=[live.pk]) + f"?chart={name}" for name in VIEWS},
        "paper": reverse("paper"),
        "paper-table1": reverse("paper_table1"),
        "paper-table2": reverse("paper_table2"),
        "paper-figure2": reverse("paper_figure2") + f"?study={live.pk}",
    }


def energy_models(study: Study) -> dict[str, str]:
    """A device whose model `study` goes by, with a newer version and one that failed; what to measure next."""
    phone = measured_device(name="Pixel 4 XL")
    model = examined_model(phone)
    ready_model(phone)
    EnergyModel.objects.create(device=phone, version=3, state="FAILED", reason="It ran out of memory.")
    reestimate(study_id=study.pk, energy_model_id=model.pk)
    return {
        "energy-models": reverse("energy_models", args=[phone.pk]),
        "energy-model": reverse("energy_model", args=[phone.pk, 1]),
        "energy-model-failed": reverse("energy_model", args=[phone.pk, 3]),
        "measure-next": reverse("measure_next", args=[phone.pk]),
        "study-reestimated": reverse("study", args=[study.pk]),
    }


def finalists(done: Study, live: Study) -> dict[str, str]:
    """Finalists of `done` whose test split was opened in part, and none yet of `live`."""
    made = make_finals(done)
    return {
        "finalists": reverse("finalists", args=[done.pk]),
        "finalists-none": reverse("finalists", args=[live.pk]),
        "finals-study": reverse("study", args=[made[0].finals_id]),
    }


def published_networks(live: Study, synthetic: Dataset) -> dict[str, str]:
    """The baselines, all trained beside `live` and half of them on `synthetic`, and networks side by side."""
    baselines = make_baselines(live.dataset)
    half_done = make_baselines(synthetic, names=["TC-ResNet8", "TC-ResNet14", "MobileNetV1-0.25"], completed=2)
    networks = [*Trial.objects.filter(study=baselines).order_by("-number"), Trial.objects.get(study=live, number=1)]
    return {
        "baselines": reverse("study", args=[baselines.pk]),
        "baselines-running": reverse("study", args=[half_done.pk]),
        "baseline-trial": reverse("trial", args=[baselines.pk, 3]),
        "compare-two": f"{reverse('compare')}?of={networks[-1].pk}&of={networks[0].pk}",
        "compare-four": f"{reverse('compare')}?" + "&".join(f"of={network.pk}" for network in networks[1:]),
        "compare-nothing": reverse("compare"),
    }


def spaces(dataset: Dataset) -> dict[str, str]:
    """Spaces to read and to edit: one edited and screened, one that does not fit its dataset."""
    left_out = edited_spec(blocks=9)
    left_out = replace(left_out, positions=(*left_out.positions[:8], replace(left_out.positions[8], excluded=SHALLOW)))
    edited = {"space": "edited", "space_spec": left_out.search_space().to_json()}
    screened = {"enforce_constraints": True, "flash_limit_kb": 60.0, "energy_limit_mj": 1.5}
    short = make_dataset(name="short clips", frontend=FrontendConfig(frames=98, mel_bins=20).to_json())
    draft = make_study(name="Edited", dataset=dataset, state=Study.State.DRAFT, **edited, **screened)
    wrong = make_study(name="Does not fit", dataset=short, state=Study.State.DRAFT)
    return {
        "space-paper": reverse("space_page", args=["paper-1d"]),
        "space-draft": reverse("study_space", args=[draft.pk]),
        "space-wrong": reverse("study_space", args=[wrong.pk]),
    }


def comparisons(live: Study, done: Study) -> dict[str, str]:
    """Studies on two datasets, one at work; the paper's five at work on one; none at all."""
    five = started_five(live.dataset)
    different = Comparison.objects.create(name="Kitchen and synthetic", notes="Whether synthesis is enough.")
    different.studies.add(live, done)
    empty = Comparison.objects.create(name="Nothing yet")
    return {
        "comparisons": reverse("comparisons"),
        "comparison-new": reverse("new_comparison"),
        "comparison-five": reverse("comparison", args=[five.pk]),
        "comparison-different": reverse("comparison", args=[different.pk]),
        "comparison-empty": reverse("comparison", args=[empty.pk]),
        "comparison-add": reverse("add_to_comparison", args=[live.pk]),
        "comparison-description": reverse("describe_comparison", args=[five.pk]),
    }


def started_five(dataset: Dataset) -> Comparison:
    """The paper's five with some trials each, all but one at work."""
    form = PaperFiveForm({"name": "Paper's five", "dataset": dataset.pk, "scale": "0.05", "seed": "1"})
    assert form.is_valid(), form.errors
    five = Comparison.objects.create(name=form.cleaned_data["name"], notes=form.notes)
    for number, study in enumerate(form.studies):
        settings = {name: getattr(study, name) for name in Study.SETTINGS if name != "seed"}
        settings["name"] = f"{five.name}: {study.name}"
        five.studies.add(make_study(**settings, completed=20 * number, running=number != 1, seed=number + 1))
    return five


@pytest.mark.timeout(900)
def test_every_page_is_sound(
    chromium: Browser, live_server: object, addresses: dict[str, str], screenshots: Path | None
) -> None:
    found = problems_of_pages(chromium, str(live_server), addresses, screenshots)
    assert not found, "\n".join(found)


def test_the_sign_in_pages_are_sound(
    chromium: Browser, live_server: object, db: None, screenshots: Path | None
) -> None:
    with chromium.new_context(reduced_motion="reduce", base_url=str(live_server)) as context:
        link = reverse("sign_in_link")
        fresh = link + get_query_string(make_user())
        for name, address in (("sign-in", reverse("sign_in")), ("link", fresh), ("link-used-up", link)):
            page = context.new_page()
            found = list(problems_of(page, name, address, screenshots))
            assert not [problem for problem in found if "403" not in problem]
