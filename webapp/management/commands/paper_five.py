"""`manage.py paper_five --dataset NAME --scale 0.05`: start the paper's five searches, and a comparison of them."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from webapp.forms.paper_five import DEFAULT_NAME, PaperFiveForm, consequences_of
from webapp.forms.study_file import errors_in_words
from webapp.management.plain_errors import plain_errors
from webapp.management.watch import dataset_named, going_on_without_command, wait_for
from webapp.models import Comparison, EnergyModel, Study
from webapp.queries.energy_models import named_model
from webapp.services import comparisons


class Command(BaseCommand):
    help = "Create and start the five searches of the paper's Table 1 on one dataset, and a comparison of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True, help="name of the dataset")
        parser.add_argument(
            "--scale", default="1", help="share of the paper's trials, switch point and epochs, such as 0.05 or 5%%"
        )
        parser.add_argument("--seed", default="1", help="seed of all five. Default: %(default)s")
        parser.add_argument(
            "--energy-model", help='name such as "Pixel 4 XL, model 3"; left out, the published figures'
        )
        parser.add_argument("--name", default=DEFAULT_NAME, help="name of the comparison. Default: %(default)s")
        parser.add_argument("--wait", action="store_true", help="show progress until all five have ended")

    def handle(self, *args: Any, **options: Any) -> None:
        with plain_errors():
            comparison = self._start(_form(options))
            studies = list(comparison.studies.order_by("pk"))
            self.stdout.write(
                f"Comparison {comparison.pk} ({comparison.name}): {reverse('comparison', args=[comparison.pk])}"
            )
            for study in studies:
                address = reverse("study", args=[study.pk])
                self.stdout.write(f"Study {study.pk} ({study.name}) has started: {address}")
            if options["wait"]:
                self._wait(studies)

    def _start(self, form: PaperFiveForm) -> Comparison:
        made = comparisons.start_together(name=form.cleaned_data["name"], studies=form.studies, notes=form.notes)
        if words := consequences_of(form.cleaned_data["scale"]):
            self.stdout.write(words)
        return made

    def _wait(self, studies: Sequence[Study]) -> None:
        """Until all have ended; then CommandError if some have ended otherwise than completed."""
        problems = []
        for number, study in enumerate(studies):
            with going_on_without_command(study, self.stderr, *studies[number + 1 :]):
                try:
                    wait_for(study, None, self.stdout)
                except CommandError as error:
                    problems.append(str(error))
        if problems:
            raise CommandError(" ".join(problems))
        self.stdout.write(self.style.SUCCESS("All five studies are completed."))


def _form(options: dict[str, Any]) -> PaperFiveForm:
    """The form that the browser has, filled in and valid."""
    model = _model(options["energy_model"]) if options["energy_model"] else None
    values = {
        "name": comparisons.free_comparison_name(options["name"]),
        "dataset": dataset_named(options["dataset"]).pk,
        "scale": options["scale"],
        "seed": options["seed"],
        "energy_model": model.pk if model else "",
    }
    form = PaperFiveForm(values)
    if not form.is_valid():
        raise CommandError(errors_in_words(form))
    return form


def _model(name: str) -> EnergyModel:
    found = named_model(name)
    if found is None:
        raise CommandError(f"There is no ready energy model named {name}.")
    return found
