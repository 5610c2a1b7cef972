from nas_engine.designers.random import RandomDesigner
from nas_engine.testing.designers import SearchContract, hashes
from nas_engine.testing.spaces import small_2d, tiny_2d


class TestRandomDesigner(SearchContract):
    name = "random"


def test_a_random_designer_reaches_every_architecture_evenly():
    designer = RandomDesigner(tiny_2d(), seed=3)
    drawn = [hashes(designer.suggest(1, []))[0] for _ in range(1800)]
    counts = [drawn.count(found) for found in set(drawn)]
    assert len(counts) == tiny_2d().cardinality == 18
    # 100 expected of each, with a standard deviation of 9.7; 5 of them make a chance failure a one in 100,000.
    assert min(counts) > 52
    assert max(counts) < 148


def test_only_the_last_architecture_left_is_suggested_when_all_others_are_pending():
    space = tiny_2d()
    everything = RandomDesigner(space, seed=0).suggest(18, [])
    pending = [suggestion.architecture for suggestion in everything[:-1]]
    assert hashes(RandomDesigner(space, seed=1).suggest(1, pending)) == [everything[-1].architecture.hash]


def test_a_random_designer_with_nothing_left_repeats():
    space = small_2d()
    everything = [suggestion.architecture for suggestion in RandomDesigner(space, seed=0).suggest(270, [])]
    (suggestion,) = RandomDesigner(space, seed=1).suggest(1, everything)
    assert space.contains(suggestion.architecture)
