"""`manage.py space paper-2d|paper-1d|FILE`: what is in a search space and what its networks cost."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nas_engine.search_space.paper_spaces import NAMES, spec_by_name
from nas_engine.search_space.spec import SpaceProblem, SpaceSpec, problems
from nas_engine.space_summary import SummaryLimits, summarise
from webapp.forms.space_file import SpaceFileError, read_space_file, space_to_toml
from webapp.management.space_report import space_json, space_text

_SHOWN_NAMES = tuple(name.replace("_", "-") for name in NAMES)
_BYTES_PER_KB = 1000


class Command(BaseCommand):
    help = "Print a search space: its positions, number of architectures, and what these cost by estimate."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("space", help=f"{', '.join(_SHOWN_NAMES)}, or a TOML or JSON file")
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="everything, with every option, as JSON")
        form.add_argument("--toml", action="store_true", help="the space alone as TOML, to start a file of your own")
        parser.add_argument("--samples", type=int, default=20_000, help="networks to draw (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=0, help="of the drawing (default: %(default)s)")
        parser.add_argument("--classes", type=int, help="outputs of the networks (default: 9, or the file's)")
        parser.add_argument("--flash-kb", type=float, default=60.0, help="limit of flash (default: %(default)s)")
        parser.add_argument("--energy-mj", type=float, default=1.25, help="limit of energy (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            spec = _spec(options["space"], options["classes"])
            found = problems(spec)
            if errors := [str(problem) for problem in found if problem.severity == "error"]:
                raise CommandError("\n".join((f"{spec.name or 'This space'} cannot be built:", *errors)))
            self._print(spec, found, options)
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _print(self, spec: SpaceSpec, warnings: tuple[SpaceProblem, ...], options: dict[str, Any]) -> None:
        if not options["json"]:
            for warning in warnings:
                self.stderr.write(f"warning: {warning}")
        if options["toml"]:
            self.stdout.write(space_to_toml(spec))
            return
        limits = SummaryLimits(options["flash_kb"] * _BYTES_PER_KB, options["energy_mj"])
        seed = options["seed"]
        summary = summarise(spec.search_space(), limits, options["samples"], seed)
        if options["json"]:
            self.stdout.write(json.dumps(space_json(spec, summary, warnings, seed), indent=1))
        else:
            self.stdout.write(space_text(spec, summary, seed))


def _spec(space: str, classes: int | None) -> SpaceSpec:
    """Raises ValueError where `space` is neither a name nor a file with a search space."""
    name = space.replace("-", "_")
    spec = spec_by_name(name) if name in NAMES else _from_file(space)
    return spec if classes is None else replace(spec, head=replace(spec.head, classes=classes))


def _from_file(space: str) -> SpaceSpec:
    path = Path(space).expanduser()
    if not path.exists():
        close = get_close_matches(space.replace("_", "-"), _SHOWN_NAMES, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Name a file, or one of {', '.join(_SHOWN_NAMES)}."
        raise SpaceFileError(f"There is no search space and no file {space}. {hint}")
    return read_space_file(path)
