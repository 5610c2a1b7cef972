"""What has failed or waits for a person in a run of results, in words with what to do."""

from collections.abc import Iterable, Iterator, Sequence

from webapp.management.results.finalists import containers_of
from webapp.management.results.streams import failures_on_streams
from webapp.models import SplitOpening, Study, Trial
from webapp.services.requests import latest_trials

State = Study.State
_NOT_TRAINED = (Trial.State.FAILED, Trial.State.CANCELLED)


def failures_of(searches: Sequence[Study]) -> list[str]:
    """A sentence for each study, seed, opening and evaluation on streams that failed."""
    containers = containers_of(searches)
    found = [*failed_studies([*searches, *containers]), *_seeds(containers), *_openings(containers)]
    return [*found, *failures_on_streams(searches)]


def failed_studies(studies: Sequence[Study]) -> list[str]:
    """A sentence for each study that is FAILED by now."""
    rows = Study.objects.filter(pk__in=[study.pk for study in studies], state=State.FAILED).order_by("pk")
    return [f"{one.name} failed: {_ended(one.reason)} Start the command again to resume it." for one in rows]


def waiting_studies(studies: Sequence[Study]) -> list[str]:
    """A sentence for each study that is PAUSED by now."""
    rows = Study.objects.filter(pk__in=[study.pk for study in studies], state=State.PAUSED).order_by("pk")
    return [f"{one.name} is paused: {_ended(one.reason)} Resume it on its page." for one in rows]


def _seeds(containers: Iterable[Study]) -> Iterator[str]:
    """Seeds whose latest training, which may be a retry, has no result: the network goes on with the others."""
    for study in containers:
        for trial in latest_trials(study).values():
            if trial.state in _NOT_TRAINED:
                yield (
                    f"{trial.label} of {study.name} {trial.get_state_display()}: {_ended(trial.reason)} Figures are of "
                    "the other seeds."
                )


def _openings(containers: Iterable[Study]) -> Iterator[str]:
    failed = SplitOpening.objects.filter(finalist__finals__in=list(containers), state=SplitOpening.State.FAILED)
    for opening in failed.select_related("finalist__finals").order_by("pk"):
        later = SplitOpening.objects.filter(data_hash=opening.data_hash, architecture=opening.architecture_id)
        if not later.filter(number__gt=opening.number).exists():
            where = opening.finalist.finals.name if opening.finalist else ""
            yield (
                f"{opening.label} of {where} was not evaluated on the test split: {_ended(opening.reason)} Open it "
                "again on the page Finalists; its figures will be marked."
            )


def _ended(reason: str) -> str:
    """The reason as a sentence on one line."""
    return f"{' '.join(reason.split()).rstrip('.') or 'no reason is known'}."
