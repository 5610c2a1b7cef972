"""How what a report shows was made: settings, data, front end, seeds, libraries, and the commands to make it again."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse

from webapp.forms.study_file import study_to_toml
from webapp.models import Study, Trial
from webapp.queries.energy_estimates import source_of
from webapp.queries.finals import FinalNetwork
from webapp.storage import hash_in_name
from webapp.templatetags.figures import DASH
from webapp.templatetags.parts import shell
from webapp.translation import frontend
from webapp.worker.report.document import Cell, CodeListing, ReportTable, Row

_PER_TRIAL = frozenset({"seed"})
"""What differs from trial to trial in `Trial.environment` by design."""
_OF_ITSELF = ("name", "notes", "dataset", "energy_model")
_MOST_NAMED = 5


def facts(key: str, title: str, pairs: Iterable[tuple[str, str, str]]) -> ReportTable:
    """A table of names and values; the third of each is the page that it comes from."""
    rows = tuple(
        Row((Cell(name), Cell(value, link=link)), {"name": name, "value": value}) for name, value, link in pairs
    )
    return ReportTable(key, title, ("What", "Value"), rows, texts=2)


def data_facts(study: Study, key: str) -> ReportTable:
    """Data set, hash of its features, clips of each split, and the front end's parameters."""
    dataset, link = study.dataset, reverse("dataset", args=[study.dataset_id])
    clips = ", ".join(f"{split} {sum(dataset.counts.get(split, {}).values()):,}" for split in ("train", "eval", "test"))
    config = frontend(dataset).to_json()
    pairs = [
        ("data set", f"{dataset.name}{' (synthetic)' if dataset.synthetic else ''}", link),
        ("features (SHA-256)", hash_in_name(str(dataset.pack.name)) if dataset.pack else DASH, link),
        ("classes", ", ".join(dataset.classes), link),
        ("clips", clips, link),
        *((f"front end: {name}", _shown(value), link) for name, value in sorted(config.items())),
    ]
    return facts(f"{key}-data", "Data and front end", pairs)


def settings_facts(study: Study, key: str) -> ReportTable:
    """All settings of the search as its form and study file name them."""
    link = reverse("study", args=[study.pk])
    pairs = [
        (str(Study._meta.get_field(name).verbose_name), _setting(study, name), link)
        for name in Study.SETTINGS
        if name not in _OF_ITSELF
    ]
    return facts(f"{key}-settings", "Settings of the search", [*pairs, ("energy", source_of(study), link)])


def training_facts(study: Study, networks: Sequence[FinalNetwork], key: str) -> ReportTable:
    """Seeds of the final trainings; library versions, machine and engine of all completed ones. One query."""
    completed = [seed.trial for one in networks for seed in one.completed]
    seeds = sorted({trial.seed for trial in completed})
    link = reverse("finalists", args=[study.pk])
    studies = {study.pk, *(trial.study_id for trial in completed)}
    pairs = [("seed of the search", str(study.seed), reverse("study", args=[study.pk]))]
    pairs += [("seeds of finalists and baselines", ", ".join(map(str, seeds)) or DASH, link)]
    pairs += [(name, _some(values), link) for name, values in environments(studies).items()]
    return facts(f"{key}-training", "Seeds, libraries, engine", pairs)


def environments(studies: Iterable[int]) -> Mapping[str, Sequence[str]]:
    """Values of each entry of the environments of the completed trials, sorted; more than one where these differ."""
    rows = Trial.objects.filter(study__in=list(studies), state=Trial.State.COMPLETED).values_list(
        "environment", flat=True
    )
    found: dict[str, set[str]] = defaultdict(set)
    for environment in rows.order_by():
        for name, value in environment.items():
            if name not in _PER_TRIAL:
                found[name].add(str(value))
    return {name: sorted(found[name]) for name in sorted(found)}


def commands(study: Study, networks: Sequence[FinalNetwork]) -> list[CodeListing]:
    """The study file, and what to type to search again and to train each finalist again."""
    own = [one for one in networks if not one.is_baseline]
    lines = [f"manage.py run_study study.toml --dataset {shell(study.dataset.name)}"]
    lines += _finals(study, own) if own else []
    lines += [f"manage.py paper table1 --study {study.pk}"]
    lines += [_again(one) for one in own if one.completed]
    return [CodeListing("study.toml", study_to_toml(study)), CodeListing("Commands", "\n".join(lines))]


def _finals(study: Study, own: Sequence[FinalNetwork]) -> list[str]:
    """The command that trains the finalists which still have their trials in the search."""
    trials = " ".join(str(one.finalist.source.number) for one in own if one.finalist.source is not None)
    seeds = max(one.finalist.seeds for one in own)
    return [f"manage.py finalists {study.pk} --trials {trials} --seeds {seeds} --baselines --wait"] if trials else []


def _again(network: FinalNetwork) -> str:
    """The command that trains all seeds of a network once more and compares the files."""
    trials = " ".join(f"{seed.trial.study_id}/{seed.trial.number}" for seed in network.completed)
    label = " ".join(network.finalist.label.split())
    return f"manage.py reproduce {trials}  # {label}"


def _some(values: Sequence[str]) -> str:
    more = f" and {len(values) - _MOST_NAMED} more" if len(values) > _MOST_NAMED else ""
    return ", ".join(values[:_MOST_NAMED]) + more


def _setting(study: Study, name: str) -> str:
    """A setting as forms show it; a choice by its label."""
    field = Study._meta.get_field(name)
    choices = dict(getattr(field, "choices", None) or ())
    value = getattr(study, name)
    return str(choices.get(value, "")) or _shown(value)


def _shown(value: Any) -> str:
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
