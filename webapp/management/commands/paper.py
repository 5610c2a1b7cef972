"""`manage.py paper table1|table2|figure2`: the paper's figures next to those of Earshot."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nas_engine.paper.figure2 import correlations
from nas_engine.paper.tables import NETWORKS, TABLE_2_MODEL
from nas_engine.search_space.paper_spaces import NAMES
from webapp.management import figure2
from webapp.management.paper_tables import (
    Objects,
    built_files,
    figure2_objects,
    figure2_text,
    measured_table1,
    studies_of,
    table1_objects,
    table1_text,
    table2_objects,
    table2_text,
    write_json,
)
from webapp.management.plain_errors import plain_errors
from webapp.management.progress import Line


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Reproduce the paper's Table 1, Table 2 or Figure 2. The tables build the networks and their .tflite files "
        "(untrained, on one thread; half a minute) and need neither database nor server. Table 1 of trained networks: "
        "table1 --study N or --comparison N."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True)
        for name, models in (("table1", "the baselines and Table 2's network"), ("table2", "the network, row by row")):
            table = parts.add_parser(name, help=f"FLOPs, parameters and flash of {models}")
            table.add_argument("--estimate", action="store_true", help="estimate flash and do without TensorFlow")
            if name == "table1":
                ours = table.add_mutually_exclusive_group()
                ours.add_argument("--study", type=int, help="finalists of this study and its baselines, as measured")
                ours.add_argument("--comparison", type=int, help="the same of the studies of this comparison")
            _add_json(table)
        figure = parts.add_parser("figure2", help="float against int8 accuracy, parameters against flash")
        figure.add_argument("--samples", type=int, default=8, help="random networks to train (default: 8)")
        figure.add_argument("--epochs", type=int, default=10, help="of a finished network; three quarters are trained")
        figure.add_argument("--seed", type=int, default=0)
        figure.add_argument("--space", default="paper-2d", type=lambda name: name.replace("-", "_"), choices=NAMES)
        source = figure.add_mutually_exclusive_group()
        source.add_argument("--data", type=Path, help="clips, as for add_dataset; default: a synthetic set")
        source.add_argument("--study", type=int, help="the completed trials of this study instead of training")
        _add_json(figure)

    def handle(self, *args: Any, **options: Any) -> None:
        parts = {"table1": self._table1, "table2": self._table2, "figure2": self._figure2}
        with plain_errors():
            text, objects = parts[options["part"]](options, Line(sys.stderr))
        if options["json"] is None:
            self.stdout.write(text)
        else:
            write_json(objects, options["json"], self.stdout)

    def _table1(self, options: dict[str, Any], line: Line) -> tuple[str, Objects]:
        if options["study"] is not None or options["comparison"] is not None:
            return measured_table1(studies_of(options["study"], options["comparison"]))
        rows, objects = table1_objects(None if options["estimate"] else built_files(NETWORKS, line))
        return table1_text(rows), objects

    def _table2(self, options: dict[str, Any], line: Line) -> tuple[str, Objects]:
        rows, objects = table2_objects(None if options["estimate"] else built_files([TABLE_2_MODEL], line))
        return table2_text(rows), objects

    def _figure2(self, options: dict[str, Any], line: Line) -> tuple[str, Objects]:
        if options["study"] is not None:
            points, source = figure2.points_of_study(options["study"])
        else:
            points, source = self._trained(options, line)
        found = correlations(points)
        return f"{figure2_text(points, found)}\nTrained on: {source}\n", figure2_objects(points, found, source=source)

    def _trained(self, options: dict[str, Any], line: Line) -> tuple[Any, str]:
        for name in ("samples", "epochs"):
            if options[name] < 1:
                raise CommandError(f"--{name} must be at least 1, not {options[name]}.")
        if options["data"] is not None and not options["data"].exists():
            raise CommandError(f"There is no file or folder {options['data']}.")
        with figure2.sounds(options["data"], line) as (pack, name):
            settings = (options["space"], options["samples"], options["epochs"], options["seed"])
            return figure2.trained_points(pack, *settings, line), name


def _add_json(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="OUT", help="a list of objects, to standard output or to this file"
    )
