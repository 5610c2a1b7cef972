import pytest

from nas_engine.network.schedule import TrainingConfig
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.simulation.dry_run import DryRunSettings
from nas_engine.trial_plan import open_trials, trial_epochs
from webapp.models import Study


@pytest.mark.parametrize(("full", "trial"), [(60, 45), (10, 8), (1, 1)])
def test_a_trial_trains_three_quarters_of_the_full_time_rounded_up(full: int, trial: int) -> None:
    assert trial_epochs(full) == TrainingConfig(full_epochs=full).trial_epochs == trial


def test_each_trainer_has_one_trial_in_training_and_one_waiting() -> None:
    assert [open_trials(trainers) for trainers in (0, 1, 2, 16)] == [2, 2, 4, 32]


def test_a_simulation_trains_as_long_as_a_study_with_the_same_settings() -> None:
    config = TrainingConfig(full_epochs=Study().full_epochs)
    simulated = DryRunSettings(paper_2d(), "random", 1)
    assert (simulated.trial_epochs, simulated.qat_epochs) == (config.trial_epochs, config.qat_epochs)
