"""A stranger's script: knows nothing of Earshot, only the files of `export_trial`. Uses numpy, soundfile and TFLite.

stranger.py EXPORT_FOLDER CLIPS_FOLDER      (clips as CLASS/*.flac; prints "correct total")
"""

import json
import sys
from pathlib import Path

import numpy as np
import soundfile


def mel_matrix(description: dict) -> np.ndarray:
    matrix = np.zeros(description["shape"])
    for column, band in enumerate(description["bands"]):
        matrix[band["first_bin"] : band["first_bin"] + len(band["weights"]), column] = band["weights"]
    return matrix


def log_mel(samples: np.ndarray, frontend: dict) -> np.ndarray:
    parameters = frontend["parameters"]
    window, hop = parameters["window_samples"], parameters["hop_samples"]
    samples = np.pad(samples, (0, max(0, window - len(samples))))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    weights = hann * 2 / hann.sum()
    starts = range(0, len(samples) - window + 1, hop)
    frames = np.stack([samples[start : start + window] * weights for start in starts])
    power = np.abs(np.fft.rfft(frames, parameters["fft_size"])) ** 2
    return np.log(power @ mel_matrix(frontend["mel_matrix"]) + parameters["log_offset"])


def crop(features: np.ndarray, frontend: dict) -> np.ndarray:
    count, total = frontend["parameters"]["frames"], len(features)
    start = 0
    if total > count:
        loudness = np.exp(features).sum(axis=1)
        energy = np.array([loudness[first : first + count].sum() for first in range(total - count + 1)])
        loud = np.flatnonzero(energy >= frontend["crop_share"] * energy.max())
        start = loud[(len(loud) - 1) // 2]
    return features[(start + np.arange(count)) % total]


def main(folder: Path, clips: Path) -> None:
    from tensorflow import lite

    frontend = json.loads((folder / "frontend.json").read_text())
    labels = (folder / "labels.txt").read_text().split("\n")
    interpreter = lite.Interpreter(str(folder / "network.tflite"))
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    correct = total = 0
    for path in sorted(clips.glob("*/*.flac")):
        samples, rate = soundfile.read(path, dtype="float32")
        assert rate == frontend["parameters"]["sample_rate_hz"]
        features = (crop(log_mel(samples, frontend), frontend) - frontend["mean"]) / frontend["std"]
        values = np.round(features / frontend["input"]["scale"]) + frontend["input"]["zero_point"]
        interpreter.set_tensor(source, np.clip(values, -128, 127).astype(np.int8).reshape(frontend["input"]["shape"]))
        interpreter.invoke()
        correct += labels[int(np.argmax(interpreter.get_tensor(sink)[0]))] == path.parent.name
        total += 1
    print(correct, total)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
