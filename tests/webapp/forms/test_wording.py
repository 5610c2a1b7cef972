"""Words of wrong values, the same in every form."""

import importlib
import pkgutil

import pytest
from django import forms

import webapp.forms
from webapp.forms.wording import InWords


class Numbers(InWords, forms.Form):
    """One field of each kind that has words of its own."""

    whole = forms.IntegerField(min_value=3, max_value=9, required=False)
    number = forms.FloatField(min_value=1e-6, required=False)
    text = forms.CharField(max_length=4)
    file = forms.FileField()
    choice = forms.ChoiceField(choices=[("a", "a")], error_messages={"required": "Name a letter."})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("whole", "2", "Must be at least 3."),
        ("whole", "10", "Must be at most 9."),
        ("whole", "2.5", "Must be a whole number."),
        ("number", "0", "Must be above 0."),
        ("number", "much", "Must be a number, such as 1.5."),
        ("text", "", "Must not be empty."),
        ("text", "letters", "Must have at most 4 characters; this has 7."),
        ("file", "", "Choose a file."),
        ("choice", "", "Name a letter."),
    ],
)
def test_a_wrong_value_is_named_in_words_of_the_form(field: str, value: str, words: str) -> None:
    assert Numbers({field: value}).errors[field] == [words]


def test_every_form_has_these_words() -> None:
    modules = [
        importlib.import_module(f"webapp.forms.{one.name}") for one in pkgutil.iter_modules(webapp.forms.__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, forms.BaseForm) and value.__module__ == module.__name__
    }
    assert len(found) >= 11
    assert not [form for form in found if not issubclass(form, InWords)]
