"""JSON form of frozen dataclasses of numbers, text, tuples and one another, and checks of their numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self, get_args

from nas_engine.architecture import json_fields


@dataclass(frozen=True, slots=True)
class StoredValue:
    """Base of values that are stored as JSON: a subclass is a frozen dataclass that checks its fields itself."""

    def to_json(self) -> dict[str, Any]:
        """All fields by name; other stored values as objects, tuples as lists."""
        return {field.name: _stored(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Inverse of `to_json`. Raises ValueError naming the key that is missing, unknown or wrong."""
        types: Mapping[str, Any] = {field.name: field.type for field in fields(cls)}
        values = json_fields(data, cls.__name__, tuple(types))
        return cls(**{name: _restored(types[name], value) for name, value in values.items()})


def require_number(value: object, where: str, low: float = -math.inf, high: float = math.inf) -> None:
    """Raise ValueError naming `where` unless `value` is a finite number (no bool) within `low`..`high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} must be a finite number, not {value!r}")
    if not low <= value <= high:
        raise ValueError(f"{where} must lie in {low:g}..{high:g}, not {value!r}")


def _stored(value: Any) -> Any:
    if isinstance(value, StoredValue):
        return value.to_json()
    return [_stored(item) for item in value] if isinstance(value, tuple) else value


def _restored(annotation: Any, value: Any) -> Any:
    """`value` of JSON as the type of its field: whole numbers of float fields, objects, lists."""
    kinds = get_args(annotation) or (annotation,)
    if isinstance(value, list):
        return tuple(_restored(kinds[0], item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool) and float in kinds:
        return float(value)
    stored = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StoredValue)]
    return stored[0].from_json(value) if stored and value is not None else value
