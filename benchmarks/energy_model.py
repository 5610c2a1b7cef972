"""Accuracy of energy models learned from few measured networks, and from a simulated campaign of thousands.

    python -m benchmarks.energy_model TABLE.csv --json OUT [--seeds 5] [--measured 50 100 200 1000]

TABLE holds two devices' columns, each learned alone and with the other known. The held-out networks are the same for
one seed, and the paper's forest learns from the same rows. Every finished piece is written at once; pieces already in
OUT are skipped.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from nas_engine.cost import cost
from nas_engine.energy.estimators.base import LearnedPredictor, feature_rows
from nas_engine.energy.estimators.campaign_simulation import NOISE_MJ, campaign
from nas_engine.energy.regression import csv_table, forest, table_benchmark, training
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.schema import Schema, TableRow, Values
from nas_engine.search_space.paper_spaces import paper_2d

DEVICES = ("raspi4_latency_ms", "pixel3_latency_ms")
NETWORKS, HELD_BACK = 15_000, 3_000
_SCORES = ("r2", "rmse", "spearman", "coverage90", "forest_r2", "forest_rmse", "forest_spearman")


def wanted(seeds: int, sizes: list[int]) -> Iterator[tuple[str, str | None, int, int]]:
    """Target, known device, measured networks and seed of each piece."""
    for seed in range(seeds):
        for target, other in (DEVICES, DEVICES[::-1]):
            for known in (None, other):
                for measured in sizes:
                    yield target, known, measured, seed


def key(target: str, known: str | None, measured: int, seed: int) -> str:
    return f"{target}, {measured} measured, {known or 'nothing'} known, seed {seed}"


def learn(path: Path, target: str, known: str | None, measured: int, seed: int) -> dict[str, Any]:
    """Scores printed by `manage.py fit_cost_table`, and those of the forest alone."""
    features, costs = networks(path, target, known)
    started = time.process_time()
    result = table_benchmark.evaluate(features, costs, measured=measured, seed=seed)
    setting = {"target": target, "known": known, "seed": seed}
    cpu_seconds = round(time.process_time() - started, 1)
    by_forest = {f"forest_{name}": value for name, value in forest_alone(features, costs, measured, seed).items()}
    return {**setting, **result.to_json(), **by_forest, "cpu_seconds": cpu_seconds}


@lru_cache(maxsize=4)
def networks(path: Path, target: str, known: str | None) -> tuple[Sequence[TableRow], Values]:
    """Rows with the known values of the other device, the same for every seed, and the target's values."""
    table = csv_table.read(path, target, known)
    return table_benchmark.features(table, known, 0), table.measurements[target]


def forest_alone(features: Sequence[TableRow], costs: Values, measured: int, seed: int) -> dict[str, float]:
    """Scores of the paper's forest on the same networks."""
    parts = table_benchmark.split(len(features), seed)
    chosen, held_back = parts.measurable[:measured], parts.held_back
    table = [features[row] for row in chosen]
    schema = Schema.of(table)
    grown = forest.grow(schema, schema.encode(table), costs[chosen], seed)
    predicted, _ = grown.trees.predict(schema.encode([features[row] for row in held_back]))
    return scores(costs[held_back], predicted).to_json()


def simulate(seed: int) -> dict[str, Any]:
    """A campaign of 15,000 networks of the paper's space: 12,000 for training, 3,000 held out."""
    made = campaign(paper_2d(), NETWORKS, seed)
    exact, seen = np.array(made.exact_mj), np.array([one.energy_mj for one in made.measured])
    costs = [cost(one.architecture) for one in made.measured]
    table, learned = feature_rows(costs, None), NETWORKS - HELD_BACK
    started = time.process_time()
    fitted = training.fit(table[:learned], seen[:learned], seed=seed)
    fit_seconds = time.process_time() - started
    started = time.process_time()
    LearnedPredictor(fitted.model, "benchmark").estimates(costs[learned:])
    estimates_per_second = HELD_BACK / (time.process_time() - started)
    predicted = fitted.model.predict_rows(table[learned:])
    truth = seen[learned:]
    return {
        "networks": NETWORKS,
        "noise_mj": NOISE_MJ,
        "model": fitted.name,
        **scores(truth, predicted.value).to_json(),
        "rmse_without_noise": scores(exact[learned:], predicted.value).rmse,
        "coverage90": float(np.mean((predicted.low <= truth) & (truth <= predicted.high))),
        "fit_cpu_seconds": round(fit_seconds, 1),
        "estimates_per_cpu_second": round(estimates_per_second),
    }


def medians(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Statistics over the seeds by target, known device and number of measured networks."""
    settings = dict.fromkeys((piece["target"], piece["known"], piece["measured"]) for piece in pieces)
    found = []
    for setting in settings:
        own = [piece for piece in pieces if (piece["target"], piece["known"], piece["measured"]) == setting]
        named = dict(zip(("target", "known", "measured"), setting, strict=True))
        found.append(named | {"seeds": len(own)} | {name: median(piece[name] for piece in own) for name in _SCORES})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--measured", type=int, nargs="+", default=[50, 100, 200, 1_000])
    arguments = parser.parse_args()
    done: dict[str, Any] = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    pieces: dict[str, Any] = done.setdefault("pieces", {})
    if "simulated_campaign" not in done:
        done["simulated_campaign"] = simulate(seed=0)
    for setting in wanted(arguments.seeds, arguments.measured):
        if key(*setting) not in pieces:
            pieces[key(*setting)] = learn(arguments.table, *setting)
        done["medians"] = medians(list(pieces.values()))
        arguments.json.write_text(json.dumps(done, indent=1) + "\n")


if __name__ == "__main__":
    main()
