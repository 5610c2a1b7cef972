"""Comparisons through the services: what may be added, all or nothing, and two users at once."""

from functools import partial

import pytest

from tests.webapp import rows
from tests.webapp.factories import make_baselines, make_dataset, make_user
from webapp.models import Comparison, Study
from webapp.services import comparisons, studies
from webapp.services.errors import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker")]
ROUNDS = range(5)  # a race is not lost every time


def names_in(comparison: Comparison) -> list[str]:
    return list(comparison.studies.order_by("pk").values_list("name", flat=True))


def unsaved(*names: str, **values: object) -> list[Study]:
    dataset = values.pop("dataset", None) or rows.ready_dataset()
    return [Study(name=name, dataset=dataset, trial_budget=4, **values) for name in names]


def test_a_comparison_has_its_studies_name_notes_and_owner() -> None:
    one, two, owner = rows.draft_study(name="one"), rows.running_study(name="two"), make_user()
    made = comparisons.create(name="both", study_ids=[two.pk, one.pk, one.pk], owner=owner, notes="of a seed")
    assert (made.name, made.notes, made.owner, names_in(made)) == ("both", "of a seed", owner, ["one", "two"])


def test_a_taken_name_is_rejected_in_words_and_nothing_is_made() -> None:
    comparisons.create(name="taken")
    with pytest.raises(Conflict, match="A comparison named 'taken' exists already: choose another name"):
        comparisons.create(name="taken", study_ids=[rows.draft_study().pk])
    assert Comparison.objects.count() == 1


def test_only_searches_are_compared() -> None:
    baselines = make_baselines(make_dataset(), names=["TC-ResNet8"])
    with pytest.raises(Conflict, match="is no search"):
        comparisons.create(name="mixed", study_ids=[rows.draft_study().pk, baselines.pk])
    assert not Comparison.objects.exists()
    made = comparisons.create(name="searches")
    with pytest.raises(Conflict, match="compare searches alone"):
        comparisons.add_studies(comparison_id=made.pk, study_ids=[baselines.pk])


def test_adding_and_removing_twice_is_the_same_as_once() -> None:
    made, study = comparisons.create(name="one"), rows.draft_study(name="a")
    for _ in range(2):
        comparisons.add_studies(comparison_id=made.pk, study_ids=[study.pk])
        assert names_in(made) == ["a"]
    for _ in range(2):
        comparisons.remove_study(comparison_id=made.pk, study_id=study.pk)
        assert names_in(made) == []
    assert Study.objects.filter(pk=study.pk).exists()


def test_what_was_deleted_meanwhile_is_reported_in_words() -> None:
    made = comparisons.create(name="one")
    with pytest.raises(Conflict, match="A study that was chosen was deleted"):
        comparisons.add_studies(comparison_id=made.pk, study_ids=[10**6])
    comparisons.delete(comparison_id=made.pk)
    for call in (partial(comparisons.add_studies, study_ids=[]), partial(comparisons.remove_study, study_id=1)):
        with pytest.raises(Conflict, match="The comparison was deleted"):
            call(comparison_id=made.pk)
    with pytest.raises(Conflict, match="The comparison was deleted"):
        comparisons.delete(comparison_id=made.pk)


def test_deleting_a_comparison_leaves_its_studies_and_the_other_way_round() -> None:
    one, two = rows.draft_study(name="one"), rows.draft_study(name="two")
    kept, deleted = (comparisons.create(name=name, study_ids=[one.pk, two.pk]) for name in "ab")
    comparisons.delete(comparison_id=deleted.pk)
    assert Study.objects.count() == 2
    studies.delete(study_id=one.pk)
    assert names_in(kept) == ["two"]


def test_studies_that_start_together_begin_with_the_name_of_their_comparison() -> None:
    made = comparisons.start_together(name="pair", studies=unsaved("b", "a"), notes="together")
    assert names_in(made) == ["pair: b", "pair: a"]
    assert set(made.studies.values_list("state", flat=True)) == {"RUNNING"}
    assert made.notes == "together"


def test_a_name_that_a_study_has_gets_a_number() -> None:
    rows.draft_study(name="pair: a")
    assert names_in(comparisons.start_together(name="pair", studies=unsaved("a"))) == ["pair: a 2"]


def test_if_one_cannot_start_none_is_created() -> None:
    good, bad = unsaved("good")[0], unsaved("bad", dataset=make_dataset(state="PREPARING", pack="", classes=[]))[0]
    with pytest.raises(Conflict, match="wait until it is ready"):
        comparisons.start_together(name="pair", studies=[good, bad])
    assert not Study.objects.exists()
    assert not Comparison.objects.exists()


@pytest.mark.parametrize("round_", ROUNDS)
def test_of_two_clicks_on_start_exactly_one_starts(round_: int) -> None:
    dataset = rows.ready_dataset()
    calls = [partial(comparisons.start_together, name="pair", studies=unsaved("a", "b", dataset=dataset)) for _ in "12"]
    results = rows.at_once(*calls)
    assert sorted(type(result).__name__ for result in results) == ["Comparison", "Conflict"]
    assert sorted(Study.objects.values_list("name", flat=True)) == ["pair: a", "pair: b"]


@pytest.mark.parametrize("round_", ROUNDS)
def test_people_who_click_everything_at_once_leave_a_comparison_that_holds_together(round_: int) -> None:
    made, one, two = comparisons.create(name="all"), rows.draft_study(), rows.draft_study()
    both = [two.pk, one.pk]
    add = partial(comparisons.add_studies, comparison_id=made.pk)
    results = rows.at_once(
        partial(add, study_ids=both),
        partial(add, study_ids=reversed(both)),
        partial(comparisons.create, name="other", study_ids=both),
        partial(comparisons.remove_study, comparison_id=made.pk, study_id=one.pk),
        partial(studies.delete, study_id=one.pk),
        partial(comparisons.delete, comparison_id=made.pk),
    )
    unexpected = [result for result in results if isinstance(result, Exception) and not isinstance(result, Conflict)]
    assert unexpected == []
    assert not Comparison.objects.filter(pk=made.pk).exists()
    for comparison in Comparison.objects.all():
        assert set(comparison.studies.values_list("pk", flat=True)) <= {two.pk}
