"""Makes a dump of a small database that holds every kind of row in every state, and what it holds as JSON.

Run it from the checkout whose data is to be kept, with that checkout's own environment, before tables change:

    python -m tests.upgrade.make_dump

It writes COMMIT.sql.gz (pg_dump of the embedded server) and COMMIT.json (`tests.upgrade.content`) beside itself, named
after the checked-out commit; `test_upgrade` brings every such dump up under the code of the day. The script follows the
code: what made a dump is the script of the commit that added the dump, on the models of the commit in its name.
Contents are made up, from fixed seeds; times, salts and the hashes of zip archives differ from one run to the next.
It takes about 75 s of a processor, most of it for training two energy models.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
_OPTIONS = ("--no-owner", "--no-privileges", "--restrict-key=earshot")


def main() -> None:
    """Make the dump of the checked-out commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EARSHOT_DATA"] = folder
        for name in ("DATABASE_URL", "CELERY_BROKER_URL"):
            os.environ.pop(name, None)
        sql, content = _made()
    (HERE / f"{commit}.sql.gz").write_bytes(gzip.compress(sql, mtime=0))
    (HERE / f"{commit}.json").write_text(_a_row_a_line(content))
    sys.stdout.write(f"{HERE / commit}.sql.gz and .json\n")


def _a_row_a_line(content: Mapping[str, Sequence[object]]) -> str:
    kinds = (
        f"{json.dumps(kind)}: [\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
        for kind, rows in content.items()
    )
    return "{\n" + ",\n".join(kinds) + "\n}\n"


def _made() -> tuple[bytes, Mapping[str, Sequence[object]]]:
    """(SQL, content) of a fresh database of the data folder that the environment names."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.upgrade.content import found
    from webapp.supervisor.postgres import DATABASE, SUPERUSER, THROW_AWAY_SETTINGS, Cluster, binaries, running

    settings.DATA_FOLDER.ensure()
    with running(Cluster.of(settings.DATA_FOLDER, THROW_AWAY_SETTINGS)) as cluster:
        call_command("prepare", "--without-static", verbosity=0)
        fill()
        command = [str(binaries() / "pg_dump"), "-h", str(cluster.socket_folder), "-U", SUPERUSER, *_OPTIONS, DATABASE]
        sql = subprocess.run(command, capture_output=True, check=True).stdout
        return _without_host(sql), found()


def _without_host(sql: bytes) -> bytes:
    """Messages to the workers name the host that sent them; a dump names none."""
    return re.sub(rb'"origin": "[^"]*"', b'"origin": "gen1@machine-a"', sql)


def fill() -> None:
    """Every table, through the services."""
    from tests.upgrade import fill_benches as bench
    from tests.upgrade import fill_studies as study

    owner = study.make_person()
    dataset = study.make_datasets(owner)
    phone, watch = bench.make_phone(), bench.make_watch()
    bench.make_files_and_runs(phone)
    model = bench.make_energy_model(phone, times=2.0)
    bench.make_energy_model(watch, times=3.0, known=model)
    bench.make_models_that_are_not_ready(phone.device)
    finished = study.make_finished_study(dataset, owner)
    study.make_study_by_model(dataset, owner, model)
    study.make_running_study(dataset, owner)
    study.make_other_studies(dataset, owner, finished)
    study.make_baselines(dataset, owner)
    small = study.make_study_of_edited_space(dataset, owner)
    study.complete(small.trials.select_related("architecture", "study").get(), network=bench.network_file(small))
    bench.make_kits(phone, small)
    study.make_dry_runs(dataset, owner)
    study.make_processes()


if __name__ == "__main__":
    main()
