"""The accuracy that a study's reward takes: what it is called, what it needs of a data set, and that of baselines."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Avg

from nas_engine.audio.cache import EVALUATION_SPLIT
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.plan import EvaluationPlan
from webapp.models import Clip, Dataset, StreamDetection, Study
from webapp.translation import plan_key, stream_plan

_RULE_OF_THREE = 3.0
_SILENT = LoopSettings().silent_classes
_SECONDS_AN_HOUR = 3600.0
_LARGEST_SHARE = 0.9  # of a stream that events and gaps may fill, as clips are drawn
_PLAN = EvaluationPlan()


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """Accuracy of a study's reward in words: name in headings, title of an axis, and the whole of it in a sentence."""

    name: str
    axis: str
    sentence: str


ON_CLIPS = MeasureWords(
    "int8 accuracy",
    "int8 accuracy (%)",
    "Accuracy is that of the int8 network on the clips of the evaluation split.",
)


def measure_words(study: Study) -> MeasureWords:
    """What the accuracy of the study's reward is called. No query."""
    if not study.is_on_streams:
        return ON_CLIPS
    rate, hours = study.stream_alarms_per_hour, study.stream_hours
    return MeasureWords(
        "detection rate",
        "Detection rate on streams (%)",
        f"Detection rate: 1 less the mean miss rate of the classes at {rate:g} false alarm{'' if rate == 1 else 's'} "
        f"an hour of all classes together, on {hours:g} hour{'' if hours == 1 else 's'} of streams put together from "
        f"the evaluation split at {study.stream_snr_db:g} dB.",
    )


def shared_measure(studies: Sequence[Study]) -> tuple[MeasureWords, str]:
    """Words of the accuracy that the rewards of all studies take, and the key of its plan of streams.

    Where they differ, and without a study, it is that on clips, which all have, with the key "".
    """
    keys = {plan_key(stream_plan(study)) for study in studies}
    return (measure_words(studies[0]), keys.pop()) if len(keys) == 1 else (ON_CLIPS, "")


def stream_problems(
    dataset: Dataset, *, alarms_per_hour: float | None, hours: float | None
) -> Iterator[tuple[str, str]]:
    """(setting, message) of what keeps a study from taking its accuracy on streams of this data set.

    Clips are judged once the data set is READY. One query then.
    """
    if alarms_per_hour and hours and alarms_per_hour * hours < _RULE_OF_THREE:
        needed = _RULE_OF_THREE / alarms_per_hour
        yield (
            "stream_hours",
            f"{hours:g} hours of streams cannot show a rate of {alarms_per_hour:g} false alarms an hour: give at least "
            f"{needed:.3g} hours, or allow more false alarms.",
        )
    if dataset.state == Dataset.State.READY:
        yield from (("accuracy_measure", message) for message in _problems_of_clips(dataset, hours))


def _problems_of_clips(dataset: Dataset, hours: float | None) -> Iterator[str]:
    counts = dataset.counts.get(EVALUATION_SPLIT, {})
    events = [label for label in dataset.classes if label not in _SILENT]
    where = f"The evaluation split of {dataset.name}"
    if not any(counts.get(label) for label in _SILENT):
        yield (
            f"{where} has no clips of '{_SILENT[0]}', which streams need as their background: add some, or take the "
            "accuracy on clips."
        )
    if not events:
        yield f"{dataset.name} has no class to detect: streams need one besides '{_SILENT[0]}'."
    if lacking := [label for label in events if not counts.get(label)]:
        yield f"{where} has no clips of {', '.join(lacking)}, whose miss rate would not be known: add some."
    elif hours and events and round(_PLAN.events_per_hour * hours) < len(events):
        fewest = len(events) / _PLAN.events_per_hour
        yield f"{hours:g} hours have fewer events than there are classes: give at least {fewest:.2g} hours of streams."
    elif events and (longest := _filled(dataset, events)) > _LARGEST_SHARE:
        yield (
            f"{where} has clips so long that {_PLAN.events_per_hour:g} events an hour would fill {100 * longest:.0f} % "
            "of a stream: add the data set again with shorter clips."
        )


def _filled(dataset: Dataset, events: Collection[str]) -> float:
    """Share of a stream that events and their gaps fill; every class is drawn equally often."""
    clips = Clip.objects.filter(dataset=dataset, split=EVALUATION_SPLIT, label__in=events).order_by()
    means = [seconds for _, seconds in clips.values_list("label").annotate(Avg("seconds"))]
    mean = sum(means) / len(means) if means else 0.0
    return _PLAN.events_per_hour * (mean + _PLAN.shortest_gap_s) / _SECONDS_AN_HOUR


def different_events(study: Study) -> int:
    """How many different sounds the streams of a study have: its events, but no more than there are clips of them."""
    plan = stream_plan(study)
    counts = study.dataset.counts.get(EVALUATION_SPLIT, {})
    clips: int = sum(count for label, count in counts.items() if label not in _SILENT)
    events = plan.streams * plan.composition(plan.snr_db[0], 0).events if plan else 0
    return min(clips, events)


def detections_of(trial_ids: Collection[int], key: str) -> Mapping[int, StreamDetection]:
    """Published networks on the streams of a plan's key, by trial. One query, none without a key."""
    if not key:
        return {}
    rows = StreamDetection.objects.filter(trial__in=trial_ids, key=key).defer("plan", "result")
    return {row.trial_id: row for row in rows}
