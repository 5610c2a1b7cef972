"""Studies as TOML files: the same settings as the browser form, read, checked and written.

name = "Quick look"
dataset = "my clips"
trial_budget = 12       # `trials` for short
full_epochs = 8         # `epochs` for short
qat_epochs = 4          # with simulated quantisation, after three quarters of the former
early_stopping = "none" # left out, marginal value
space = "paper_2d"      # or an edited one as a table [space], as in `space_file`
energy_model = "Pixel 4 XL, model 3"  # left out, the published figures
"""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import tomli_w
from django import forms

from nas_engine.energy.readers.parsing import text
from webapp.forms.space_file import space_table
from webapp.forms.study import EDITED_SPACE, StudyForm, defaults
from webapp.models import Dataset, EnergyModel, Study
from webapp.queries.energy_models import named_model, ready_models
from webapp.services.structured_text import BadText, read_toml
from webapp.translation import space_spec

SHORT_NAMES: Mapping[str, str] = {"trials": "trial_budget", "epochs": "full_epochs"}
_FORMER_NAMES: Mapping[str, str] = {"screening": "enforce_constraints"}  # in files written by earlier versions
LONGEST_FILE = 64_000  # characters; a study file has about twenty lines, an edited space some more
_SWITCHES = ("enforce_constraints",)
_HEADER = "# An Earshot study. Start it with: python manage.py run_study FILE --dataset NAME\n"


class StudyFileError(ValueError):
    """The file is not a study; the message states which line or setting is wrong and what to do."""


def read_study_file(source: Path | bytes | str) -> dict[str, Any]:
    """Settings by field name from a path, an upload's bytes or TOML text. Names are checked here, values by
    `form_from_file`.
    """
    content = source if isinstance(source, str) else _decoded(source)
    if len(content) > LONGEST_FILE:
        raise StudyFileError(f"The file has {len(content)} characters; a study file has at most {LONGEST_FILE}.")
    try:
        values = read_toml(content)
    except BadText as error:
        raise StudyFileError(f'This is not valid TOML: {error}. Text needs quotes: name = "Quick look".') from error
    return settings_from(values)


def _decoded(source: Path | bytes) -> str:
    content = text.whole(source.read_bytes() if isinstance(source, Path) else source)
    if content is None:
        raise StudyFileError("This is no text file: a study is TOML in UTF-8.")
    return content


def settings_from(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` under their full names; a table `space` becomes `EDITED_SPACE`.

    Raises StudyFileError for unknown names and for values of the wrong kind.
    """
    settings: dict[str, Any] = {}
    for given, value in values.items():
        name = (SHORT_NAMES | _FORMER_NAMES).get(given, given)
        if name not in (*Study.SETTINGS, EDITED_SPACE):
            raise StudyFileError(_unknown(given))
        if name in settings:
            raise StudyFileError(f"{name} is given twice, once as {given}: keep one of them.")
        if name == "space" and isinstance(value, Mapping):
            settings |= {"space": Study.Space.EDITED.value, EDITED_SPACE: value}
        elif name == EDITED_SPACE and isinstance(value, Mapping):
            settings[name] = value
        else:
            _require_plain(given, value, may_be_switch=name in _SWITCHES)
            settings[name] = value
    return settings


def _require_plain(name: str, value: Any, *, may_be_switch: bool) -> None:
    is_switch = isinstance(value, bool) or value in ("true", "false")
    if not (is_switch if may_be_switch else isinstance(value, str | int | float) and not isinstance(value, bool)):
        kinds = "true or false" if may_be_switch else "a text or a number"
        raise StudyFileError(f"{name} must be {kinds}, not {json.dumps(value, default=str)}.")


def _unknown(name: str) -> str:
    known = [*Study.SETTINGS, *SHORT_NAMES]
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
    return f"There is no setting named {name}. {hint}"


def form_from_file(data: Mapping[str, Any], dataset: Dataset | None = None) -> StudyForm:
    """A bound form from the settings of a file; what the file leaves out takes its default.

    `dataset` overrides the file's own. Ask the form with `is_valid()`; its errors name the settings.
    """
    settings = defaults() | settings_from(data)
    if dataset is None and "dataset" in settings:
        dataset = Dataset.objects.filter(name=settings["dataset"]).first()
        if dataset is None:
            raise StudyFileError(_no_such_dataset(str(settings["dataset"])))
    if settings.get("energy_model"):
        settings["energy_model"] = _model(str(settings["energy_model"])).pk
    if EDITED_SPACE in settings:
        settings[EDITED_SPACE] = json.dumps(settings[EDITED_SPACE], default=str)
    return StudyForm(settings | {"dataset": dataset.pk if dataset else ""})


def _no_such_dataset(name: str) -> str:
    names = list(Dataset.objects.order_by("name").values_list("name", flat=True)[:10])
    there = f"There are: {', '.join(names)}." if names else "There is none yet: add one first."
    return f"dataset: there is no dataset named {name}. {there}"


def _model(name: str) -> EnergyModel:
    found = named_model(name)
    if found is None:
        names = [str(model) for model in ready_models()[:10]]
        there = f"There are: {'; '.join(names)}." if names else "There is none yet: measure a device first."
        raise StudyFileError(f"energy_model: there is no ready energy model named {name}. {there}")
    return found


def errors_in_words(form: forms.BaseForm) -> str:
    """The form's errors as one line, each with the name of its setting."""
    parts = (f"{name}: {' '.join(messages)}" for name, messages in form.errors.items())
    return "; ".join(parts)


def study_to_toml(study: Study) -> str:
    """The settings of `study` as a file that `read_study_file` reads back to the same settings."""
    model = study.energy_model
    settings = {name: getattr(study, name) for name in Study.SETTINGS} | {"dataset": study.dataset.name}
    if model:
        settings["energy_model"] = str(model)
    if study.space == Study.Space.EDITED:
        settings["space"] = space_table(space_spec(study))
    return _HEADER + tomli_w.dumps({name: value for name, value in settings.items() if value is not None})
