"""Measurements saved by *measure next*: errors of models learned from chosen networks and from random ones.

    python -m benchmarks.measure_next --json OUT [--table nasbench201_latency.csv] [--seeds 10] [--alone]

16 networks are measured first, then batches make them 24, 36, 54, 80 and 120, out of 1,000; errors are those of other
networks. Evaluated on a simulated campaign of the 2-D space and, with a table of two real devices, on each of them,
alone and with the other known. Random samples go on to 180, to find how many of them are as good as N chosen ones.
Every finished piece is written at once; pieces already in OUT are skipped.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from benchmarks.energy_model import DEVICES, networks
from nas_engine.cost import cost
from nas_engine.energy.estimators.base import feature_rows
from nas_engine.energy.estimators.campaign_simulation import campaign
from nas_engine.energy.regression import table_benchmark, training
from nas_engine.energy.regression.active_learning import next_batch
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.model import TableModel
from nas_engine.energy.regression.schema import TableRow, Values
from nas_engine.search_space.paper_spaces import paper_2d

SIZES = (16, 24, 36, 54, 80, 120)
RANDOM_SIZES = (*SIZES, 180)
OFFERED, HELD_BACK = 1_000, 1_000
SIMULATED = "simulated campaign"
ERRORS = ("rmse", "mae", "spearman")

Way = Literal["chosen", "random"]


@dataclass(frozen=True, slots=True)
class MeasurementTask:
    """`offered` networks with their measurements, and `held_back` networks with their true values."""

    offered: Sequence[TableRow]
    measurements: Values
    held_back: Sequence[TableRow]
    truth: Values


def tasks(table: Path | None, *, alone: bool) -> list[tuple[str, str | None]]:
    """Pairs of device and known device."""
    real = [
        (target, known) for target, other in (DEVICES, DEVICES[::-1]) for known in ((None,) if alone else (None, other))
    ]
    return [(SIMULATED, None), *(real if table else [])]


@lru_cache(maxsize=1)
def task(table: Path | None, device: str, known: str | None, seed: int) -> MeasurementTask:
    """Offered and held-out networks of a task; deterministic by the arguments."""
    if table is None or device == SIMULATED:
        made = campaign(paper_2d(), OFFERED + HELD_BACK, seed)
        features = feature_rows([cost(one.architecture) for one in made.measured], None)
        seen = np.array([one.energy_mj for one in made.measured])
        return MeasurementTask(
            features[:OFFERED], seen[:OFFERED], features[OFFERED:], np.array(made.exact_mj)[OFFERED:]
        )
    features, costs = networks(table, device, known)
    parts = table_benchmark.split(len(features), seed)
    offered = parts.measurable[:OFFERED]
    return MeasurementTask(
        [features[row] for row in offered],
        costs[offered],
        [features[row] for row in parts.held_back],
        costs[parts.held_back],
    )


def learn(of: MeasurementTask, way: Way, seed: int) -> list[dict[str, float]]:
    """Errors on the held-out networks by number of measured ones."""
    order = np.random.default_rng(seed).permutation(OFFERED).tolist()
    sizes = SIZES if way == "chosen" else RANDOM_SIZES
    measured: list[int] = []
    found, model = [], None
    for size in sizes:
        measured = order[:size] if way == "random" else measured + _choose(of, measured, model, size - len(measured))
        table = [of.offered[row] for row in measured]
        model = training.fit(table, of.measurements[measured], seed=seed).model
        predicted = model.predict_rows(of.held_back).value
        scored = scores(of.truth, predicted)
        mae = float(np.mean(np.abs(predicted - of.truth)))
        found.append({"measured": size, "rmse": scored.rmse, "mae": mae, "spearman": scored.spearman})
    return found


def _choose(of: MeasurementTask, measured: list[int], model: TableModel | None, count: int) -> list[int]:
    """Next batch as the page chooses it, from the networks that were not measured yet."""
    left = sorted(set(range(OFFERED)) - set(measured))
    acquisitions = next_batch([of.offered[i] for i in left], [of.offered[i] for i in measured], model, count)
    return [left[acquisition.index] for acquisition in acquisitions]


def summary(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians and quartiles over the seeds by task and size, and the number of random ones equivalent to N chosen."""
    settings = dict.fromkeys((piece["device"], piece["known"]) for piece in pieces)
    return [{"device": device, "known": known} | _compared(pieces, device, known) for device, known in settings]


def _compared(pieces: list[dict[str, Any]], device: str, known: str | None) -> dict[str, Any]:
    own = [piece for piece in pieces if (piece["device"], piece["known"]) == (device, known)]
    curves = {way: [p["curve"] for p in own if p["way"] == way] for way in ("chosen", "random")}
    summed = {way: list(_quartiles(curve)) for way, curve in curves.items()}
    for point in summed["chosen"]:
        for error in ("rmse", "mae"):
            as_good = _random_as_good(summed["random"], error, point[error]["median"])
            point[error] |= {"random_as_good": as_good, "ratio": as_good and round(point["measured"] / as_good, 2)}
    return {"seeds": len(curves["chosen"])} | summed


def _quartiles(curves: list[list[dict[str, float]]]) -> Iterator[dict[str, Any]]:
    for points in zip(*curves, strict=True):
        quartiles = {error: np.quantile([point[error] for point in points], [0.25, 0.5, 0.75]) for error in ERRORS}
        named = {error: dict(zip(("low", "median", "high"), q.tolist(), strict=True)) for error, q in quartiles.items()}
        yield {"measured": points[0]["measured"], **named}


def _random_as_good(curve: list[dict[str, Any]], error: str, wanted: float) -> float | None:
    """Number of random measurements with that median error, log-interpolated between sizes; None beyond the last.

    The curve is the running minimum of the errors, since more measurements may be worse by chance.
    """
    best, first = np.unique(-np.minimum.accumulate([point[error]["median"] for point in curve]), return_index=True)
    if -wanted > best[-1]:
        return None
    sizes = np.log([curve[place]["measured"] for place in first])
    return round(float(np.exp(np.interp(-np.log(wanted), -np.log(-best), sizes))), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--alone", action="store_true", help="leave out devices with the other known")
    arguments = parser.parse_args()
    done: dict[str, Any] = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    pieces: dict[str, Any] = done.setdefault("pieces", {})
    ways: tuple[Way, ...] = ("chosen", "random")
    for seed in range(arguments.seeds):
        for device, known in tasks(arguments.table, alone=arguments.alone):
            for way in ways:
                key = f"{device}, {known or 'nothing'} known, {way}, seed {seed}"
                if key not in pieces:
                    curve = learn(task(arguments.table, device, known, seed), way, seed)
                    pieces[key] = {"device": device, "known": known, "way": way, "seed": seed, "curve": curve}
        done["summary"] = summary(list(pieces.values()))
        arguments.json.write_text(json.dumps(done, indent=1) + "\n")


if __name__ == "__main__":
    main()
