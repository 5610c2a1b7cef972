"""`manage.py demo_guide`: the part of `manage.py demo` that runs alongside the services; the supervisor starts it."""

import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webapp.forms.study_file import StudyFileError, read_study_file, settings_from
from webapp.management.demo import DemoError, ensure_dataset, ensure_study, wait_for_end
from webapp.management.plain_errors import plain_errors
from webapp.management.progress import Line
from webapp.management.sign_in import demo_user, sign_in_link
from webapp.services.exports import write_study_summary

_STUDY_FILE = Path("studies", "demo.toml")


class Command(BaseCommand):
    help = "Prepare the demo's dataset and study on a running Earshot. Use `manage.py demo`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", required=True)
        parser.add_argument("--data", type=Path)
        parser.add_argument("--set", action="append", default=[])
        parser.add_argument("--exit-when-done", action="store_true")
        parser.add_argument("--json", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with plain_errors():
                self._guide(options)
        except (DemoError, StudyFileError) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    def _guide(self, options: dict[str, Any]) -> None:
        line = Line()
        user = demo_user()
        dataset = ensure_dataset(options["data"], user, line)
        overrides = settings_from(dict(item.partition("=")[::2] for item in options["set"]))
        study = ensure_study(dataset, read_study_file(settings.BASE_DIR / _STUDY_FILE) | overrides, user)
        self._print_box(sign_in_link(user, options["address"]), study.name)
        if options["exit_when_done"]:
            wait_for_end(study, line)
            if options["json"]:
                write_study_summary(study_id=study.pk, path=options["json"])
                self.stdout.write(f"Results: {options['json']}")

    def _print_box(self, link: str, name: str) -> None:
        rows = [
            f"The study “{name}” runs. Watch it at this address; it signs you in once:",
            "",
            link,
            "",
            "Ctrl-C stops.",
        ]
        width = max(map(len, rows))
        edge = "─" * (width + 2)
        body = "\n".join(f"│ {row.ljust(width)} │" for row in rows)
        self.stdout.write(f"\n╭{edge}╮\n{body}\n╰{edge}╯\n")
        self.stdout.flush()
