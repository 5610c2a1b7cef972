"""A device and its campaigns, as people describe them."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.models import Campaign, Device
from webapp.services.devices import DEVICE_FIELDS


class DeviceForm(InWords, forms.ModelForm):
    """A device. `seen_version` is the version that the person edits."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Device
        fields = DEVICE_FIELDS
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    @property
    def values(self) -> dict[str, Any]:
        """By the names of the device's fields."""
        return {name: self.cleaned_data[name] for name in DEVICE_FIELDS}


class CampaignForm(InWords, forms.ModelForm):
    """A campaign of a device."""

    class Meta:
        model = Campaign
        fields = ("name", "notes")
        widgets = {"notes": forms.Textarea(attrs={"rows": 2})}

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())
