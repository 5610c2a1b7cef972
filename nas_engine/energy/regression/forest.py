"""Random forest on blocks, FLOPs and file size: the paper's energy model (section 2.4), by scikit-learn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from nas_engine.energy.regression.metrics import folds
from nas_engine.energy.regression.schema import EncodedFeatures, Schema, Values
from nas_engine.energy.regression.trees import Trees, design

TREES = 100
_FOLDS = 5
_SHARE_OF_FEATURES = 1 / 3


@dataclass(frozen=True, slots=True)
class Forest:
    """Grown `trees`, and the impurity importance of each column of the schema (0..1, sum 1)."""

    trees: Trees
    impurity_importance: dict[str, float]


def grow(schema: Schema, features: EncodedFeatures, target: Values, seed: int, trees: int = TREES) -> Forest:
    """Grow a forest of `trees` trees on `features` and `target` [n]; deterministic for equal arguments.

    Source: sklearn.ensemble.RandomForestRegressor with a third of the features per split.
    """
    levels = np.array([len(column.levels) for column in schema.categorical], dtype=np.int64)
    grown = RandomForestRegressor(
        n_estimators=trees,
        max_features=_SHARE_OF_FEATURES,
        min_samples_leaf=1 if len(target) < 100 else 2,
        random_state=seed,
    ).fit(design(features, levels), target)
    return Forest(_as_arrays(grown, levels), _importance(schema, grown.feature_importances_))


def cross_fitted(
    schema: Schema, features: EncodedFeatures, target: Values, seed: int, trees: int = TREES
) -> tuple[Values, Values]:
    """Cross-fitted mean and standard deviation over trees [n]: each row predicted by a forest of the other folds."""
    mean, deviation = np.empty_like(target), np.empty_like(target)
    for held_back in folds([str(row) for row in range(len(target))], _FOLDS, seed):
        grown = grow(schema, features.take(~held_back), target[~held_back], seed, trees)
        mean[held_back], deviation[held_back] = grown.trees.predict(features.take(held_back))
    return mean, deviation


def _importance(schema: Schema, of_inputs: Values) -> dict[str, float]:
    """Importance by column of the schema: that of its one-hot inputs summed."""
    owners = [column.name for column in schema.categorical for _ in column.levels]
    owners += [column.name for column in schema.numeric]
    shares = {column.name: 0.0 for column in schema.columns}
    for name, share in zip(owners, of_inputs, strict=True):
        shares[name] += float(share)
    return shares


def _as_arrays(grown: RandomForestRegressor, levels: NDArray[np.int64]) -> Trees:
    trees = [estimator.tree_ for estimator in grown.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    nodes = [np.arange(root, root + tree.node_count) for root, tree in zip(roots, trees, strict=True)]
    return Trees(
        feature=np.concatenate([np.maximum(tree.feature, 0) for tree in trees]).astype(np.int32),
        threshold=np.concatenate([tree.threshold for tree in trees]),
        left=_children([tree.children_left for tree in trees], nodes),
        right=_children([tree.children_right for tree in trees], nodes),
        value=np.concatenate([tree.value[:, 0, 0] for tree in trees]).astype(np.float32),
        roots=roots.astype(np.int32),
        levels=levels,
        depth=max(tree.max_depth for tree in trees),
    )


def _children(children: list[NDArray[np.int64]], nodes: list[NDArray[np.int64]]) -> NDArray[np.int32]:
    """Indices of children over all trees; a leaf, -1 in scikit-learn, is its own child."""
    pairs = zip(children, nodes, strict=True)
    return np.concatenate([np.where(of < 0, own, of + own[0]) for of, own in pairs]).astype(np.int32)
