"""The earlier study that a draft starts from."""

from typing import Any

from django import forms

from webapp.forms.wording import InWords
from webapp.models import Study

MOST_NETWORKS = 1_000


class WarmStartForm(InWords, forms.Form):
    """A search that has started, and how many of its networks; no study: the draft starts cold."""

    source = forms.ModelChoiceField(
        label="start from the results of",
        queryset=Study.objects.none(),
        required=False,
        empty_label="No study: start cold",
    )
    networks = forms.IntegerField(label="networks, at most", min_value=1, max_value=MOST_NETWORKS)

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        initial = {"source": study.warm_start_from_id, "networks": study.warm_start_networks}
        super().__init__(*args, initial=initial, **kwargs)
        searches = Study.objects.filter(kind=Study.Kind.SEARCH).exclude(pk=study.pk)
        started = searches.exclude(state=Study.State.DRAFT).only("name", "created_at")
        self.fields["source"].queryset = started
