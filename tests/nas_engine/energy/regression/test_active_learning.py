import numpy as np

from nas_engine.energy.regression.active_learning import most_informative, next_batch, uninformed_process
from nas_engine.energy.regression.gaussian_process import gp_fit
from nas_engine.energy.regression.schema import Schema
from tests.nas_engine.energy.tables import costs, networks

ROWS = networks(120)
SCHEMA = Schema.of(ROWS)
FEATURES = SCHEMA.encode(ROWS)
MEASURED = FEATURES.take(slice(0, 15))
PROCESS = gp_fit.fit(SCHEMA, MEASURED, costs(ROWS[:15]), np.ones(15), 0, logs=False).process
OFFERED = FEATURES.take(slice(15, None))


def _unknown_after(rows: list[int]) -> float:
    """The sum of all rows' variances once `rows` are measured, by the textbook formula."""
    covariance, noise = PROCESS.posterior_covariance(OFFERED), PROCESS.noise_model.usual / PROCESS.scale**2
    own = covariance[np.ix_(rows, rows)] + noise * np.eye(len(rows))
    return float(np.trace(covariance - covariance[:, rows] @ np.linalg.solve(own, covariance[rows])))


def test_no_other_first_row_would_leave_less_unknown() -> None:
    first = most_informative(PROCESS, OFFERED, 1)[0].index
    assert np.isclose(_unknown_after([first]), min(_unknown_after([row]) for row in range(len(OFFERED))))


def test_a_batch_leaves_less_unknown_than_random_rows_and_repeats_none() -> None:
    chosen = [acquisition.index for acquisition in most_informative(PROCESS, OFFERED, 10)]
    rng = np.random.default_rng(0)
    others = [_unknown_after(rng.permutation(len(OFFERED))[:10].tolist()) for _ in range(20)]
    assert len(set(chosen)) == 10
    assert _unknown_after(chosen) < min(others)


def test_each_lesson_takes_its_share() -> None:
    acquisitions = most_informative(PROCESS, OFFERED, 3)
    left = 1 - sum(acquisition.share for acquisition in acquisitions)
    assert np.isclose(left, _unknown_after([acquisition.index for acquisition in acquisitions]) / _unknown_after([]))
    assert len(most_informative(PROCESS, OFFERED.take(slice(0, 4)), 10)) == 4


def test_before_there_is_a_model_the_rows_chosen_teach_more_than_random_ones() -> None:
    chosen = [acquisition.index for acquisition in next_batch(ROWS, [], None, 16)]
    rng, target = np.random.default_rng(0), costs(ROWS, 0.4)

    def error(rows: list[int]) -> float:
        found = gp_fit.fit(SCHEMA, FEATURES.take(np.array(rows)), target[rows], np.ones(16), 0, logs=False)
        return float(np.mean((found.process.predict(FEATURES)[0] - costs(ROWS)) ** 2))

    assert error(chosen) < np.median([error(rng.permutation(len(ROWS))[:16].tolist()) for _ in range(9)])


def test_without_a_model_rows_like_those_measured_teach_less() -> None:
    alike, unlike = (
        ROWS[0],
        next(row for row in ROWS if all(row[f"edge {i}"] != ROWS[0][f"edge {i}"] for i in range(3))),
    )
    process = uninformed_process(SCHEMA, ROWS, [ROWS[0]] * 5)
    left = np.diag(process.posterior_covariance(SCHEMA.encode([alike, unlike])))
    assert left[0] < 0.2 * left[1]
