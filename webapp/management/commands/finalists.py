"""`manage.py finalists STUDY`: train the best networks of a search again with several seeds, and test them."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webapp.management.named_trials import study_named
from webapp.management.plain_errors import plain_errors
from webapp.management.watch import going_on_without_command, wait_for
from webapp.models import Finalist, Study
from webapp.queries.finals import FinalNetwork, final_networks
from webapp.queries.opening_statistics import later_opening_words
from webapp.queries.pages.finals import best_by_reward, chosen_trials
from webapp.services.finals import SEEDS, train_final_baselines, train_finalists
from webapp.services.openings import open_test_split

_ROUND_SECONDS = 1.0


class Command(BaseCommand):
    help = (
        "Train the best networks of a study again with several seeds for the full length, the baselines as well, and "
        "evaluate them once on the test split."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="the study: its number in the address, or its name")
        parser.add_argument("--top", type=int, default=3, help="how many finalists. Default: %(default)s")
        parser.add_argument(
            "--how",
            choices=[Finalist.Chosen.EXPECTED, Finalist.Chosen.REWARD, Finalist.Chosen.FRONT],
            default=Finalist.Chosen.EXPECTED,
            help="the best by expected or by measured reward, or of the energy front. Default: %(default)s",
        )
        parser.add_argument("--trials", type=int, nargs="+", default=[], help="these trials by number instead")
        parser.add_argument("--seeds", type=int, default=SEEDS, help="of each network. Default: %(default)s")
        parser.add_argument("--baselines", action="store_true", help="train the published networks in the same way")
        parser.add_argument("--wait", action="store_true", help="show progress until all seeds are trained")
        parser.add_argument(
            "--test",
            choices=["best", "all"],
            help="with --wait: open the test split for the best by mean reward and the baselines, or for all",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["test"] and not options["wait"]:
            raise CommandError("--test opens the test split for trained networks, so it needs --wait.")
        with plain_errors():
            study = study_named(options["study"])
            containers = self._request(study, options)
            if options["wait"]:
                with going_on_without_command(containers[0], self.stderr):
                    for container in containers:
                        wait_for(container, None, self.stdout)
                    if options["test"]:
                        self._test(study, options["test"])
            self._report(study)

    def _request(self, study: Study, options: dict[str, Any]) -> list[Study]:
        how = Finalist.Chosen.HAND if options["trials"] else Finalist.Chosen(options["how"])
        ids = chosen_trials(study, how, options["top"], options["trials"])
        requested = [train_finalists(study_id=study.pk, trial_ids=ids, chosen=how, seeds=options["seeds"])]
        if options["baselines"]:
            requested.append(train_final_baselines(study_id=study.pk, seeds=options["seeds"]))
        for one in requested:
            names = ", ".join((*one.added, *one.present))
            self.stdout.write(f"Study {one.finals.pk} ({one.finals.name}) trains {names}.")
        return [one.finals for one in requested]

    def _test(self, study: Study, which: str) -> None:
        """Open the test split for networks that were not evaluated on it, and wait for the results."""
        networks = final_networks(study)
        best = best_by_reward(one for one in networks if not one.is_baseline)
        for one in networks:
            is_wanted = which == "all" or one.is_baseline or one is best
            if is_wanted and one.is_trained and not one.openings:
                open_test_split(finalist_id=one.finalist.pk)
        while any(one.pending_opening for one in final_networks(study)):
            time.sleep(_ROUND_SECONDS)

    def _report(self, study: Study) -> None:
        for one in final_networks(study):
            self.stdout.write(_in_words(one))


def _in_words(one: FinalNetwork) -> str:
    parts = [f"{one.finalist.label}: {len(one.completed)} of {one.finalist.seeds} seeds"]
    later = one.opening.number if one.opening is not None and one.opening.number > 1 else 0
    for split, found, mark in (("evaluation", one.accuracy, ""), ("test", one.test_accuracy, "§" if later else "")):
        if found is not None:
            spread = "" if found.sd is None else f" +- {100 * found.sd:.1f}"
            parts.append(f"{split} {100 * found.mean:.1f}{spread} %{mark}")
    return ", ".join(parts) + (f" (§ {later_opening_words(later)})" if later else "")
