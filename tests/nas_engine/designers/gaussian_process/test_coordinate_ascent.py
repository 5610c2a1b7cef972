import numpy as np

from nas_engine.designers.gaussian_process.coordinate_ascent import Points, Score, climb

SIZES = (3, 9, 1, 10)


def looked_up(scores: np.ndarray) -> Score:
    return lambda points: scores[tuple(points.T)]


def drawn(count: int) -> Points:
    return np.random.default_rng(5).integers(SIZES, size=(count, len(SIZES)), dtype=np.int32)


def test_one_sweep_finds_the_optimum_of_a_sum_from_any_start():
    rng = np.random.default_rng(0)
    scores = sum(np.ix_(*(rng.normal(size=size) for size in SIZES)))
    optimum = np.unravel_index(scores.argmax(), scores.shape)
    for start in drawn(5):
        assert climb(looked_up(scores), start[None], SIZES, sweeps=1) == optimum


def test_the_best_of_all_starts_is_a_point_that_no_single_change_improves():
    scores = np.random.default_rng(1).normal(size=SIZES)
    starts = drawn(6)
    found = climb(looked_up(scores), starts, SIZES, sweeps=20)
    alone = [climb(looked_up(scores), start[None], SIZES, sweeps=20) for start in starts]
    assert scores[found] == max(scores[point] for point in alone)
    for parameter, size in enumerate(SIZES):
        for option in range(size):
            assert scores[(*found[:parameter], option, *found[parameter + 1 :])] <= scores[found]


def test_no_point_is_scored_twice_and_the_search_ends_when_nothing_moves():
    scores = sum(np.ix_(*(np.arange(size, dtype=float) for size in SIZES)))
    asked: list[tuple[int, ...]] = []

    def score(points: Points) -> np.ndarray:
        asked.extend(map(tuple, points.tolist()))
        return scores[tuple(points.T)]

    starts = drawn(4)
    before = starts.copy()
    assert climb(score, starts, SIZES, sweeps=9) == (2, 8, 0, 9)
    assert len(asked) == len(set(asked)) <= 4 * sum(SIZES) + sum(SIZES)
    np.testing.assert_array_equal(starts, before)


def test_points_that_cannot_be_are_left_where_there_is_a_way_out():
    scores = np.full(SIZES, -np.inf)
    scores[1, :, 0, 4] = np.arange(9)
    assert climb(looked_up(scores), np.array([[1, 0, 0, 0]], dtype=np.int32), SIZES, sweeps=2) == (1, 8, 0, 4)
