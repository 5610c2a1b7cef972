"""Seconds to evaluate one hour of sound with 60 events at three noise levels, and the factor against plain windows.

    python -m benchmarks.streams --json benchmarks/results/streams.json [--hours 1.0] [--part 3600]

Table 2's network, untrained, listens to three streams that differ in their signal-to-noise ratio alone. Timed are
features, network, loop, DET curves at every threshold, thresholds and measures, from 16-bit samples on; not timed is
putting the streams together. "Plain" is window by window: samples of the window, its features, the network, of the
first `--part` windows of the first stream; its time for the windows of all streams is extrapolated. Factors are of
processor seconds, which other programs on the machine change less than seconds.

Under "reward": what it takes to put three hours together as features, once, and what the network of a trial takes on
them where a study's reward takes the accuracy on streams.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nas_engine.audio.frontend import FrontendConfig, Normalisation, log_mel
from nas_engine.audio.synthesis.acoustics import samples_of
from nas_engine.audio.synthesis.negative_class import NEGATIVE
from nas_engine.audio.synthesis.positive_classes import POSITIVE
from nas_engine.baselines import nas_bayesian
from nas_engine.network.keras import configure
from nas_engine.network.runtimes import predict
from nas_engine.network.untrained import untrained_files
from nas_engine.streaming.composing import Composition, SourceClip, compose
from nas_engine.streaming.evaluation.det import det_curves, each_det_curve
from nas_engine.streaming.evaluation.measures import measure
from nas_engine.streaming.evaluation.results import COLLAR_S
from nas_engine.streaming.evaluation.thresholds import FalseAlarmTarget, choose_thresholds
from nas_engine.streaming.features import feature_blocks
from nas_engine.streaming.loop import LoopSettings, detections
from nas_engine.streaming.procedure.composed_features import write_stream_features
from nas_engine.streaming.procedure.detecting import detect, open_streams
from nas_engine.streaming.procedure.plan import EvaluationPlan
from nas_engine.streaming.scores import ListeningNetwork, stream_scores
from nas_engine.streaming.values import FULL_SCALE, Stream, StreamScores

RATIOS_DB = (20.0, 10.0, 0.0)
HOPS_S = (1.0, 0.5)
CLASSES = (*POSITIVE, "negative")
TARGET = FalseAlarmTarget(10.0)
REWARD_HOURS, REWARD_ALARMS, REWARD_SNR_DB = 3.0, 1.0, 10.0


def made_clips() -> tuple[list[SourceClip], list[SourceClip]]:
    """Events, and sounds of the background."""
    rng = np.random.default_rng(0)
    events = [
        SourceClip(make(samples_of(2.0), rng).astype(np.float32), label, f"{label} {number}")
        for label, make in POSITIVE.items()
        for number in range(8)
    ]
    background = [
        SourceClip(make(samples_of(8.0), rng).astype(np.float32), "negative")
        for make in NEGATIVE.values()
        for _ in range(4)
    ]
    return events, background


def made_streams(hours: float, config: FrontendConfig) -> tuple[list[Stream], Normalisation]:
    """Streams at each ratio, and the normalisation of the first one's features."""
    events, clips = made_clips()
    background = [clip.samples for clip in clips]
    composition = Composition(duration_s=3600.0 * hours, events_per_hour=60.0)
    streams = [compose(f"{ratio:g} dB", events, background, replace(composition, snr_db=ratio)) for ratio in RATIOS_DB]
    features = log_mel((streams[0].samples[: 600 * 16_000] / FULL_SCALE).astype(np.float32), config)
    return [*streams], Normalisation(features.mean(axis=0), features.std(axis=0))


def evaluated(
    streams: Sequence[Stream], network: ListeningNetwork, settings: LoopSettings
) -> tuple[dict[str, Any], list[StreamScores], LoopSettings]:
    """Seconds by phase, the scores, and the settings with the thresholds chosen on the first stream."""
    wall, processor = time.perf_counter(), time.process_time()
    scores = [stream_scores(stream, network, settings) for stream in streams]
    listened = time.perf_counter()
    curves = each_det_curve(scores[:1], settings, COLLAR_S)
    chosen = settings.with_thresholds(choose_thresholds(curves, TARGET).thresholds)
    for one in scores[1:]:
        det_curves([one], settings, COLLAR_S)
    measures = [measure([one], chosen) for one in scores]
    ended = time.perf_counter()
    row = {
        "windows": sum(len(one.outputs) for one in scores),
        "seconds": round(ended - wall, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "seconds_of_features_and_network": round(listened - wall, 2),
        "seconds_of_loop_and_measures": round(ended - listened, 2),
        "detections": [len(detections(one, chosen)) for one in scores],
        "false_alarms_per_hour": [round(one.false_alarms_per_hour, 2) for one in measures],
    }
    return row, scores, chosen


def plain_outputs(stream: Stream, network: ListeningNetwork, hop_s: float, windows: int) -> NDArray[np.int8]:
    """Outputs of the first windows, each from its own samples."""
    config = network.config
    length, hop = round(config.seconds * config.sample_rate_hz), round(hop_s * config.sample_rate_hz)
    inputs = []
    for start in range(0, windows * hop, hop):
        heard = (stream.samples[start : start + length] / FULL_SCALE).astype(np.float32)
        inputs.append(network.normalisation.apply(log_mel(heard, config)))
    return predict(network.runtime, network.content, np.stack(inputs))


def features_factor(stream: Stream, config: FrontendConfig, hop_s: float) -> float:
    """Processor time of the features of a minute window by window, by that of the same features once a frame."""
    length, hop = round(config.seconds * config.sample_rate_hz), round(hop_s * config.sample_rate_hz)
    samples = stream.samples[: 60 * config.sample_rate_hz + length]
    times = []
    for windows in (range(0, len(samples) - length + 1, hop), ()):
        started = time.process_time()
        for start in windows:
            log_mel((samples[start : start + length] / FULL_SCALE).astype(np.float32), config)
        if not windows:
            list(feature_blocks([samples], config))
        times.append(time.process_time() - started)
    return times[0] / times[1]


def compared(
    stream: Stream, network: ListeningNetwork, scores: StreamScores, settings: LoopSettings, part: int
) -> dict[str, Any]:
    """Whether plain windows give the same outputs and detections, and the milliseconds that one takes."""
    processor = time.process_time()
    plain = plain_outputs(stream, network, settings.hop_s, part)
    seconds = time.process_time() - processor
    ours, theirs = (replace(scores, outputs=outputs) for outputs in (scores.outputs[:part], plain))
    return {
        "plain_windows_measured": part,
        "plain_processor_ms_a_window": round(1e3 * seconds / part, 3),
        "same_outputs": bool(np.array_equal(ours.outputs, theirs.outputs)),
        "same_detections": detections(ours, settings) == detections(theirs, settings),
        "detections_compared": len(detections(ours, settings)),
    }


def as_a_reward(network: ListeningNetwork, hours: float) -> dict[str, Any]:
    """Processor seconds and MB of a study's streams, put together once, and processor seconds of a trial on them."""
    events, background = made_clips()
    target = FalseAlarmTarget(REWARD_ALARMS, "all")
    plan = EvaluationPlan(hours=hours, snr_db=(REWARD_SNR_DB,), target=target)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.streams"
        started = time.process_time()
        write_stream_features(path, [*events, *background], plan, network.config)
        written = time.process_time()
        heard = open_streams(path, plan.to_json())
        opened = time.process_time()
        found = detect(network, heard)
        return {
            "hours": hours,
            "processor_seconds_to_put_together": round(written - started, 2),
            "megabytes": round(path.stat().st_size / 1e6, 1),
            "processor_seconds_of_a_trial": round(time.process_time() - opened, 2),
            "events": found.events,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--part", type=int, default=3600)
    arguments = parser.parse_args()
    configure(1)
    config = FrontendConfig()
    streams, normalisation = made_streams(arguments.hours, config)
    network = ListeningNetwork(untrained_files(nas_bayesian(len(CLASSES)))[1], config, normalisation, CLASSES)
    rows: dict[str, Any] = {"hours": arguments.hours, "events": len(streams[0].events), "ratios_db": RATIOS_DB}
    for hop_s in HOPS_S:
        row, scores, settings = evaluated(streams, network, LoopSettings(hop_s=hop_s))
        part = min(arguments.part, len(scores[0].outputs))
        row |= compared(streams[0], network, scores[0], settings, part)
        extrapolated = row["plain_processor_ms_a_window"] * row["windows"] / 1e3
        row["plain_processor_seconds_extrapolated"] = round(extrapolated, 1)
        row["factor"] = round(extrapolated / row["processor_seconds"], 2)
        row["factor_of_features"] = round(features_factor(streams[0], config, hop_s), 2)
        rows[f"hop {hop_s:g} s"] = row
        print(json.dumps(row), file=sys.stderr, flush=True)
    rows["reward"] = as_a_reward(network, REWARD_HOURS * arguments.hours)
    arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
