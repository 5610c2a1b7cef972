import numpy as np
import pytest
from vizier import pyvizier as vz

from nas_engine.designers.base import Outcome
from nas_engine.designers.vizier_problem import VizierProblem, flatten_metadata, restore_metadata
from nas_engine.search_space.paper_spaces import paper_2d
from nas_engine.testing.spaces import single_2d, small_2d


def test_the_papers_space_is_twelve_categorical_parameters():
    parameters = VizierProblem(paper_2d()).statement.search_space.parameters
    assert [parameter.type for parameter in parameters] == [vz.ParameterType.CATEGORICAL] * 12
    assert [len(parameter.feasible_values) for parameter in parameters] == [
        9,
        9,
        27,
        28,
        27,
        10,
        10,
        10,
        10,
        12,
        10,
        13,
    ]


def test_positions_without_a_choice_are_no_parameters():
    assert VizierProblem(small_2d()).sizes == (3, 9, 10)
    assert VizierProblem(single_2d()).sizes == (1,)


@pytest.mark.parametrize("space", [paper_2d(), small_2d(), single_2d()], ids=["paper", "small", "single"])
def test_architectures_survive_the_way_to_vizier_and_back(space):
    problem, rng = VizierProblem(space), np.random.default_rng(0)
    for _ in range(50):
        architecture = space.sample(rng)
        trial = problem.trial(Outcome(1, architecture, 0.5))
        assert problem.architecture(trial.parameters) == architecture


def test_an_infeasible_outcome_is_an_infeasible_trial():
    space = small_2d()
    architecture = space.sample(np.random.default_rng(0))
    assert VizierProblem(space).trial(Outcome(4, architecture, None)).infeasible
    feasible = VizierProblem(space).trial(Outcome(4, architecture, -0.25))
    assert not feasible.infeasible
    assert feasible.final_measurement.metrics["reward"].value == -0.25


def test_an_architecture_of_another_space_is_refused():
    stranger = paper_2d().sample(np.random.default_rng(0))
    with pytest.raises(ValueError, match="not in the search space small_2d"):
        VizierProblem(small_2d()).trial(Outcome(1, stranger, 0.5))


def test_metadata_survive_json():
    metadata = vz.Metadata({"top": "1"})
    metadata.ns("eagle").ns("inner:colon")["key"] = "value"
    restored = restore_metadata(flatten_metadata(metadata))
    assert restored["top"] == "1"
    assert restored.ns("eagle").ns("inner:colon")["key"] == "value"
