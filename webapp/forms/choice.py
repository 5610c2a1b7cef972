"""Choices among the trials of a study, as parameters of its page's address."""

from django import forms
from django.http import QueryDict

from webapp.forms.wording import InWords
from webapp.models import Study
from webapp.queries.pages.choice import WantedChoice

_RESOURCES = [("energy", "energy"), ("flash", "flash")]


class ChoiceForm(InWords, forms.Form):
    """What to choose and by what; a field that a method does not need may be missing."""

    choose = forms.ChoiceField(choices=[(name, name) for name in ("within", "under", "knee")])
    by = forms.ChoiceField(choices=_RESOURCES, required=False)
    points = forms.FloatField(label="Points", min_value=0, max_value=100, required=False)
    most_mj = forms.FloatField(label="Energy", min_value=0, required=False)
    most_kb = forms.FloatField(label="Flash", min_value=0, required=False)

    @classmethod
    def of(cls, query: QueryDict, study: Study) -> "ChoiceForm":
        """Form with the address' parameters; what is not given there is what the study suggests."""
        limits = {"most_mj": f"{study.energy_threshold_mj:g}", "most_kb": f"{study.flash_threshold_kb:g}"}
        usual = {"points": "1", "by": "energy"} | ({} if query.get("choose") == "under" else limits)
        return cls(usual | query.dict())

    def wanted(self) -> WantedChoice | None:
        """The wanted choice; None where none, or none that makes sense, is wanted."""
        if not self.is_valid():
            return None
        values = self.cleaned_data
        points = values["points"]
        return WantedChoice(
            method=values["choose"],
            by=values["by"] or "energy",
            points=1.0 if points is None else points,
            energy_mj=values["most_mj"],
            flash_kb=values["most_kb"],
        )

    @property
    def sentence(self) -> str:
        """What is wrong with a wanted choice, in one line; "" where nothing is wanted."""
        wrong = {name: errors for name, errors in self.errors.items() if name != "choose"}
        return " ".join(f"{self[name].label}: {' '.join(errors)}" for name, errors in wrong.items())
