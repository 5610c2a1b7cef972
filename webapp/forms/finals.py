"""Choice of finalists, and of the baselines that are trained as they are."""

import re
from typing import Any

from django import forms

from nas_engine.baselines import NAMES
from webapp.forms.wording import InWords
from webapp.models import Finalist
from webapp.services.finals import MOST_SEEDS, SEEDS

MOST_FINALISTS = 50
_NUMBERS = re.compile(r"[\s,;]+")
_LONGEST = 9  # digits of a trial's number


class _SeedsForm(InWords, forms.Form):
    seeds = forms.IntegerField(
        initial=SEEDS,
        min_value=1,
        max_value=MOST_SEEDS,
        help_text="Trainings of each network, each with another seed; the paper has five.",
    )


class FinalistsForm(_SeedsForm):
    """Which trials become finalists: the best by expected or measured reward, of the front, or by number."""

    how = forms.ChoiceField(
        label="choose",
        initial=Finalist.Chosen.EXPECTED,
        choices=[
            (Finalist.Chosen.EXPECTED, "the best by expected reward"),
            (Finalist.Chosen.REWARD, "the best by measured reward"),
            (Finalist.Chosen.FRONT, "the best by measured reward of the energy front"),
            (Finalist.Chosen.HAND, "trials by number"),
        ],
    )
    top = forms.IntegerField(label="how many", initial=3, min_value=1, max_value=MOST_FINALISTS, required=False)
    numbers = forms.CharField(
        label="numbers of trials",
        required=False,
        max_length=400,
        help_text="For trials by number: 12, 40, 41.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "12, 40, 41"}),
    )
    field_order = ("how", "top", "numbers", "seeds")

    def clean_numbers(self) -> list[int]:
        """Each number once, in the order given."""
        words = [word for word in _NUMBERS.split(self.cleaned_data["numbers"].strip()) if word]
        wrong = [word for word in words if not (word.isascii() and word.isdecimal() and len(word) <= _LONGEST)]
        if wrong:
            raise forms.ValidationError(f"Give numbers of trials, such as 12, 40: {wrong[0][:40]!r} is none.")
        return list(dict.fromkeys(map(int, words)))

    def clean(self) -> dict[str, object]:
        values: dict[str, object] = super().clean() or self.cleaned_data
        by_hand = values.get("how") == Finalist.Chosen.HAND
        if by_hand and not values.get("numbers") and "numbers" not in self.errors:
            self.add_error("numbers", "Give the numbers of the trials to train.")
        if not by_hand and not values.get("top") and "top" not in self.errors:
            self.add_error("top", "Give how many finalists to choose.")
        return values


class FinalBaselinesForm(_SeedsForm):
    """Baselines to train for the full length with several seeds."""

    names = forms.MultipleChoiceField(
        label="networks",
        choices=[(name, name) for name in NAMES],
        initial=list(NAMES),
        error_messages={"required": "Choose at least one network."},
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("names", "seeds")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_baselines_%s", **kwargs)  # `FinalistsForm` is on the same page
