"""What the front end in fixed point changes in the answers of a trained network; loads TensorFlow.

TC-ResNet8 is trained on the clips' train split, and hears the same stretches of clips of the eval split twice: by the
features of training and by those of the C code in fixed point, both quantised.
"""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from nas_engine.audio.cache import FeaturePack, open_pack
from nas_engine.audio.clips import scan
from nas_engine.audio.dataset import prepare
from nas_engine.audio.frontend import FrontendConfig, evaluation_start
from nas_engine.baselines import tc_resnet8
from nas_engine.deployment.frontend import reference
from nas_engine.deployment.frontend.description import describe_frontend
from nas_engine.evaluation import evaluate
from nas_engine.files.tflite_tensors import input_and_output
from nas_engine.network import runtimes
from nas_engine.network.keras import configure
from nas_engine.network.schedule import TrainingConfig
from nas_engine.streaming.loop import LoopSettings
from tests.nas_engine.deployment.frontend.compiled import fixed_rows_and_inputs, fixed_rows_program
from tests.nas_engine.deployment.frontend.sounds import Clips, training_features

EPOCHS = 20
THRESHOLD_STEPS = 0
"""An output above it is a probability above 0.5: the default threshold of a detection."""


def answers(clips: Path, count: int, folder: Path) -> dict[str, Any]:
    """Differences between the two ways, over `count` clips of the eval split at equal distances.

    Shares are 0..1; "inputs" are int8 values of the network's input, "scores" of its output, "detections" the classes
    above a threshold of 0.5, those that a loop never detects left out.
    """
    configure(1)
    pack, network = trained(clips, folder)
    paths = sorted((clips / "eval").glob("*/*.flac"))
    chosen = [paths[index] for index in np.linspace(0, len(paths) - 1, count).astype(int)]
    sounds = {path.name: soundfile.read(path, dtype="int16")[0] for path in chosen}
    truth = np.array([pack.classes.index(path.parent.name) for path in chosen])
    description = describe_frontend(pack.config, pack.normalisation) | {"input": input_and_output(network)[0].to_json()}
    expected, ours = inputs(sounds, description, folder / "fixed")
    theirs_scores, our_scores = (runtimes.predict_quantised("xnnpack", network, x) for x in (expected, ours))
    apart = np.abs(expected.astype(int) - ours)
    scores = np.abs(theirs_scores.astype(int) - our_scores)
    heard = [name not in LoopSettings().silent_classes for name in pack.classes]
    detected = [one[:, heard] > THRESHOLD_STEPS for one in (theirs_scores, our_scores)]
    return {
        "network": "TC-ResNet8",
        "epochs": EPOCHS,
        "clips": count,
        "accuracy": float((theirs_scores.argmax(1) == truth).mean()),
        "accuracy_fixed": float((our_scores.argmax(1) == truth).mean()),
        "inputs_off": float((apart > 0).mean()),
        "inputs_most_steps": int(apart.max()),
        "scores_off": float((scores > 0).mean()),
        "scores_most_steps": int(scores.max()),
        "answers_changed": int((theirs_scores.argmax(1) != our_scores.argmax(1)).sum()),
        "detections": int(detected[0].sum()),
        "detections_changed": int((detected[0] != detected[1]).sum()),
    }


def trained(clips: Path, folder: Path) -> tuple[FeaturePack, bytes]:
    """The pack of the clips and the int8 network."""
    prepare(scan(clips), FrontendConfig(), lambda *_: None, folder / "work").write_pack(folder / "clips.pack")
    pack = open_pack(folder / "clips.pack")
    return pack, evaluate(tc_resnet8(), pack, TrainingConfig(full_epochs=EPOCHS, qat_epochs=2), lambda _: None).tflite


def inputs(clips: Clips, description: dict[str, Any], folder: Path) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Inputs int8 [clips, frames, mel_bins] of the network: as training has them, and in fixed point."""
    config = FrontendConfig.from_json(description["parameters"])
    found = fixed_rows_and_inputs(fixed_rows_program(folder, description, ("-O2",)), clips, config.hop_samples)
    expected, ours = [], []
    for clip, (_, steps) in zip(clips.values(), found, strict=True):
        rows = training_features(clip, config)
        taken = (evaluation_start(rows, config) + np.arange(config.frames)) % len(rows)
        expected.append(reference.quantise(reference.normalise(rows[taken], description), description))
        ours.append(steps[taken])
    return np.stack(expected), np.stack(ours)
