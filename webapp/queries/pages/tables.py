"""Tables of a trial's page and of networks side by side, as columns and bare values; units stand in the names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nas_engine.streaming.evaluation.results import ClassMeasures
from webapp.models import StreamEvaluation, Trial
from webapp.queries.energy_estimates import all_estimates, current_estimate
from webapp.queries.pages.blocks import block_table
from webapp.queries.pages.compare import NetworkComparison
from webapp.queries.pages.confusion import confusion_rows
from webapp.queries.pages.relatives import Relatives, relatives_context
from webapp.queries.pages.streams import outcome_of
from webapp.queries.pages.trial import curve, forecasts

Table = tuple[Sequence[str], Iterable[Mapping[str, Any]]]
"""Names of the columns, and the rows by these."""

_BLOCK = (
    "block", "kind", "kernel_size", "filters", "stride_time", "stride_frequency", "output", "flops", "flops_share",
    "energy_share", "parameters", "activation_bytes",
)  # fmt: skip
_CURVE = ("phase", "epoch", "loss", "train_accuracy", "eval_accuracy")
_SAME = ("study", "trial", "dataset", "state", "int8_accuracy", "seed", "full_epochs", "identities_in_the_same_places")
_NEIGHBOUR = (
    "trial", "state", "block", "change", "reward_gain", "accuracy_gain", "accuracy_gain_low95", "accuracy_gain_high95",
    "verdict", "energy_gain_mj", "flash_gain_bytes",
)  # fmt: skip
_FORECAST = ("epoch", "forecast", "low", "high", "best_reward", "probability", "required", "threshold", "stop")
_ON_STREAMS = (
    "snr_db", "class", "threshold", "events", "hits", "miss_rate", "miss_rate_low95", "miss_rate_high95", "hours",
    "false_alarms", "false_alarms_per_hour", "false_alarms_low95", "false_alarms_high95", "latency_median_s",
    "latency_90_s",
)  # fmt: skip
_NETWORK = (
    "study", "trial", "name", "state", "int8_accuracy", "float_accuracy", "energy_mj", "energy_source", "flash_bytes",
    "flops", "parameters", "peak_activation_bytes",
)  # fmt: skip


def blocks(trial: Trial) -> Table:
    """The blocks of the network, none where it cannot be built."""
    table = block_table(trial.architecture)
    return _BLOCK, [
        {
            "block": row.name,
            "kind": row.kind,
            "kernel_size": row.kernel_size or None,
            "filters": row.filters or None,
            "stride_time": row.strides[0],
            "stride_frequency": row.strides[1],
            "output": "x".join(map(str, row.output_shape)),
            **{name: getattr(row, name) for name in _BLOCK[7:]},
        }
        for row in (table.rows if table else ())
    ]


def learning_curve(trial: Trial) -> Table:
    """Each epoch."""
    return _CURVE, [{name: getattr(point, name) for name in _CURVE} for point in curve(trial)]


def confusion(trial: Trial) -> Table:
    """The confusion matrix with a row for each true class, and a column for each answer."""
    rows = confusion_rows(trial.confusion, trial.study.dataset.classes)
    answers = [f"answered {row.label}" for row in rows]
    columns = ("true class", *answers, "clips", "recall", "precision")
    return columns, [
        {
            "true class": row.label,
            **dict(zip(answers, (cell.clips for cell in row.cells), strict=True)),
            "clips": row.clips,
            "recall": row.recall,
            "precision": row.precision,
        }
        for row in rows
    ]


def same_network(trial: Trial) -> Table:
    """Other trials of the network."""
    return _SAME, [
        {
            "study": row.trial.study.name,
            "trial": row.trial.number,
            "dataset": row.trial.study.dataset.name,
            "state": row.trial.state,
            "int8_accuracy": row.trial.int8_accuracy,
            "seed": row.trial.seed,
            "full_epochs": row.trial.study.full_epochs,
            "identities_in_the_same_places": row.is_literal,
        }
        for row in _relatives(trial).same
    ]


def neighbours(trial: Trial) -> Table:
    """Trials one block away, and what the change brought."""
    names = ("reward", "accuracy", "low95", "high95", "verdict", "energy_mj", "flash_bytes")
    return _NEIGHBOUR, [
        {
            "trial": row.trial.number,
            "state": row.trial.state,
            "block": row.position,
            "change": ", ".join(row.changes),
            **{column: getattr(row.gain, name, None) for column, name in zip(_NEIGHBOUR[4:], names, strict=True)},
        }
        for row in _relatives(trial).neighbours
    ]


def early_stopping(trial: Trial) -> Table:
    """Decisions of early stopping, epoch by epoch."""
    return _FORECAST, [{name: row[name] for name in _FORECAST} for row in forecasts(trial)]


def on_streams(ready: StreamEvaluation) -> Table:
    """Misses and false alarms of each class: at all noise levels together (no `snr_db`), then at each."""
    outcome = outcome_of(ready)
    measured: list[tuple[float | None, ClassMeasures]] = [(None, one) for one in outcome.together.classes]
    measured += [(level.snr_db, one) for level in outcome.levels for one in level.classes]
    return _ON_STREAMS, [
        {
            "snr_db": snr_db,
            "class": one.label,
            **{name: getattr(one, name) for name in _ON_STREAMS if hasattr(one, name)},
            "miss_rate_low95": getattr(one.miss_rate_interval, "low", None),
            "miss_rate_high95": getattr(one.miss_rate_interval, "high", None),
            "false_alarms_low95": one.false_alarms_interval.low,
            "false_alarms_high95": one.false_alarms_interval.high,
        }
        for snr_db, one in measured
    ]


def networks(found: NetworkComparison) -> Table:
    """The figures of each network."""
    return _NETWORK, [
        {
            "study": one.trial.study.name,
            "trial": one.trial.number,
            "name": one.name,
            "state": one.trial.state,
            "int8_accuracy": one.trial.int8_accuracy,
            "float_accuracy": one.trial.float_accuracy,
            "energy_mj": one.estimate.energy_mj,
            "energy_source": one.estimate.source,
            "flash_bytes": one.trial.flash_bytes,
            **{name: getattr(one.blocks, name) for name in _NETWORK[9:]},
        }
        for one in found.networks
    ]


def differences(found: NetworkComparison) -> Table:
    """What differs from the first network: a row for each position and network."""
    columns = ("position", "trial", "name", "part", "changes")
    return columns, [
        {
            "position": row.name,
            "trial": one.trial.number,
            "name": one.name,
            "part": cell.part.text if cell.part else None,
            "changes": ", ".join(cell.changes),
        }
        for row in found.differences
        for one, cell in zip(found.networks, row.parts, strict=True)
    ]


def _relatives(trial: Trial) -> Relatives:
    found: Relatives = relatives_context(trial, current_estimate(trial, all_estimates(trial)))["relatives"]
    return found


OF_A_TRIAL: Mapping[str, Callable[[Trial], Table]] = {
    "blocks": blocks,
    "curve": learning_curve,
    "confusion": confusion,
    "same-network": same_network,
    "one-block-away": neighbours,
    "early-stopping": early_stopping,
}
OF_A_COMPARISON: Mapping[str, Callable[[NetworkComparison], Table]] = {"networks": networks, "differences": differences}
