"""Messages of every form about a wrong value, in its own words instead of Django's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MinValueValidator

_BASE: Any = forms.BaseForm if TYPE_CHECKING else object
_WORDS: Mapping[str, str] = {
    "min_value": "Must be at least %(limit_value)s.",
    "max_value": "Must be at most %(limit_value)s.",
    "max_length": "Must have at most %(limit_value)d characters; this has %(show_value)d.",
    "unique": "This name is taken: choose another one.",
}
_SMALLEST = 1e-3
"""Least values up to it stand for "above 0" and are no number that helps anybody."""


class InWords(_BASE):
    """Mix in before the form class. Messages that a field brings of its own stay as they are."""

    def full_clean(self) -> None:
        for name, field in self.fields.items():
            defaults = _default_messages(field)
            for code, words in _words(field, self._limits(name, field)).items():
                if field.error_messages.get(code) == defaults.get(code):
                    field.error_messages[code] = words
        super().full_clean()

    def _limits(self, name: str, field: forms.Field) -> list[float]:
        """Least values that the field or its model demand."""
        model = getattr(getattr(self, "_meta", None), "model", None)
        of_model = model._meta.get_field(name).validators if model and name in self._meta.fields else []
        least = (one for one in (*field.validators, *of_model) if isinstance(one, MinValueValidator))
        return [float(one.limit_value) for one in least]


def _default_messages(field: forms.Field) -> dict[str, Any]:
    messages: dict[str, Any] = {}
    for kind in reversed(type(field).__mro__):
        messages |= getattr(kind, "default_error_messages", {})
    return messages


def _words(field: forms.Field, least: list[float]) -> dict[str, str]:
    words = {**_WORDS, "required": _missing(field)}
    if isinstance(field, forms.IntegerField):
        is_whole = not isinstance(field, forms.FloatField | forms.DecimalField)
        words["invalid"] = "Must be a whole number." if is_whole else "Must be a number, such as 1.5."
    if least:
        limit = max(least)
        words["min_value"] = "Must be above 0." if 0 < limit <= _SMALLEST else f"Must be at least {limit:.10g}."
    return words


def _missing(field: forms.Field) -> str:
    if isinstance(field, forms.FileField):
        return "Choose a file."
    return "Choose one." if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) else "Must not be empty."
