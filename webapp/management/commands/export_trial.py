"""`manage.py export_trial STUDY/NUMBER --out DIR|FILE.zip`: a network and all that is needed to use it elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from nas_engine.deployment.bundle import bundle
from webapp.management.named_trials import FORM, FORM_HELP, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.models import Trial
from webapp.services.bundles import check_network
from webapp.services.exports import export_trial


class Command(BaseCommand):
    help = (
        "Write a trial's .tflite, labels, architecture, metrics and front-end description to a folder, or its deploy "
        "bundle, with C sources, model card and smoke test, to a file that ends in .zip."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trial", metavar=FORM, help=FORM_HELP)
        parser.add_argument("--out", type=Path, required=True, help="folder, made if it is missing, or FILE.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            trial, out = trial_named(options["trial"]), options["out"]
            paths = [_pack(trial, out)] if out.suffix == ".zip" else export_trial(trial_id=trial.pk, folder=out)
            for path in paths:
                self.stdout.write(str(path))


def _pack(trial: Trial, path: Path) -> Path:
    """Write the deploy bundle to `path`, packed by this process and its children."""
    from webapp.worker.bundling import contents_of, folder_name  # loads what packs, for a bundle alone

    check_network(trial)
    packed = bundle(contents_of(trial.pk), folder_name(trial))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed)
    return path
