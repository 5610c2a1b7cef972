"""Studies whose reports hold everything, and reports that were written of them."""

import itertools

from tests.webapp import benches
from tests.webapp import finals as made
from tests.webapp.factories import make_dataset, make_study
from webapp.models import CurvePoint, Dataset, Finalist, Report, Study
from webapp.services import finals, openings
from webapp.services.openings import Evaluated, open_test_split
from webapp.services.reports import request_report
from webapp.worker.report.writing import write_report
from webapp.worker.statistics import pairs_of, statistics_of

_counter = itertools.count(1)


def written(study: Study) -> Report:
    """A report as a worker leaves it."""
    report = request_report(study_id=study.pk)
    write_report(report.pk, "data-1")
    report.refresh_from_db()
    return report


def text_of(report: Report) -> str:
    """The stored document."""
    assert report.state == Report.State.READY, report.reason
    with report.document.open("rb") as file:
        return str(file.read().decode())


def opened(finalist: Finalist, right: int = 3, *, again: bool = False) -> None:
    """Open the test split for a finalist; all its seeds answer `right` of four clips rightly."""
    opening = open_test_split(finalist_id=finalist.pk, again=again)
    assert openings.claim(opening_id=opening.pk, worker="data-1")
    found = made.evaluated(finalist, right)
    seeds = openings.trained_seeds(finalist)
    recordings = {split: [f"{split} {name}" for name in names] for split, names in found.recordings.items()}
    statistics = statistics_of(opening, seeds, found.answers, recordings)
    evaluated = Evaluated(found.trial_ids, found.answers, recordings, statistics)
    assert openings.complete(opening_id=opening.pk, worker="data-1", evaluated=evaluated)
    openings.add_statistics(opening_id=opening.pk, statistics=pairs_of(opening.pk))


def complete_study(completed: int = 40, dataset: Dataset | None = None, **values: object) -> Study:
    """A search with curves, two finalists of three seeds, two baselines, openings, and runs of a finalist."""
    dataset = dataset or make_dataset(pack=f"packs/{next(_counter):064x}.pack")  # features of its own
    study = make_study(completed=completed, curves=2, dataset=dataset, **values)
    finals.train_final_baselines(study_id=study.pk, names=["TC-ResNet8", "MobileNetV1-0.25"], seeds=3)
    first, second = made.finalists(study, count=2)
    baselines = list(Finalist.objects.filter(chosen="baseline", finals__dataset=study.dataset))
    for number, finalist in enumerate((first, second, *baselines)):
        made.train(finalist, first_accuracy=0.70 - number / 50)
    _give_curves(first)
    opened(baselines[0], right=2)
    opened(first)
    opened(second)
    opened(second, again=True)
    campaign = benches.campaign(name=f"nRF5340 of {study.name}"[:40])
    for energy_mj in (1.21, 1.27, 1.24):
        benches.ready_run(campaign, energy_mj=energy_mj, latency_ms=9.5, architecture_id=first.architecture_id)
    return study


def _give_curves(finalist: Finalist) -> None:
    for place, trial in enumerate(openings.trained_seeds(finalist)):
        CurvePoint.objects.bulk_create(
            CurvePoint(
                trial=trial, phase=phase, epoch=epoch, loss=1 / epoch, eval_accuracy=0.4 + epoch / 30 + place / 50
            )
            for phase, epochs in (("float", 8), ("qat", 2))
            for epoch in range(1, epochs + 1)
        )
