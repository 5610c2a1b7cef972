"""Searches by real designers over simulated results."""

from nas_engine.designers import registry
from nas_engine.designers.base import Outcome
from nas_engine.reward import reward
from nas_engine.simulation.simulated_evaluation import simulate
from tests.webapp.factories import PLAN, add_trials, make_study
from webapp.models import Dataset, Study, Trial
from webapp.translation import new_search_space, reward_parameters


def simulated_search(dataset: Dataset, *, designer: str, seed: int, trials: int) -> Study:
    """A completed study whose networks its designer suggested, one after another, from the results before."""
    values = {"designer": designer, "trial_budget": trials, "state": Study.State.COMPLETED}
    study = make_study(name=f"{designer}, seed {seed}", dataset=dataset, **values)
    Study.objects.filter(pk=study.pk).update(seed=seed)
    own = registry.create(designer, new_search_space(study), seed)
    parameters, networks = reward_parameters(study), []
    for number in range(1, trials + 1):
        (suggestion,) = own.suggest(1, [])
        found = simulate(suggestion.architecture, PLAN).result
        value = reward(found.int8_accuracy, found.energy_mj, found.flash_bytes, parameters)
        own.update([Outcome(number, suggestion.architecture, value, suggestion.metadata)])
        networks.append(suggestion.architecture)
    add_trials(study, networks, [Trial.State.COMPLETED] * trials, curves=trials)
    return study
