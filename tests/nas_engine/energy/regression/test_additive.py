import numpy as np
import pytest

from nas_engine.energy.regression import additive
from nas_engine.energy.regression.additive import AdditiveModel
from nas_engine.energy.regression.ensembles import fit_many
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.schema import Schema
from tests.nas_engine.energy.tables import costs, networks

ROWS = networks(1_200)
TARGET = costs(ROWS, 0.2)
SCHEMA = Schema.of(ROWS)
FEATURES = SCHEMA.encode(ROWS)
SEEN, UNSEEN = slice(0, 900), slice(900, None)


@pytest.fixture(scope="module")
def fitted() -> AdditiveModel:
    return additive.fit(SCHEMA, FEATURES.take(SEEN), TARGET[SEEN], logs=False)


def test_a_sum_of_options_and_pairs_leaves_little_but_the_noise(fitted: AdditiveModel) -> None:
    assert scores(TARGET[UNSEEN], fitted.predict(FEATURES.take(UNSEEN))[0]).rmse < 1.3 * 0.2


def test_pairs_that_work_together_have_a_table(fitted: AdditiveModel) -> None:
    """The first edge doubles the other two, which add up."""
    assert {(0, 1), (0, 2)} <= set(fitted.pairs)
    assert (1, 2) not in fitted.pairs


def test_arrays_that_do_not_fit_each_other_are_refused(fitted: AdditiveModel) -> None:
    again = AdditiveModel.from_arrays(fitted.arrays())
    assert np.array_equal(again.predict(FEATURES)[0], fitted.predict(FEATURES)[0])
    with pytest.raises(ValueError, match="do not fit"):
        AdditiveModel.from_arrays(fitted.arrays() | {"tables": np.zeros(3)})


def test_what_a_sum_cannot_say_the_forest_adds() -> None:
    twisted = TARGET + 5 * np.array([row["edge 0"] == row["edge 1"] == row["edge 2"] for row in ROWS])
    combined = fit_many(SCHEMA, FEATURES, twisted, "none", seed=0)
    assert len(combined.parts) == 2
    assert scores(twisted, combined.mean).r2 > 0.95
