"""Results as files: a study's summary, and a network with all that is needed to use it elsewhere."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.utils.text import slugify

from nas_engine.audio.frontend import FrontendConfig, Normalisation
from nas_engine.deployment.frontend.description import describe_frontend
from nas_engine.deployment.frontend.files import python_files
from nas_engine.files.tflite_tensors import input_and_output
from webapp.models import Trial
from webapp.queries.accuracy import evaluation_split
from webapp.queries.energy_estimates import all_estimates, current_estimate
from webapp.queries.study_summary import study_summary, trial_summary
from webapp.services.errors import Conflict

NETWORK_FILE = "network.tflite"
MOST_CHARACTERS = 100
"""Characters of a file's name without its suffix: file systems take 255 bytes."""
_FILES_OF_THEIR_OWN = ("architecture", "tflite")
README = """\
{title}

network.tflite     int8 network: input [1, {frames}, {mel_bins}] (any trailing axes of 1), output one value a class
labels.txt         the classes in the order of the outputs, one a line
frontend.json      how sound becomes the network's input: steps, parameters, crop, mean, std, quantisation
{frontend_py}architecture.json  the blocks; Earshot rebuilds the network from them
metrics.json       accuracies, size, FLOPs, energy, confusion matrix and circumstances of the training

{how}
The answer is labels[argmax(output)].
"""

_FRONTEND_PY = "frontend.py        the same in Python with NumPy alone\n"
_BY_FRONTEND_PY = """\
Read a clip as mono samples at {sample_rate_hz} Hz, 16-bit integers or floats in -1..1. Then, in Python:

    import frontend
    page = frontend.load("frontend.json")
    x = frontend.quantise(frontend.normalise(frontend.crop(frontend.log_mel(samples, page), page), page), page)

or in another language by "steps" of frontend.json, and then
q = clip(round(x / input.scale) + input.zero_point, -128, 127) as int8."""
_BY_PACKAGE = """\
Read a clip as mono at {sample_rate_hz} Hz, follow "steps" of frontend.json by {package} {package_version}, then
q = clip(round(x / input.scale) + input.zero_point, -128, 127) as int8."""


def plain_name(*parts: object) -> str:
    """A name of plain characters for a file or folder: "demo-study-trial-7"; "" if no part has any.

    Where it would be longer than `MOST_CHARACTERS`, the longest parts are cut, so that numbers of trials stay.
    """
    names = [name for part in parts if (name := slugify(str(part)))]
    while len("-".join(names)) > MOST_CHARACTERS:
        longest = max(range(len(names)), key=lambda number: len(names[number]))
        names[longest] = names[longest][:-1]
    return "-".join(name.strip("-_") for name in names)


def write_study_summary(*, study_id: int, path: Path) -> dict[str, Any]:
    """Write the study's summary to `path` and its networks to a folder next to it; `tflite` of a trial is its file."""
    summary = study_summary(study_id)
    folder = path.resolve().parent / f"{path.stem}-networks"
    path.parent.mkdir(parents=True, exist_ok=True)
    for trial in summary["trials"]:
        if trial["tflite"]:
            folder.mkdir(exist_ok=True)
            file = folder / f"trial-{trial['number']:04}.tflite"
            _copy(trial["tflite"], file)
            trial["tflite"] = str(file)
    path.write_text(json.dumps(summary, indent=1) + "\n")
    return summary


def export_trial(*, trial_id: int, folder: Path) -> list[Path]:
    """Write `trial_files` to `folder`; returns the files."""
    files = trial_files(trial_id=trial_id)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def trial_files(*, trial_id: int) -> dict[str, bytes]:
    """A completed trial's network, labels, architecture, metrics and front end by file name."""
    trial = Trial.objects.select_related("study__dataset", "architecture", "retried_from", "confirms").get(pk=trial_id)
    if not trial.tflite:
        raise Conflict(f"Trial {trial.number} of {trial.study.name} is {trial.state_label}: it has no network.")
    dataset = trial.study.dataset
    texts = {
        "labels.txt": "".join(f"{name}\n" for name in dataset.classes),
        "architecture.json": _json(trial.architecture.spec),
        "metrics.json": _json(_metrics(trial)),
        "README.txt": README.format(
            title=f"Trial {trial.number} of the study {trial.study.name}, trained on {dataset.name}"
            + (" (synthetic sounds)" if dataset.synthetic else ""),
            **_in_readme(FrontendConfig.from_json(dataset.frontend)),
        ),
    }
    with default_storage.open(str(trial.tflite.name)) as stored:
        network = {NETWORK_FILE: stored.read()}
    frontend = python_files(frontend_description(trial))
    return network | frontend | {name: text.encode() for name, text in texts.items()}


def _in_readme(config: FrontendConfig) -> dict[str, Any]:
    facts = config.facts
    how = _BY_PACKAGE if facts.package else _BY_FRONTEND_PY
    known = {**config.to_json(), "package": facts.package, "package_version": facts.package_version}
    return {**known, "frontend_py": "" if facts.package else _FRONTEND_PY, "how": how.format(**known)}


def frontend_description(trial: Trial) -> dict[str, Any]:
    """frontend.json as data: from samples to the int8 input of the trial's network, and from its output to a class."""
    dataset = trial.study.dataset
    config, normalisation = FrontendConfig.from_json(dataset.frontend), Normalisation.from_json(dataset.normalisation)
    try:
        source, sink = input_and_output(default_storage.open(str(trial.tflite.name)).read())
    except ValueError as error:
        raise Conflict(f"Trial {trial.number} of {trial.study.name} has no real network: {error}") from error
    return {
        **describe_frontend(config, normalisation),
        "input": {**source.to_json(), "formula": "int8 = clip(round(input / scale) + zero_point, -128, 127)"},
        "output": {**sink.to_json(), "formula": "probability = scale * (int8 - zero_point); the answer is the largest"},
        "labels": dataset.classes,
    }


def _metrics(trial: Trial) -> dict[str, Any]:
    estimate = current_estimate(trial, all_estimates(trial))
    summary = trial_summary(trial, estimate, evaluation_split(trial.study.dataset))
    metrics = {name: value for name, value in summary.items() if name not in _FILES_OF_THEIR_OWN}
    study = {"study": trial.study.name, "dataset": trial.study.dataset.name, "split": "eval"}
    return {**study, "synthetic": trial.study.dataset.synthetic, **metrics}


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _copy(name: str | None, path: Path) -> None:
    with default_storage.open(str(name)) as stored, path.open("wb") as file:
        shutil.copyfileobj(stored, file)
