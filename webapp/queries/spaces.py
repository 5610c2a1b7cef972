"""Name and size of a study's search space, and whether its dataset fits it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from nas_engine.architecture import Head, Stem
from webapp.models import Dataset, Study
from webapp.translation import frontend

SPACE_NAMES: Mapping[str, str] = {"paper_2d": "Paper, 2-D", "paper_1d": "Paper, 1-D"}


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """A space in one line."""

    name: str
    blocks: int
    cardinality: int


def space_facts(study: Study) -> SpaceFacts | None:
    """The facts of the study's space, None until it is fixed. No query."""
    spec = study.space_spec
    if not spec:
        return None
    return SpaceFacts(
        name=SPACE_NAMES.get(study.space, spec["name"]),
        blocks=len(spec["positions"]),
        cardinality=math.prod(len(position["options"]) for position in spec["positions"]),
    )


def edited_name(name: str) -> str:
    """Name of an edited copy of the space `name` until a user gives it another."""
    return f"Edited from {SPACE_NAMES[name]}" if name in SPACE_NAMES else name


def space_version(study: Study) -> str:
    """Short text that differs where the study's space differs: what an editor has seen when it saves."""
    seen = json.dumps([study.space, study.space_spec], sort_keys=True)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def classes_of(dataset: Dataset) -> int:
    """Outputs of a network on this dataset; the paper's nine until its classes are known."""
    return len(dataset.classes) or Head().classes


def misfit(dataset: Dataset, stem: Stem) -> str:
    """Reason why networks with this stem cannot take the dataset, and what to do; empty where they can."""
    config = frontend(dataset)
    if (config.frames, config.mel_bins) == (stem.frames, stem.mel_bins):
        return ""
    return (
        f"The space takes {stem.frames} frames of {stem.mel_bins} mel bins, but {dataset.name} has {config.frames} of "
        f"{config.mel_bins}: edit the space's input, or add the dataset again with {stem.frames} frames and "
        f"{stem.mel_bins} mel bins."
    )
