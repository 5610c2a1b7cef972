import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from nas_engine.energy.regression import forest
from nas_engine.energy.regression.metrics import scores
from nas_engine.energy.regression.schema import Schema
from nas_engine.energy.regression.trees import Trees, design
from tests.nas_engine.energy.tables import costs, networks

ROWS = networks(300)
TARGET = costs(ROWS, 0.1)
SCHEMA = Schema.of(ROWS)
FEATURES = SCHEMA.encode(ROWS)
GROWN = forest.grow(SCHEMA, FEATURES, TARGET, seed=3, trees=20)


def test_the_arrays_predict_what_scikit_learn_does() -> None:
    inputs = design(FEATURES, GROWN.trees.levels)
    theirs = RandomForestRegressor(20, max_features=1 / 3, min_samples_leaf=2, random_state=3).fit(inputs, TARGET)
    assert np.allclose(GROWN.trees.predict(FEATURES)[0], theirs.predict(inputs), rtol=1e-5)


def test_importances_are_shares_of_columns_and_the_first_edge_matters_most() -> None:
    shares = GROWN.impurity_importance
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {column.name for column in SCHEMA.columns}
    assert max(shares, key=lambda name: shares[name]) == "edge 0"


def test_left_out_rows_are_predicted_worse_than_rows_the_forest_was_grown_on() -> None:
    mean, deviation = forest.cross_fitted(SCHEMA, FEATURES, TARGET, seed=3, trees=20)
    seen = scores(TARGET, GROWN.trees.predict(FEATURES)[0]).rmse
    assert 1.2 * seen < scores(TARGET, mean).rmse < TARGET.std() / 2
    assert deviation.min() >= 0


def test_a_forest_whose_nodes_point_outside_is_refused() -> None:
    arrays = GROWN.trees.arrays()
    arrays["left"] = arrays["left"] + 10**6
    with pytest.raises(ValueError, match="points outside"):
        Trees.from_arrays(arrays)
