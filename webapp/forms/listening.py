"""Settings of the loop that can be changed on the page "Try it" before listening begins."""

from dataclasses import replace
from typing import Any

from django import forms

from nas_engine.streaming.loop import LoopSettings
from webapp.forms.streams import MOST_GAIN_DB
from webapp.forms.wording import InWords

HOPS_S = (0.5, 1.0, 2.0)
"""Times between windows that can be chosen, and costs are stated for, besides the loop's own."""


class ListeningForm(InWords, forms.Form):
    """How often the network runs, and the gain of the microphone; both begin as those of the loop `of`."""

    hop_s = forms.TypedChoiceField(label="Window every", coerce=float)
    gain_db = forms.FloatField(label="Gain (dB)", min_value=-MOST_GAIN_DB, max_value=MOST_GAIN_DB)

    def __init__(self, *args: Any, of: LoopSettings, **others: Any) -> None:
        super().__init__(*args, initial={"hop_s": str(float(of.hop_s)), "gain_db": of.gain_db}, **others)
        self.of = of
        self.hops_s = sorted({*HOPS_S, float(of.hop_s)})
        self.fields["hop_s"].choices = [(str(hop), f"{hop:g} s") for hop in self.hops_s]

    def loop(self) -> LoopSettings:
        """The loop with the values of the form, once it is valid."""
        return replace(self.of, hop_s=self.cleaned_data["hop_s"], gain_db=self.cleaned_data["gain_db"])

    @property
    def sentence(self) -> str:
        """What is wrong with the form, in one line."""
        return " ".join(f"{self[name].label}: {' '.join(errors)}" for name, errors in self.errors.items())
