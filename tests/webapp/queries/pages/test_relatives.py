"""Trials of the same network, and of networks one block away with what the change brought."""

from dataclasses import replace

import pytest

from nas_engine.architecture import Block
from tests.webapp.factories import make_study
from tests.webapp.variants import give_network, sized_places, widened
from webapp.models import StoredArchitecture, Study, Trial
from webapp.queries.pages.relatives import NeighbourGain, Relatives
from webapp.queries.pages.trial import shown_trials, trial_context
from webapp.translation import architecture

pytestmark = pytest.mark.django_db


def relatives(study: Study, number: int = 1) -> Relatives:
    found = trial_context(shown_trials(study.pk).get(number=number))["relatives"]
    assert isinstance(found, Relatives)
    return found


def test_trials_of_the_same_network_are_found_in_every_study() -> None:
    study, other = make_study(completed=2), make_study(completed=2, seed=2)
    own = study.trials.get(number=1)
    network = architecture(own.architecture)
    give_network(other.trials.get(number=2), network)
    found = relatives(study)
    assert [(row.trial.study_id, row.trial.number, row.is_literal) for row in found.same] == [(other.pk, 2, True)]
    assert found.same_total == 1


def test_identities_in_other_places_make_no_other_network() -> None:
    study, other = make_study(completed=1), make_study(completed=1, seed=2)
    network = architecture(study.trials.get().architecture)
    first = replace(network, blocks=(Block("identity"), *(b for b in network.blocks if b.kind != "identity")))
    last = replace(network, blocks=(*(b for b in network.blocks if b.kind != "identity"), Block("identity")))
    give_network(study.trials.get(), first)
    give_network(other.trials.get(), last)
    [row] = relatives(study).same
    assert (row.trial.study_id, row.is_literal) == (other.pk, False)


def test_neighbours_are_the_trials_of_the_study_that_differ_in_one_block() -> None:
    study, elsewhere = make_study(completed=4), make_study(completed=1, seed=3)
    network = architecture(study.trials.get(number=1).architecture)
    one, two, *_ = sized_places(network)
    give_network(study.trials.get(number=2), widened(network, two))
    give_network(study.trials.get(number=3), widened(widened(network, one), two))  # two blocks
    give_network(elsewhere.trials.get(), widened(network, one))  # another study
    longer = replace(network, blocks=(*network.blocks, Block("identity")))
    give_network(study.trials.get(number=4), longer)
    found = relatives(study)
    assert [(row.trial.number, row.position) for row in found.neighbours] == [(2, f"b{two + 1}")]
    before = network.blocks[two].filters
    assert found.neighbours[0].changes == (f"filters {before} → {before + 8}",)


def test_the_best_change_comes_first_and_what_has_no_result_last() -> None:
    study = make_study(completed=3, running=1)
    own = study.trials.get(number=1)
    network = architecture(own.architecture)
    for number, place in zip((2, 3, 4), sized_places(network), strict=False):
        give_network(study.trials.get(number=number), widened(network, place))
    Trial.objects.filter(study=study, number=1).update(int8_accuracy=0.6, reward=0.5)
    Trial.objects.filter(study=study, number=2).update(int8_accuracy=0.59, reward=0.4)
    Trial.objects.filter(study=study, number=3).update(int8_accuracy=0.9, reward=0.8, flash_bytes=own.flash_bytes + 500)
    found = relatives(study).neighbours
    assert [row.trial.number for row in found] == [3, 2, 4]
    best, worse, running = (row.gain for row in found)
    assert running is None
    assert best is not None
    assert worse is not None
    assert (best.accuracy, best.reward, best.flash_bytes) == (pytest.approx(0.3), pytest.approx(0.3), 500)
    assert (best.low95 > 0, best.verdict) == (True, "better")
    assert worse.low95 < worse.accuracy < worse.high95
    assert worse.verdict == "within the scatter of the clips"


def test_a_loss_beyond_the_interval_is_called_worse() -> None:
    assert NeighbourGain(-0.2, -0.3, -0.1, None, None, None).verdict == "worse"


def test_a_network_that_cannot_be_built_has_relatives_by_its_hash_alone() -> None:
    study, other = make_study(completed=1), make_study(completed=1, seed=2)
    broken = study.trials.get().architecture
    Trial.objects.filter(study=other).update(architecture=broken)
    StoredArchitecture.objects.all().update(flops=0, parameters=0, peak_activation_bytes=0)
    assert [row.trial.study_id for row in relatives(study).same] == [other.pk]
