"""Table 1 of studies: finalists and baselines by energy, flash, accuracy, time and size, and the published rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.urls import reverse

from nas_engine.energy.estimators.published_figures import TABLE_1, PublishedNetwork
from nas_engine.energy.traces.statistics import RepeatStatistics
from nas_engine.statistics.values import ClipAccuracy
from webapp.models import Study
from webapp.queries.device_runs import DeviceRuns
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
    """A line for each of the `networks`, in their order. One query."""
    parameters = published_parameters_of({one.finalist.architecture_id for one in networks})
    return [_line(study, one, parameters[one.finalist.architecture_id]) for one in networks]


def published_lines() -> tuple[Table1Line, ...]:
    """Table 1 as printed: means over five trainings, on nine AudioSet classes, measured on one core of a phone."""
    return tuple(_published(row) for row in TABLE_1)


def _line(study: Study, network: FinalNetwork, parameters: int) -> Table1Line:
    row, first = network.finalist.architecture, network.completed[0].trial if network.completed else None
    measured = network.measured[0] if network.measured else None
    flash, opening = network.flash_bytes, network.opening
    known = statistics_in(opening)
    return Table1Line(
        name=network.finalist.label,
        origin="baseline" if network.is_baseline else "finalist",
        study="" if network.is_baseline else study.name,
        evaluation=_accuracy(network.accuracy, over_clips=known.evaluation_clips if known else None),
        test=_accuracy(network.test_accuracy, opening.number if opening else 0, known.test_clips if known else None),
        energy=_measured(measured) or _estimated(network.estimate),
        flash_bytes=flash.mean if flash else None,
        flops=row.flops,
        parameters=parameters,
        parameters_trainable=row.parameters,
        latency_ms=measured.latency_ms if measured else None,
        link=reverse("trial", args=[first.study_id, first.number]) if first else "",
        finals_link=reverse("finalists", args=[study.pk]),
    )


def _accuracy(
    found: RepeatStatistics | None, opening: int = 0, over_clips: ClipAccuracy | None = None
) -> SeedAccuracy | None:
    return SeedAccuracy(found.mean, found.sd, found.n, opening, over_clips) if found else None


def _measured(found: DeviceRuns | None) -> NetworkEnergy | None:
    if found is None or found.energy is None:
        return None
    latest, runs = found.with_energy[-1], len(found.with_energy)
    link = reverse("run", args=[latest.pk])
    return NetworkEnergy(found.energy.mean, "measured", found.device, sd_mj=found.sd_mj, runs=runs, link=link)


def _estimated(estimate: CurrentEstimate | None) -> NetworkEnergy | None:
    if estimate is None or estimate.energy_mj is None:
        return None
    source = in_words(estimate.source)
    return NetworkEnergy(estimate.energy_mj, "estimated", source, low_mj=estimate.low_mj, high_mj=estimate.high_mj)


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
