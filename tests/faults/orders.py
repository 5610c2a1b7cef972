"""A person in a hurry: `python -m tests.faults.orders SEED COUNT KIND...` orders jobs of these kinds, one by one.

Each order waits for the database while it is away, as a person does who sends a form again.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Sequence

PAUSE_SECONDS = 0.3
_FEW = {"train_clips_per_class": 2, "eval_clips_per_class": 1, "test_clips_per_class": 1}


def main(seed: int, count: int, kinds: Sequence[str]) -> None:
    """`count` orders, of all kinds alike, in an order of the seed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
    import django

    django.setup()
    from webapp.services.persistence import persist

    orders = _orders(seed)
    rng = random.Random(seed)
    ordered = [kinds[number % len(kinds)] for number in range(count)]
    rng.shuffle(ordered)
    for number, kind in enumerate(ordered):
        persist(lambda kind=kind, number=number: orders[kind](number))
        print(number, kind, flush=True)
        time.sleep(PAUSE_SECONDS)


def _orders(seed: int) -> dict[str, Callable[[int], object]]:
    """By kind, what makes the row of an order and sends it."""
    from tests.webapp import benches, rows, traces
    from tests.webapp.energy_models import measured_device
    from tests.webapp.factories import make_study, with_tflite
    from webapp.models import Study
    from webapp.services import benches as kits
    from webapp.services import datasets, dry_runs, energy_models, measurements, result_tables, runs

    trial = with_tflite(make_study(completed=1).trials.get(), b"TFL3 in name only")
    campaign, measured = benches.campaign(name="Bench"), measured_device(6, name="Measured")
    networks = [trial.architecture_id]

    def upload(number: int) -> list[int]:
        content = traces.monsoon_csv(before_s=0.5, busy_s=2.0, busy_ma=300.0 + seed + number)
        added = measurements.add_files(campaign_id=campaign.pk, files=[benches.upload(f"{number}.csv", content)])
        return [file.pk for file in added.all]

    def table(number: int) -> object:
        text = f"architecture,energy_mj,label\n{networks[0]},{1 + number},order {number}\n"
        return result_tables.order_import(campaign_id=campaign.pk, text=text, name=f"table {number}.csv")

    return {
        "upload": upload,
        "run": lambda number: runs.create_run(campaign_id=campaign.pk, file_ids=upload(number), label=f"run {number}"),
        "table": table,
        "kit": lambda number: kits.request_kit(campaign_id=campaign.pk, hashes=networks),
        "dataset": lambda number: datasets.create_synthetic(name=f"made {time.time()}", recipe=_FEW),
        "dry run": lambda number: dry_runs.request_dry_run(
            study=Study(name="what if", designer="random", trial_budget=4, full_epochs=8, dataset=rows.ready_dataset()),
            owner=None,
        ),
        "model": lambda number: energy_models.request_model(device_id=measured.pk),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
