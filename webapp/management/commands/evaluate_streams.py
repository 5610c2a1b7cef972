"""`manage.py evaluate_streams`: false alarms per hour and missed events of a trial's network on streams."""

import json
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nas_engine.streaming.annotations.folders import read_folder
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.outcome import EvaluationOutcome
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.management.named_trials import FORM, FORM_HELP, trial_named
from webapp.management.plain_errors import plain_errors
from webapp.models import Trial
from webapp.services.bundles import check_network

DEFAULT = EvaluationPlan()
MOST_HOURS = 100.0
"""Hours of recordings of a folder: they are held on the disk as FLAC, 60 MB an hour."""


class Command(BaseCommand):
    help = (
        "Choose thresholds on streams of one half of the evaluation split and measure them on the other half, or "
        "choose them on all of it and measure them on recordings of yours. Nothing is stored: the page of the "
        "trial does that."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        loop = DEFAULT.loop
        parser.add_argument("trial", metavar=FORM, help=FORM_HELP)
        parser.add_argument("--json", type=Path, metavar="OUT", help="write plan and outcome there")
        parser.add_argument("--recordings", type=Path, metavar="FOLDER", help="recordings with lists of their events")
        parser.add_argument("--hours", type=float, default=DEFAULT.hours, help="of each level. Default: %(default)s")
        parser.add_argument("--levels", default="20,10,0", help="signal-to-noise ratios in dB. Default: %(default)s")
        parser.add_argument("--events-per-hour", type=float, default=DEFAULT.events_per_hour)
        parser.add_argument("--gap", type=float, default=DEFAULT.shortest_gap_s, help="shortest gap in seconds")
        parser.add_argument("--collar", type=float, default=DEFAULT.collar_s, help="seconds. Default: %(default)s")
        parser.add_argument("--alarms", type=float, default=DEFAULT.target.per_hour, help="at most so many an hour")
        parser.add_argument("--each-class", action="store_true", help="the target is of each class, not of all")
        parser.add_argument("--hop", type=float, default=loop.hop_s, help="seconds. Default: %(default)s")
        parser.add_argument("--smoothing", type=int, default=loop.smoothing_windows, help="inferences in a mean")
        parser.add_argument("--needed", type=int, default=loop.needed, help="N of N of M. Default: %(default)s")
        parser.add_argument("--among", type=int, default=loop.among, help="M of N of M. Default: %(default)s")
        parser.add_argument("--refractory", type=float, default=loop.refractory_s, help="seconds")
        parser.add_argument("--gain", type=float, default=loop.gain_db, help="dB before the front end")
        parser.add_argument("--seed", type=int, default=DEFAULT.seed)

    def handle(self, *args: Any, **options: Any) -> None:
        from webapp.worker.stream_evaluating import outcome_of  # its children load TensorFlow

        folder = options["recordings"]
        if folder is not None and not folder.is_dir():
            raise CommandError(f"There is no folder {folder}: --recordings names the folder of your recordings.")
        plan = _plan(options)
        with plain_errors():
            trial = Trial.objects.select_related("study__dataset", "architecture").get(
                pk=trial_named(options["trial"]).pk
            )
            check_network(trial)
            classes = trial.study.dataset.classes
            recorded = partial(read_folder, folder, classes=classes, most_hours=MOST_HOURS) if folder else None
            outcome, clips = outcome_of(trial, plan, recorded=recorded)
        if options["json"]:
            written = {"plan": plan.to_json(), "clips": [clip.pk for clip in clips], "outcome": outcome.to_json()}
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(json.dumps(written, indent=1) + "\n")
        for line in lines_of(outcome):
            self.stdout.write(line)


def _plan(options: dict[str, Any]) -> EvaluationPlan:
    """Plan of the arguments. Raises CommandError for one that cannot be."""
    names = {"hop_s": "hop", "smoothing_windows": "smoothing", "needed": "needed", "among": "among"}
    names |= {"refractory_s": "refractory", "gain_db": "gain"}
    try:
        return EvaluationPlan(
            hours=options["hours"],
            events_per_hour=options["events_per_hour"],
            snr_db=tuple(float(word) for word in options["levels"].split(",")),
            shortest_gap_s=options["gap"],
            collar_s=options["collar"],
            seed=options["seed"],
            loop=LoopSettings(**{name: options[given] for name, given in names.items()}),
            target=FalseAlarmTarget(options["alarms"], "class" if options["each_class"] else "all"),
        )
    except ValueError as error:
        raise CommandError(str(error)) from error


def lines_of(outcome: EvaluationOutcome) -> list[str]:
    """The outcome as lines for a terminal."""
    lines = [f"{'class':20} {'threshold':>9} {'events':>6} {'missed':>7} {'alarms/h':>8} {'latency, median':>15}"]
    for one in outcome.together.classes:
        missed = "–" if one.miss_rate is None else f"{100 * one.miss_rate:.1f} %"
        latency = "–" if one.latency_median_s is None else f"{one.latency_median_s:.1f} s"
        rate = f"{one.false_alarms_per_hour:.2f}"
        lines.append(f"{one.label[:20]:20} {one.threshold:9.3f} {one.events:6} {missed:>7} {rate:>8} {latency:>15}")
    all_of = outcome.together
    interval = all_of.false_alarms_interval
    lines.append(
        f"All classes: {all_of.false_alarms_per_hour:.2f} false alarms an hour ({interval.low:.2f} to "
        f"{interval.high:.2f}) in {all_of.hours:.3g} hours."
    )
    return [*lines, *outcome.notes]
