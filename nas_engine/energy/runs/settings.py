"""Settings of one run: windows of inferences, time of one inference, idle power."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from nas_engine.errors import BadMeasurement

WindowKind = Literal["auto", "file", "stamps", "trigger", "plateau", "manual", "whole"]
IdleKind = Literal["auto", "none", "range", "power"]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Settings of `evaluation.evaluate`; the default takes everything from the files. Convertible to JSON and back.

    window "auto": the marked spans, else time stamps, else windows in the file, else a trigger, else the plateau.
    Raises BadMeasurement where a choice lacks its value or is impossible.
    """

    window: WindowKind = "auto"
    spans_s: tuple[tuple[float, float], ...] = ()  # windows marked by hand, [start, end) from the first sample
    channel: str | None = None  # the trigger input; None: the only one that moves
    active_high: bool = True
    offset_s: float | None = None  # added to time stamps; None: found by alignment
    inferences: int | None = None  # in each window, where the files do not state it
    latency_ms: float | None = None  # mean time of one inference, instead of that in the files
    idle: IdleKind = "auto"  # auto: an idle trace, else the rest next to the windows
    idle_range_s: tuple[float, float] | None = None
    idle_power_mw: float | None = None
    idle_readings: tuple[int, ...] = ()  # numbers (from 0) of the readings that are idle traces
    instrument_percent: float | None = None  # accuracy by the instrument's data sheet, ± % of reading; display only

    def __post_init__(self) -> None:
        if self.window not in get_args(WindowKind) or self.idle not in get_args(IdleKind):
            raise BadMeasurement(
                f"there is no window {self.window!r} or no idle {self.idle!r}; windows: "
                f"{', '.join(get_args(WindowKind))}; idle: {', '.join(get_args(IdleKind))}"
            )
        lacking = {
            "a window by hand needs its start and its end": self.window == "manual" and not self.spans_s,
            "an idle range needs its start and its end": self.idle == "range" and self.idle_range_s is None,
            "a known idle power needs its value in mW": self.idle == "power" and self.idle_power_mw is None,
            "the number of inferences must be 1 or more": self.inferences is not None and self.inferences < 1,
            "the time of an inference must be above 0 ms": self.latency_ms is not None and not self.latency_ms > 0,
            "an instrument's accuracy lies between 0 and 100 % of the reading": self.instrument_percent is not None
            and not 0 < self.instrument_percent < 100,
        }
        for message, is_lacking in lacking.items():
            if is_lacking:
                raise BadMeasurement(message)

    def to_json(self) -> dict[str, Any]:
        """JSON values by setting; exact inverse of `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "RunSettings":
        """Settings from JSON. Raises BadMeasurement for a name that is no setting or a value of the wrong form."""
        unknown = set(stored) - {field.name for field in fields(cls)}
        if unknown:
            raise BadMeasurement(f"unknown settings of a run: {', '.join(sorted(unknown))}")
        values = dict(stored)
        try:
            if "spans_s" in values:
                values["spans_s"] = tuple((float(start), float(end)) for start, end in values["spans_s"])
            if values.get("idle_range_s") is not None:
                start, end = values["idle_range_s"]
                values["idle_range_s"] = (float(start), float(end))
            if "idle_readings" in values:
                values["idle_readings"] = tuple(int(number) for number in values["idle_readings"])
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise BadMeasurement(f"the settings of this run have a value of the wrong form: {error}") from error
