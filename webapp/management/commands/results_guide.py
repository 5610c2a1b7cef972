"""`manage.py results_guide`: the part of `manage.py results` that runs alongside the services."""

import json
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection

from webapp.management.commands.results import add_plan_arguments, plan_of
from webapp.management.demo import DemoError, ensure_dataset
from webapp.management.plain_errors import plain_errors
from webapp.management.progress import Line
from webapp.management.results.journal import Header, Journal, JournalError
from webapp.management.results.page import page_of
from webapp.management.results.pictures import pictures_of
from webapp.management.results.run import ResultsRun
from webapp.management.results.values import values_of
from webapp.management.sign_in import demo_user, sign_in_link
from webapp.queries.finals import features_hash

COMMAND = "make results DATA=path/to/clips"
_ROUND_SECONDS = 15.0


class Command(BaseCommand):
    help = "Run the searches of `manage.py results` on a running Earshot. Use `manage.py results`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", required=True)
        add_plan_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with plain_errors():
                self._guide(options)
        except (DemoError, JournalError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    def _guide(self, options: dict[str, Any]) -> None:
        line, user, plan = Line(), demo_user(), plan_of(options)
        self.stdout.write(f"Watch it here (signs you in once): {sign_in_link(user, options['address'])}")
        dataset = ensure_dataset(options["data"], user, line)
        header = Header(dataset.name, features_hash(dataset), plan.to_json())
        results = ResultsRun(dataset, plan, Journal(options["journal"], header))
        while (stage := _advanced(results)) is not None:
            line.show(stage)
            self._write(results, header, stage, options)
            time.sleep(_ROUND_SECONDS)
        self._write(results, header, "", options)
        if failures := results.failures():
            line.end("It has ended, but not everything is trained and evaluated.")
            raise CommandError("\n".join(failures))
        line.end("Every network is trained and evaluated.")

    def _write(self, results: ResultsRun, header: Header, stage: str, options: dict[str, Any]) -> None:
        """The figures and the page as far as the run has come; `stage` is "" at its end."""
        values = values_of(results, header.dataset, header.settings) | {"under_way": stage}
        if options["json"] is not None:
            _replace(options["json"], json.dumps(values, indent=1, sort_keys=True) + "\n")
        if options["page"] is not None:
            pictures = pictures_of(results)
            for name, svg in pictures.items():
                _replace(options["page"].with_name(name), svg)
            _replace(options["page"], page_of(values, COMMAND, tuple(pictures)))


def _replace(path: Path, text: str) -> None:
    """Write a file that is whole at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _advanced(results: ResultsRun) -> str | None:
    """A step; an outage of the database is reported and waited out."""
    try:
        return results.advance()
    except (OperationalError, InterfaceError):
        connection.close()
        return "the database is out of reach; waiting for it"
