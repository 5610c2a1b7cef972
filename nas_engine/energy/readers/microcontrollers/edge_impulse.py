"""Serial output of Edge Impulse's firmware and examples: times of front end and classifier in every prediction.

`Predictions (DSP: 118 ms., Classification: 6 ms., Anomaly: 0 ms.):` of the SDK's examples, `(DSP: 12 ms, NN: 4 ms)` of
older ones, `Timing: DSP 3 ms, inference 1 ms, anomaly 0 ms, postprocessing 57 us` of later ones. The network is what
is searched, so the latency is that of the classifier; the front end (features) is kept apart and stated.
Sources: edgeimpulse/example-standalone-inferencing, firmware-*/src/inference, inferencing-sdk-cpp.
"""

import re
import statistics
from typing import NamedTuple

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions
from nas_engine.energy.readers.microcontrollers import printed
from nas_engine.energy.traces.trace import BenchmarkLog, BenchmarkResult, FileReading, Finding
from nas_engine.errors import BadMeasurement

_TIME = r":? *(\d+(?:\.\d+)?) *(ms|us)\b"
_PREDICTION = re.compile(rf"\bDSP{_TIME}\.?, *(?:Classification|inference|NN){_TIME}(?:\.?, *Anomaly{_TIME})?", re.I)
_TO_MS = {"ms": 1.0, "us": 1e-3}
_APART = 1.5  # the slowest prediction of one network by the fastest


class _Prediction(NamedTuple):
    """Times in ms; `half_digit_ms` is what rounding may have taken from the classifier's."""

    front_end_ms: float
    classifier_ms: float
    anomaly_ms: float
    half_digit_ms: float


class EdgeImpulse:
    """Reader of predictions that Edge Impulse's firmware prints."""

    format = "edge_impulse"
    title = "Edge Impulse serial output"
    accepts = "`Predictions (DSP: 118 ms., Classification: 6 ms., ...)` or `Timing: DSP ...`; front end kept apart"

    def recognises(self, head: FileHead) -> bool:
        """Whether a line has the times of a prediction."""
        return bool(_PREDICTION.search(head.text))

    def read(self, source: FileSource, options: ReadOptions) -> FileReading:
        """Mean times of all predictions. Raises BadMeasurement where there is none."""
        return FileReading(self.format, parse(source.text()))


def parse(text: str) -> BenchmarkLog:
    """One result: means over all predictions in the text; one a prediction where they are of no single network.

    Raises BadMeasurement where there is no prediction.
    """
    predictions = [_prediction(match) for match in _PREDICTION.finditer(text)]
    if not predictions:
        raise BadMeasurement("no prediction with its times; give the whole serial output")
    latencies_ms = [prediction.classifier_ms for prediction in predictions]
    half_digit_ms = max(prediction.half_digit_ms for prediction in predictions)
    if max(latencies_ms) - half_digit_ms > _APART * (min(latencies_ms) + half_digit_ms):
        return printed.log([BenchmarkResult(latency_ms) for latency_ms in latencies_ms if latency_ms])
    front_end_ms = statistics.fmean(prediction.front_end_ms for prediction in predictions)
    anomaly_ms = statistics.fmean(prediction.anomaly_ms for prediction in predictions)
    latency_ms = statistics.fmean(latencies_ms)
    if not latency_ms:
        raise BadMeasurement(
            "the classifier is printed as 0 ms; print result.timing.classification_us, or time many inferences by a pin"
        )
    result = BenchmarkResult(
        latency_ms=latency_ms,
        runs=len(predictions),
        front_end_ms=front_end_ms,
        min_ms=min(latencies_ms),
        max_ms=max(latencies_ms),
    )
    advice = "print result.timing.classification_us for more digits"
    coarse = printed.rounded(latency_ms, half_digit_ms, advice)
    return printed.log([result], (_kept_apart(front_end_ms, latency_ms, anomaly_ms), *coarse))


def _prediction(match: re.Match[str]) -> _Prediction:
    dsp, dsp_unit, classifier, unit, anomaly, anomaly_unit = match.groups()
    half_digit_ms = 0.5 * 10.0 ** -len(classifier.partition(".")[2]) * _TO_MS[unit.lower()]
    return _Prediction(
        float(dsp) * _TO_MS[dsp_unit.lower()],
        float(classifier) * _TO_MS[unit.lower()],
        float(anomaly) * _TO_MS[anomaly_unit.lower()] if anomaly else 0.0,
        half_digit_ms,
    )


def _kept_apart(front_end_ms: float, latency_ms: float, anomaly_ms: float) -> Finding:
    others = f", anomaly detection {anomaly_ms:.4g} ms" if anomaly_ms else ""
    message = (
        f"front end {front_end_ms:.4g} ms and classifier {latency_ms:.4g} ms{others} are kept apart "
        f"({front_end_ms + latency_ms + anomaly_ms:.4g} ms in all): the classifier counts as the inference. Give the "
        "whole as the time of an inference if the energy is to include the front end"
    )
    return Finding("front_end_apart", "note", message)
