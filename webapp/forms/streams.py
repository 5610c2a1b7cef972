"""Settings of an evaluation on streams."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.procedure.plan import MOST_HOURS, MOST_LEVELS, EvaluationPlan
from webapp.forms.wording import InWords

_HOURS = {"hour": 1.0, "day": 24.0}
_FRAME_S = 0.02
_HALVES = "clips of the evaluation split"
MOST_GAIN_DB = 60.0
FEW = ("measured_on", "hours", "alarms", "per", "scope", "levels")
"""Fields that everybody sees; the others are under "More"."""


class StreamsForm(InWords, forms.Form):
    """Streams, target and loop; `plan()` is what they mean.

    `recordings` are the id and the name of each set that may be measured on instead of clips; without any there is no
    choice.
    """

    measured_on = forms.TypedChoiceField(
        label="measured on",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="On recordings, thresholds are chosen on streams of the whole evaluation split.",
    )
    hours = forms.FloatField(
        label="hours of streams",
        min_value=0.02,
        max_value=MOST_HOURS,
        help_text="At each noise level, to choose thresholds on and again to measure them on.",
    )
    alarms = forms.FloatField(label="false alarms, at most", min_value=0.0, max_value=10_000.0)
    per = forms.ChoiceField(choices=[("hour", "an hour"), ("day", "a day")])
    scope = forms.ChoiceField(label="of", choices=[("all", "all classes together"), ("class", "each class")])
    levels = forms.CharField(
        label="noise levels (dB)",
        max_length=60,
        help_text="Signal-to-noise ratios: 20 dB is quiet, at 0 dB the background is as loud as the event.",
    )
    events_per_hour = forms.FloatField(label="events per hour", min_value=1.0, max_value=400.0)
    shortest_gap_s = forms.FloatField(label="shortest gap between events (s)", min_value=0.0, max_value=600.0)
    hop_s = forms.FloatField(
        label="hop (s)",
        min_value=0.1,
        max_value=60.0,
        help_text="An inference each so many seconds: 1 as in the paper.",
    )
    smoothing_windows = forms.IntegerField(
        label="smoothing", min_value=1, max_value=60, help_text="Inferences that scores are averaged over."
    )
    needed = forms.IntegerField(
        label="N of M: N", min_value=1, max_value=60, help_text="A detection needs N scores above the threshold"
    )
    among = forms.IntegerField(label="N of M: M", min_value=1, max_value=60, help_text="among the last M.")
    refractory_s = forms.FloatField(
        label="refractory time (s)",
        min_value=0.0,
        max_value=3600.0,
        help_text="No detection of the class again before.",
    )
    collar_s = forms.FloatField(
        label="collar (s)", min_value=0.0, max_value=60.0, help_text="Time after an event in which it is still hit."
    )
    gain_db = forms.FloatField(label="gain (dB)", min_value=-MOST_GAIN_DB, max_value=MOST_GAIN_DB)
    seed = forms.IntegerField(min_value=0, max_value=1_000_000)

    def __init__(self, *args: Any, recordings: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if recordings:
            cast(forms.ChoiceField, self.fields["measured_on"]).choices = [("", _HALVES), *recordings]
        else:
            del self.fields["measured_on"]

    def clean_levels(self) -> tuple[float, ...]:
        """Ratios in dB, each once."""
        words = [word for word in self.cleaned_data["levels"].replace(";", ",").split(",") if word.strip()]
        try:
            ratios = tuple(dict.fromkeys(float(word) for word in words))
        except ValueError as error:
            raise forms.ValidationError("Give numbers of dB with commas between them, such as 20, 10, 0.") from error
        if not 1 <= len(ratios) <= MOST_LEVELS or not all(-40.0 <= one <= 60.0 for one in ratios):
            raise forms.ValidationError(f"Give 1 to {MOST_LEVELS} levels between -40 and 60 dB.")
        return ratios

    def clean_hop_s(self) -> float:
        """A whole number of frames."""
        hop_s: float = self.cleaned_data["hop_s"]
        if abs(round(hop_s / _FRAME_S) * _FRAME_S - hop_s) > 1e-9:
            raise forms.ValidationError(f"Must be a multiple of {_FRAME_S:g} s, the hop of the front end.")
        return hop_s

    def clean(self) -> dict[str, object]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("needed", 0) > values.get("among", 60):
            self.add_error("needed", "Must be at most M.")
        return values

    def plan(self) -> EvaluationPlan:
        """The plan of a valid form."""
        values = self.cleaned_data
        loop = {name: values[name] for name in ("hop_s", "smoothing_windows", "needed", "among", "refractory_s")}
        return EvaluationPlan(
            hours=values["hours"],
            events_per_hour=values["events_per_hour"],
            snr_db=values["levels"],
            shortest_gap_s=values["shortest_gap_s"],
            collar_s=values["collar_s"],
            seed=values["seed"],
            loop=LoopSettings(**loop, gain_db=values["gain_db"]),
            target=FalseAlarmTarget(values["alarms"] / _HOURS[values["per"]], values["scope"]),
        )

    @property
    def recordings_id(self) -> int | None:
        """The set of recordings to measure on, None for clips."""
        return self.cleaned_data.get("measured_on")

    @property
    def few(self) -> list[forms.BoundField]:
        """Fields that everybody sees."""
        return [self[name] for name in FEW if name in self.fields]

    @property
    def more(self) -> list[forms.BoundField]:
        """The other fields."""
        return [self[name] for name in self.fields if name not in FEW]

    @property
    def is_more_wrong(self) -> bool:
        """Whether an error is under "More"."""
        return any(field.errors for field in self.more)


def streams_form(
    plan: EvaluationPlan, recordings: Sequence[tuple[int, str]] = (), recordings_id: int | None = None
) -> StreamsForm:
    """The form with the settings of a plan, and the recordings that are measured first."""
    rate = plan.target.per_hour
    per = "hour" if rate == 0 or rate >= 1 or round(rate * 24, 6) != round(rate * 24) else "day"
    loop = plan.loop
    return StreamsForm(
        recordings=recordings,
        initial={
            "measured_on": recordings_id or "",
            "hours": plan.hours,
            "alarms": round(rate * _HOURS[per], 6),
            "per": per,
            "scope": plan.target.scope,
            "levels": ", ".join(f"{one:g}" for one in plan.snr_db),
            "events_per_hour": plan.events_per_hour,
            "shortest_gap_s": plan.shortest_gap_s,
            "collar_s": plan.collar_s,
            "seed": plan.seed,
            **{name: getattr(loop, name) for name in ("hop_s", "smoothing_windows", "needed", "among")},
            "refractory_s": loop.refractory_s,
            "gain_db": loop.gain_db,
        },
    )
