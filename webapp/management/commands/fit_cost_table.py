"""`manage.py fit_cost_table FILE --target COLUMN`: how well a device is learned from few of its networks."""

import json
from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand

from nas_engine.energy.regression import csv_table, table_benchmark
from webapp.management.plain_errors import plain_errors


class Command(BaseCommand):
    help = (
        "Learn a measured column of a CSV table of networks from some of its rows and predict networks held back "
        "(3,000, or a fifth of a smaller table). No database is needed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--target", required=True, metavar="COLUMN", help="what to learn")
        parser.add_argument("--known", metavar="COLUMN", help="the same of another device, known of all networks")
        parser.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="no feature (repeatable)")
        parser.add_argument(
            "--feature",
            action="append",
            default=[],
            metavar="COLUMN",
            help="a feature, although it looks like a row number, an identifier or a measurement (repeatable)",
        )
        parser.add_argument("--measured", type=int, default=1_000, metavar="N", help="networks to learn from")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--curve", action="store_true", help="with fewer networks as well")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            report = _report(options)
        self.stdout.write(json.dumps(report, indent=2) if options["json"] else _in_words(report))


def _report(options: dict[str, Any]) -> dict[str, Any]:
    started = perf_counter()
    target, known, seed = options["target"], options["known"], options["seed"]
    table = csv_table.read(options["file"].expanduser(), target, known, options["ignore"], options["feature"])
    rows = table_benchmark.features(table, known, seed)
    sizes = table_benchmark.sizes_up_to(options["measured"]) if options["curve"] else [options["measured"]]
    results = [table_benchmark.evaluate(rows, table.measurements[target], measured=size, seed=seed) for size in sizes]
    return {
        "file": options["file"].name,
        "target": target,
        "known": known,
        "seed": seed,
        **results[-1].to_json(),
        "features": list(rows[0]),
        "left_out": list(table.skipped),
        "left_out_because": dict(table.skipped),
        "curve": [result.to_json() for result in results] if options["curve"] else None,
        "seconds": round(perf_counter() - started, 1),
    }


def _in_words(report: dict[str, Any]) -> str:
    lines = [f"{report['target']} of {report['held_back']} networks held back, learned by {report['model']}:"]
    for result in report["curve"] or [report]:
        lines.append(
            f"  {result['measured']:6} measured: R2 {result['r2']:.4f}, RMSE {result['rmse']:.4g}, "
            f"Spearman {result['spearman']:.4f}, {100 * result['coverage90']:.1f} % inside of 90 % intervals"
            + ("; no better than the mean of what was measured" if result["r2"] <= 0 else "")
        )
    if report["left_out"]:
        reasons = (f"{name} ({why})" for name, why in report["left_out_because"].items())
        lines.append(f"  columns left out: {', '.join(reasons)}")
    return "\n".join(lines)
