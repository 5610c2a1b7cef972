"""`manage.py doctor`: what is wrong with this machine, and how to mend it."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from webapp.supervisor.doctor import MachineFinding, Status, examine


class Command(BaseCommand):
    help = (
        "Examine this machine: Python, packages, memory, disk, port, database, queue. Exit code 1 if something fails."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print findings as JSON")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        findings: list[MachineFinding] = []
        for finding in examine(settings.DATA_FOLDER, options["host"], options["port"]):
            findings.append(finding)
            if not options["json"]:
                self._print(finding)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=1))
        sys.exit(int(any(finding.status == "FAIL" for finding in findings)))

    def _print(self, finding: MachineFinding) -> None:
        self.stdout.write(f"{self._styled(finding.status)} {finding.subject}: {finding.found}")
        if finding.mend:
            self.stdout.write(f"     -> {finding.mend}")
        self.stdout.flush()

    def _styled(self, status: Status) -> str:
        style = {"OK": self.style.SUCCESS, "WARN": self.style.WARNING, "FAIL": self.style.ERROR}[status]
        return style(status.ljust(4))
