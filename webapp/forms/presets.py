"""Presets of the study form: the study files that come with Earshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from webapp.caches import kept
from webapp.forms.study_file import read_study_file


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


def _preset(path: Path) -> Preset:
    values = read_study_file(path)
    return Preset(path.stem, str(values.get("name", path.stem)), str(values.get("notes", "")), values)
