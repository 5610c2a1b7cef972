"""Table 1 of studies: finalists and baselines by energy, flash, accuracy, time and size, and the published rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.urls import reverse

from nas_engine.energy.estimators.published_figures import TABLE_1, PublishedNetwork
from nas_engine.energy.traces.statistics import RepeatStatistics, repeat_statistics
from nas_engine.statistics.values import ClipAccuracy
from webapp.models import Run, Study
from webapp.queries.energy_estimates import CurrentEstimate, in_words
from webapp.queries.finals import FinalNetwork, final_networks
from webapp.queries.opening_statistics import statistics_in
from webapp.queries.pages.paper import published_parameters_of

Basis = Literal["measured", "estimated"]
Split = Literal["test", "evaluation"]
Origin = Literal["finalist", "baseline", "published"]
PUBLISHED_DEVICE = "Pixel 4 XL"


@dataclass(frozen=True, slots=True)
class NetworkEnergy:
    """Energy per inference in mJ. `sd_mj` is over `runs` measured ones; `low_mj`, `high_mj` bound 90 % of a prediction.

    `source` is the device that was measured or the predictor in words, `link` the page of the latest run.
    """

    mj: float
    basis: Basis
    source: str
    sd_mj: float | None = None
    low_mj: float | None = None
    high_mj: float | None = None
    runs: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class SeedAccuracy:
    """int8 accuracy (0..1): mean and standard deviation over `seeds`; `opening` numbers that of the test split.

    `over_clips` is its interval over the clips of the split, which an opening brings for both splits.
    """

    mean: float
    sd: float | None
    seeds: int
    opening: int = 0
    over_clips: ClipAccuracy | None = None


@dataclass(frozen=True, slots=True)
class Table1Line:
    """A network. Sizes in bytes, times in ms; `parameters` as the paper counts them. None where nothing is known."""

    name: str
    origin: Origin
    study: str
    evaluation: SeedAccuracy | None
    test: SeedAccuracy | None
    energy: NetworkEnergy | None
    flash_bytes: float | None
    flops: int
    parameters: int
    parameters_trainable: int | None
    latency_ms: float | None
    link: str
    finals_link: str

    @property
    def split(self) -> Split:
        """The split that `to_json` gives the accuracy of."""
        return "test" if self.test is not None else "evaluation"

    def to_json(self) -> dict[str, Any]:
        """One flat object; `accuracy_mean` is of the test split where it was opened, both splits follow it."""
        accuracy, energy = self.test or self.evaluation, self.energy
        return {
            "name": self.name,
            "origin": self.origin,
            "study": self.study,
            "split": self.split,
            "accuracy_mean": accuracy.mean if accuracy else None,
            "accuracy_sd": accuracy.sd if accuracy else None,
            "seeds": accuracy.seeds if accuracy else 0,
            "test_opening": self.test.opening if self.test else 0,
            **_split_accuracy("test", self.test),
            **_split_accuracy("eval", self.evaluation),
            "energy_mj": energy.mj if energy else None,
            "energy_sd_mj": energy.sd_mj if energy else None,
            "energy_low_mj": energy.low_mj if energy else None,
            "energy_high_mj": energy.high_mj if energy else None,
            "energy_basis": energy.basis if energy else "",
            "energy_source": energy.source if energy else "",
            "flash_bytes": self.flash_bytes,
            "flops": self.flops,
            "parameters": self.parameters,
            "parameters_trainable": self.parameters_trainable,
            "latency_ms": self.latency_ms,
        }


def _split_accuracy(split: str, found: SeedAccuracy | None) -> dict[str, float | None]:
    mean, sd = (found.mean, found.sd) if found else (None, None)
    interval = found.over_clips.interval if found and found.over_clips else None
    return {
        f"accuracy_{split}_mean": mean,
        f"accuracy_{split}_sd": sd,
        f"accuracy_{split}_clips_low95": interval.low if interval else None,
        f"accuracy_{split}_clips_high95": interval.high if interval else None,
    }


def table1_of(studies: Sequence[Study]) -> tuple[Table1Line, ...]:
    """Finalists and baselines of the studies, each once, then the rows of the paper. Some queries a study."""
    seen: set[int] = set()
    lines: list[Table1Line] = []
    for study in studies:
        networks = [one for one in final_networks(study) if one.finalist.pk not in seen]
        seen |= {one.finalist.pk for one in networks}
        lines += lines_of(study, networks)
    return (*sorted(lines, key=lambda line: line.origin == "baseline"), *published_lines())


def lines_of(study: Study, networks: Sequence[FinalNetwork]) -> list[Table1Line]:
    """A line for each of the `networks`, in their order. Two queries."""
    hashes = {one.finalist.architecture_id for one in networks}
    parameters, measured = published_parameters_of(hashes), measured_runs_of(hashes)
    return [
        _line(study, one, parameters[one.finalist.architecture_id], measured.get(one.finalist.architecture_id, {}))
        for one in networks
    ]


def published_lines() -> tuple[Table1Line, ...]:
    """Table 1 as printed: means over five trainings, on nine AudioSet classes, measured on one core of a phone."""
    return tuple(_published(row) for row in TABLE_1)


def measured_runs_of(hashes: Iterable[str]) -> Mapping[str, Mapping[str, Sequence[Run]]]:
    """READY runs by architecture and name of the device, the earliest first. One query."""
    found: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    runs = Run.objects.filter(architecture__in=list(hashes), state=Run.State.READY).order_by("computed_at", "pk")
    for run in runs.select_related("campaign__device").defer("result", "findings", "settings"):
        found[run.architecture_id or ""][run.campaign.device.name].append(run)
    return found


def _line(study: Study, network: FinalNetwork, parameters: int, runs: Mapping[str, Sequence[Run]]) -> Table1Line:
    row, first = network.finalist.architecture, network.completed[0].trial if network.completed else None
    shown = _device_of(study, runs)
    flash, opening = network.flash_bytes, network.opening
    known = statistics_in(opening)
    return Table1Line(
        name=network.finalist.label,
        origin="baseline" if network.is_baseline else "finalist",
        study="" if network.is_baseline else study.name,
        evaluation=_accuracy(network.accuracy, over_clips=known.evaluation_clips if known else None),
        test=_accuracy(network.test_accuracy, opening.number if opening else 0, known.test_clips if known else None),
        energy=_measured(shown, runs.get(shown, ())) or _estimated(network.estimate),
        flash_bytes=flash.mean if flash else None,
        flops=row.flops,
        parameters=parameters,
        parameters_trainable=row.parameters,
        latency_ms=_mean(run.latency_ms for run in runs.get(shown, ())),
        link=reverse("trial", args=[first.study_id, first.number]) if first else "",
        finals_link=reverse("finalists", args=[study.pk]),
    )


def _device_of(study: Study, runs: Mapping[str, Sequence[Run]]) -> str:
    """Device whose runs are shown: that of the study's energy model, else the one with most energies, then by name."""
    preferred = study.energy_model.device.name if study.energy_model is not None else ""
    if preferred in runs:
        return preferred
    counted = {name: sum(run.energy_mj is not None for run in found) for name, found in runs.items()}
    return min(counted, key=lambda name: (-counted[name], name), default="")


def _accuracy(
    found: RepeatStatistics | None, opening: int = 0, over_clips: ClipAccuracy | None = None
) -> SeedAccuracy | None:
    return SeedAccuracy(found.mean, found.sd, found.n, opening, over_clips) if found else None


def _measured(device: str, runs: Sequence[Run]) -> NetworkEnergy | None:
    """Mean over runs; the deviation of a single run is that of its repeats."""
    known = [run for run in runs if run.energy_mj is not None]
    if not known:
        return None
    found = repeat_statistics([run.energy_mj or 0.0 for run in known])
    sd_mj = found.sd if len(known) > 1 else known[0].sd_mj
    link = reverse("run", args=[known[-1].pk])
    return NetworkEnergy(found.mean, "measured", device, sd_mj=sd_mj, runs=len(known), link=link)


def _estimated(estimate: CurrentEstimate | None) -> NetworkEnergy | None:
    if estimate is None or estimate.energy_mj is None:
        return None
    source = in_words(estimate.source)
    return NetworkEnergy(estimate.energy_mj, "estimated", source, low_mj=estimate.low_mj, high_mj=estimate.high_mj)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _published(row: PublishedNetwork) -> Table1Line:
    page = reverse("paper_table1")
    return Table1Line(
        name=row.model,
        origin="published",
        study="",
        evaluation=None,
        test=SeedAccuracy(row.accuracy, row.accuracy_sd, 5),
        energy=NetworkEnergy(row.energy_mj, "measured", PUBLISHED_DEVICE, sd_mj=row.energy_sd_mj, runs=5, link=page),
        flash_bytes=row.flash_bytes,
        flops=row.flops,
        parameters=row.quantized_parameters,
        parameters_trainable=None,
        latency_ms=row.latency_ms,
        link=page,
        finals_link=page,
    )
