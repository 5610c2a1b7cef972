"""The page "Try it" of a trial: clips to choose from, what the loop is, and what listening costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from nas_engine.audio.frontend import FrontendConfig
from nas_engine.files.tflite_tensors import input_and_output
from webapp.models import Clip, Trial
from webapp.queries.energy_estimates import all_estimates, current_estimate
from webapp.queries.loops import loop_of

CLIPS_A_CLASS = 20


@dataclass(frozen=True, slots=True)
class ClipGroup:
    """Clips of one class of the evaluation split, to choose from."""

    label: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True)
class ListeningCost:
    """Mean power of the network's inferences (mW) at one window every `hop_s` seconds."""

    hop_s: float
    power_mw: float


def listening_context(trial: Trial, chosen_id: int | None, hops_s: Sequence[float]) -> dict[str, Any]:
    """The page of a trial from `shown_trials` that has a network; `chosen_id` names the clip that is chosen first.

    `hops_s` are the times between windows that costs are stated for. Two queries and the network's file.
    """
    groups, loop, classes = clip_groups(trial, chosen_id), loop_of(trial), trial.study.dataset.classes
    estimate, detected = current_estimate(trial, all_estimates(trial)), loop.detected_classes(tuple(classes))
    return {
        "trial": trial,
        "study": trial.study,
        "estimate": estimate,
        "costs": [ListeningCost(hop_s, estimate.energy_mj / hop_s) for hop_s in hops_s if estimate.energy_mj],
        "loop": loop,
        "strips": [(label, loop.threshold_of(label) if label in detected else None) for label in classes],
        "groups": groups,
        "chosen_id": chosen_id if any(clip.pk == chosen_id for group in groups for clip in group.clips) else None,
        "clips_a_class": CLIPS_A_CLASS,
        "config": FrontendConfig.from_json(trial.study.dataset.frontend),
        "settings": browser_settings(trial),
    }


def clip_groups(trial: Trial, chosen_id: int | None) -> Sequence[ClipGroup]:
    """The first clips of each class of the evaluation split, and the chosen one. One query."""
    clips = Clip.objects.filter(dataset=trial.study.dataset_id, split="eval").defer("audio")
    numbered = clips.annotate(turn=Window(RowNumber(), partition_by="label", order_by=[F("position")]))
    shown = (numbered.filter(turn__lte=CLIPS_A_CLASS) | numbered.filter(pk=chosen_id or 0)).order_by(
        "label", "position"
    )
    by_label: dict[str, list[Clip]] = {}
    for clip in shown:
        by_label.setdefault(clip.label, []).append(clip)
    return [ClipGroup(label, tuple(found)) for label, found in by_label.items()]


def browser_settings(trial: Trial) -> Mapping[str, Any]:
    """What the loop in the browser needs: classes, loop, scale of the outputs, times in seconds, the mel bins.

    `hop_s` is the time between windows that thresholds were chosen at, None where none were.
    """
    config, loop = FrontendConfig.from_json(trial.study.dataset.frontend), loop_of(trial)
    with default_storage.open(str(trial.tflite.name)) as stored:
        _, sink = input_and_output(stored.read())
    classes = tuple(trial.study.dataset.classes)
    return {
        "classes": classes,
        "detected": loop.detected_classes(classes),
        "thresholds": {label: loop.threshold_of(label) for label in classes},
        "smoothing_windows": loop.smoothing_windows,
        "needed": loop.needed,
        "among": loop.among,
        "refractory_s": loop.refractory_s,
        "scale": sink.scale,
        "zero_point": sink.zero_point,
        "hop_s": loop.hop_s if loop.thresholds else None,
        "window_s": config.seconds,
        "frame_s": config.hop_samples / config.sample_rate_hz,
        "mel_bins": config.mel_bins,
    }
