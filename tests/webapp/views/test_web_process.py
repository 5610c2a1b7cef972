"""The web process: small, and free of the libraries that belong to workers."""

import json
import subprocess
import sys
from textwrap import dedent

import pytest
from django.test import Client
from django.urls import reverse

from tests.webapp import benches, traces
from tests.webapp.factories import make_dataset, make_study, make_user
from tests.webapp.reports import written
from webapp.models import Clip
from webapp.services import runs
from webapp.worker.reading import read_file

LIMIT_BYTES = 250_000_000

# Runs in a fresh interpreter as the web server would: load the WSGI application, serve these addresses, look around.
PROGRAM = dedent("""
    import json, sys
    from webapp.wsgi import application
    import psutil
    from django.test import Client
    cookie, addresses = json.loads(sys.argv[1])
    client = Client()
    client.cookies["sessionid"] = cookie
    statuses = {}
    for address in addresses:
        response = client.get(address)
        statuses[address] = response.status_code
        b"".join(response.streaming_content) if response.streaming else response.content
    size = psutil.Process().memory_info().rss
    print(json.dumps({"modules": sorted(sys.modules), "bytes": size, "statuses": statuses}))
""")
FOREIGN = (
    "tensorflow", "tf_keras", "tensorflow_model_optimization", "jax", "jaxlib", "vizier", "sklearn", "plotly", "polars",
    "pyjls", "scipy.stats", "sqlalchemy",
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_after_serving_every_kind_of_page_it_is_small_and_free_of_what_belongs_to_workers() -> None:
    client = Client()
    client.force_login(make_user())
    study = make_study(completed=2000, running=1, curves=1, dataset=make_dataset(clips_a_class=1))
    clip = Clip.objects.filter(dataset=study.dataset).first()
    assert clip is not None
    file = benches.file_of(benches.campaign(), "trace.csv", traces.monsoon_csv())
    read_file(file.pk, "worker")
    run = runs.create_run(campaign_id=file.campaign_id, file_ids=[file.pk])
    report = written(study)
    addresses = [
        reverse("devices"),
        reverse("campaign", args=[file.campaign_id]),
        reverse("run", args=[run.pk]),
        *(reverse(name, args=[file.pk]) for name in ("measurement", "file_trace", "measurement_raw")),
        reverse("studies"),
        reverse("new_study"),
        reverse("datasets"),
        *(reverse(name, args=[study.pk]) for name in ("study", "study_progress", "rewards_chart", "trials_csv")),
        reverse("study_json", args=[study.pk]),
        *(reverse("front_chart", args=[study.pk, resource]) for resource in ("energy", "flash")),
        *(reverse(name, args=[study.pk, 1]) for name in ("trial", "curve_chart", "trial_python", "trial_drawing")),
        reverse("trials_table", args=[study.pk, "parquet"]),
        reverse("compare") + f"?of={study.trials.get(number=1).pk}",
        reverse("finalists", args=[study.pk]),
        reverse("study_why", args=[study.pk]),
        reverse("why_chart", args=[study.pk, "energy", "importance"]),
        *(reverse(name, args=[report.pk]) for name in ("report", "report_document", "report_tables")),
        reverse("dataset", args=[study.dataset_id]),
        *(reverse(name, args=[study.dataset_id, clip.pk]) for name in ("clip", "clip_audio", "spectrogram_chart")),
    ]
    argument = json.dumps([client.cookies["sessionid"].value, addresses])
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, argument], capture_output=True, text=True, timeout=120, check=True
    )
    report = json.loads(process.stdout.splitlines()[-1])
    assert report["statuses"] == dict.fromkeys(addresses, 200)
    assert [name for name in FOREIGN if name in report["modules"]] == []
    assert report["bytes"] < LIMIT_BYTES
