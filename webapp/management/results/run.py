"""The steps of a run of results. Each looks at what there is and does what is missing: any of them may repeat."""

from collections.abc import Iterable, Iterator

from django.core.files.storage import default_storage

from nas_engine.baselines import baseline
from webapp.forms.paper_five import PAPER_FIVE
from webapp.forms.presets import preset_values
from webapp.forms.study_file import errors_in_words, form_from_file
from webapp.management.results.journal import Journal, JournalError
from webapp.management.results.lines import OPENING, TRIAL
from webapp.management.results.plan import COMPARISON, Plan, study_name
from webapp.models import Comparison, Dataset, Finalist, SplitOpening, Study, Trial
from webapp.queries.finals import final_networks
from webapp.queries.pages.finals import chosen_trials
from webapp.services import finals, openings, restoring, studies
from webapp.services.restoring import ENDED, trial_as_values

State = Study.State


class ResultsRun:
    """The run of `plan` on a READY data set, with its journal."""

    def __init__(self, dataset: Dataset, plan: Plan, journal: Journal) -> None:
        self._dataset = dataset
        self._plan = plan
        self._journal = journal
        self.comparison, self.searches = self._ensure_searches()

    def advance(self) -> str | None:
        """Write down what has ended and begin what can begin; what is under way in words, None when all is done."""
        self._write_down()
        running = [
            study for study in self._refreshed(self.searches) if study.state not in (State.COMPLETED, State.STOPPED)
        ]
        if running:
            return f"searches: {self._ended_in(self.searches)} of {self._plan.trials * len(self.searches)} trials"
        containers = self._ensure_finals()
        waiting = Trial.objects.filter(study__in=containers, state__in=Trial.OPEN).count()
        if waiting:
            return f"finalists and baselines: {self._ended_in(containers)} trained, {waiting} to go"
        pending = self._ensure_openings()
        return f"test split: {pending} networks being evaluated" if pending else None

    def _ensure_searches(self) -> tuple[Comparison, list[Study]]:
        """The five studies, begun from the journal where they are new."""
        kept = list(self._journal.lines())
        searches = [self._ensure_search(slug, kept) for slug in PAPER_FIVE]
        comparison, _ = Comparison.objects.get_or_create(name=COMPARISON)
        comparison.studies.set(searches)
        return comparison, searches

    def _ensure_search(self, slug: str, kept: Iterable[dict[str, object]]) -> Study:
        values = self._plan.settings(preset_values(slug))
        study = Study.objects.filter(name=values["name"]).first()
        if study is None:
            form = form_from_file(values, self._dataset)
            if not form.is_valid():
                raise JournalError(f"The preset {slug} does not fit: {errors_in_words(form)}")
            study = studies.create_study(study=form.save(commit=False), owner=None)
        if study.state == State.DRAFT:
            own = [line for line in kept if line["kind"] == TRIAL and line["study"] == study.name]
            restoring.restore_trials(study_id=study.pk, ended=own)
            study = studies.start(study_id=study.pk)
        elif study.state in (State.PAUSED, State.FAILED):
            study = studies.resume(study_id=study.pk)
        return study

    def _ensure_finals(self) -> list[Study]:
        """FINALS studies of the searches, whose best become finalists once, and that of the baselines."""
        containers = []
        for study in self.searches:
            container = Study.objects.filter(parent=study, kind=Study.Kind.FINALS).first()
            best = [] if container else chosen_trials(study, Finalist.Chosen.REWARD, self._plan.finalists, ())
            if best:
                container = finals.train_finalists(
                    study_id=study.pk, trial_ids=best, chosen=Finalist.Chosen.REWARD, seeds=self._plan.seeds
                ).finals
            containers += [container] if container else []
        names = [baseline(name).name for name in self._plan.baselines]
        published = finals.train_final_baselines(study_id=self.searches[0].pk, names=names, seeds=self._plan.seeds)
        containers.append(published.finals)
        self._restore_finals(containers)
        return containers

    def _restore_finals(self, containers: Iterable[Study]) -> None:
        """Complete waiting seeds by trainings of the journal whose networks are at hand."""
        kept = {(line["study"], line["label"]): line for line in self._journal.lines() if line["kind"] == TRIAL}
        for study in containers:
            for trial in study.trials.filter(state=Trial.State.REQUESTED).order_by("number"):
                values = kept.get((study.name, trial.label))
                network = self._journal.network(values["tflite"]) if values else None
                if values and network is not None and values["seed"] == trial.seed:
                    restoring.complete_from(trial=trial, values=values, network=network)

    def _ensure_openings(self) -> int:
        """Open the test split for every trained network once; how many are being evaluated."""
        pending = 0
        for study in self.searches:
            for network in final_networks(study):
                if network.is_trained and not network.openings:
                    openings.open_test_split(finalist_id=network.finalist.pk)
                    pending += 1
                elif network.pending_opening is not None:
                    pending += 1
        return pending

    def _write_down(self) -> None:
        for study in self._containers():
            for name in study.trials.filter(state=Trial.State.COMPLETED).values_list("tflite", flat=True):
                if not self._journal.has_network(name):
                    with default_storage.open(name) as stored:
                        self._journal.add_network(name, stored.read())
        for line in (*self._ended_trials(), *self._evaluated()):
            self._journal.add(line)

    def _ended_trials(self) -> Iterator[dict[str, object]]:
        for study in (*self.searches, *self._containers()):
            rows = study.trials.filter(state__in=ENDED).select_related("architecture").order_by("number")
            yield from ({"kind": TRIAL, "study": study.name, **trial_as_values(trial)} for trial in rows)

    def _evaluated(self) -> Iterator[dict[str, object]]:
        ready = SplitOpening.objects.filter(finalist__finals__in=self._containers(), state=SplitOpening.State.READY)
        for opening in ready.select_related("finalist__finals", "architecture").order_by("pk"):
            results = opening.results.select_related("trial").order_by("trial__seed")
            yield {
                "kind": OPENING,
                "study": opening.finalist.finals.name if opening.finalist else "",
                "label": opening.label,
                "number": opening.number,
                "state": opening.state,
                "opened_at": opening.opened_at.isoformat(),
                "architecture": opening.architecture.spec,
                "clips": opening.clips,
                "seeds": [
                    [one.trial.seed, one.trial.tflite.name, one.eval_answers, one.test_answers] for one in results
                ],
            }

    def _containers(self) -> list[Study]:
        own = Study.objects.filter(parent__in=self.searches, kind=Study.Kind.FINALS).order_by("pk")
        published = finals.final_baselines_of(self.searches[0])
        return [*own, *([published] if published else [])]

    def _refreshed(self, rows: Iterable[Study]) -> Iterator[Study]:
        return iter(Study.objects.filter(pk__in=[study.pk for study in rows]))

    def _ended_in(self, rows: Iterable[Study]) -> int:
        return Trial.objects.filter(study__in=list(rows), state__in=ENDED).count()


def names_of_searches() -> list[str]:
    """Names of the five studies of a run, in the order of Table 1."""
    return [study_name(str(preset_values(slug)["name"])) for slug in PAPER_FIVE]
