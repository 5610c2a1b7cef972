"""Model card of a network: what it is for, what it was trained on, how well it does, what it costs, its limits.

The headings are those of Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, as far as values are known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nas_engine.statistics.wilson import wilson95

NOT_STATED = "not stated"
_LIMITS = (
    "Accuracies are those of cut clips, one sound each. On a stream false alarms and misses are other numbers.",
    "Intervals take clips as independent. Clips of one recording are alike, so that the true intervals are wider.",
    "The network answers one of its classes, also to sounds that are none of them.",
)


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """Answers to the clips of one class: `correct` of `clips`."""

    label: str
    clips: int
    correct: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Facts of a model card. `counts` are clips by split and class; texts that nobody entered are empty.

    `energy` and `runtime` are sentences or names, `limits` further sentences.
    """

    title: str
    dataset: str
    dataset_notes: str
    licence: str
    synthetic: bool
    counts: Mapping[str, Mapping[str, int]]
    classes: tuple[ClassAccuracy, ...]
    float_accuracy: float | None
    runtime: str
    energy: str
    flash_bytes: int
    flops: int
    parameters: int
    limits: tuple[str, ...] = ()


def class_accuracies(confusion: Iterable[Iterable[int]], labels: Iterable[str]) -> tuple[ClassAccuracy, ...]:
    """Accuracy of each class from a confusion matrix [true][answered] of counts."""
    rows = [list(row) for row in confusion]
    return tuple(
        ClassAccuracy(label, sum(row), row[number])
        for number, (label, row) in enumerate(zip(labels, rows, strict=True))
    )


def model_card(facts: CardFacts) -> str:
    """The card in Markdown."""
    return "\n".join(
        [
            f"# Model card: {facts.title}",
            "",
            "An int8 network that names the class of a sound, found by Earshot's search for always-on use.",
            "",
            "## Data",
            "",
            f"- Data set: {facts.dataset}" + (" (synthetic sounds, not recorded)" if facts.synthetic else ""),
            f"- Licence of the sounds: {facts.licence or NOT_STATED}",
            f"- Notes: {_one_line(facts.dataset_notes) or 'none'}",
            *(f"- Clips, {split}: {sum(counts.values())}" for split, counts in facts.counts.items()),
            "",
            "## Accuracy",
            "",
            f"On the evaluation split, by which networks were also chosen, with the kernels of {facts.runtime}.",
            "",
            *_accuracy_table(facts.classes),
            "",
            *([] if facts.float_accuracy is None else [f"Before int8: {100 * facts.float_accuracy:.1f} %.", ""]),
            "## Cost of one inference",
            "",
            f"- Energy: {facts.energy or NOT_STATED}",
            f"- Flash: {facts.flash_bytes:,} bytes",
            f"- FLOPs: {facts.flops:,} (two for a multiply-accumulate)",
            f"- Weights: {facts.parameters:,}",
            "",
            "## Limits",
            "",
            *(f"- {sentence}" for sentence in (*_LIMITS, *facts.limits)),
            "",
        ]
    )


def _accuracy_table(classes: tuple[ClassAccuracy, ...]) -> list[str]:
    total = ClassAccuracy("all", sum(row.clips for row in classes), sum(row.correct for row in classes))
    rows = [f"| {_cell(row.label)} | {row.clips} | {_share(row)} |" for row in (*classes, total)]
    return ["| class | clips | int8 accuracy (95 % interval) |", "|---|---|---|", *rows]


def _share(row: ClassAccuracy) -> str:
    if not row.clips:
        return "no clips"
    low, high = wilson95(row.correct, row.clips)
    return f"{100 * row.correct / row.clips:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
