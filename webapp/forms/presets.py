"""Presets of the study form: the study files that come with Earshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from webapp.caches import kept
from webapp.forms.scale import consequences, scaled
from webapp.forms.study import EDITED_SPACE, StudyForm, defaults
from webapp.forms.study_file import read_study_file
from webapp.models import Study
from webapp.services.studies import free_name


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of settings; `slug` is the file's name and the address's ?preset=."""

    slug: str
    title: str
    notes: str
    values: Mapping[str, Any]


@kept("presets")
def presets() -> tuple[Preset, ...]:
    """The files of the folder `studies`, the one with the fewest trials first."""
    found = [_preset(path) for path in sorted(Path(settings.BASE_DIR, "studies").glob("*.toml"))]
    return tuple(sorted(found, key=lambda preset: (preset.values.get("trial_budget", 0), preset.slug)))


def preset_values(slug: str) -> Mapping[str, Any]:
    """The settings of one preset; none for an unknown name."""
    return next((preset.values for preset in presets() if preset.slug == slug), {})


def with_preset(form: StudyForm, slug: str, scale: float = 1.0) -> tuple[StudyForm, str]:
    """A new study's form with the values of a preset at a scale, and in words what the scale changes and what stays.

    Settings that a user typed stay, and the dataset in any case. Nothing is checked yet.
    """
    typed = [name for name in Study.SETTINGS if name in form.changed_data]
    values = defaults() | scaled(preset_values(slug), scale)
    if "name" in values:
        values["name"] = free_name(values["name"])
    data = form.data.copy()
    for name in (*Study.SETTINGS, EDITED_SPACE):
        data[form[name].html_initial_name] = values.get(name, "")
        if name not in (*typed, "dataset"):
            data[name] = values.get(name, "")
    unscaled = {name: value for name, value in preset_values(slug).items() if name not in typed}
    kept = ", ".join(str(form.fields[name].label) for name in typed)
    words = [
        consequences(unscaled, scale),
        f"The preset is filled in. What you had typed is kept: {kept}." if kept else "",
    ]
    return StudyForm(data, is_checked=False), " ".join(filter(None, words))


def _preset(path: Path) -> Preset:
    values = read_study_file(path)
    return Preset(path.stem, str(values.get("name", path.stem)), str(values.get("notes", "")), values)
