"""Settings of the loop that can be changed on the page "Try it" before listening begins."""

from dataclasses import replace

from django import forms

from nas_engine.streaming.loop import LoopSettings
from webapp.forms.wording import InWords

HOPS_S = (0.5, 1.0, 2.0)
_MOST_DB = 40.0


class ListeningForm(InWords, forms.Form):
    """How often the network runs, and the gain of the microphone."""

    hop_s = forms.TypedChoiceField(
        label="Window every", choices=[(str(hop), f"{hop:g} s") for hop in HOPS_S], coerce=float
    )
    gain_db = forms.FloatField(label="Gain (dB)", min_value=-_MOST_DB, max_value=_MOST_DB)

    def loop(self, of: LoopSettings) -> LoopSettings:
        """`of` with the values of the form, once it is valid."""
        return replace(of, hop_s=self.cleaned_data["hop_s"], gain_db=self.cleaned_data["gain_db"])

    @property
    def sentence(self) -> str:
        """What is wrong with the form, in one line."""
        return " ".join(f"{self[name].label}: {' '.join(errors)}" for name, errors in self.errors.items())
