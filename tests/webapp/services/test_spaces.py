"""The space of a draft: saved, refused, kept in clones, fixed at the start."""

from dataclasses import replace

import pytest

from nas_engine.architecture import Head
from nas_engine.audio.frontend import FrontendConfig
from nas_engine.search_space.paper_spaces import spec_by_name
from nas_engine.search_space.spec import SpaceSpec
from tests.webapp.factories import edited_spec, make_dataset, make_study, unsaved_study
from webapp.models import Dataset, Event, Study
from webapp.queries.drafts import draft_version
from webapp.queries.spaces import space_facts, space_version
from webapp.services import studies
from webapp.services.errors import Conflict, Stale
from webapp.services.spaces import save_space
from webapp.services.studies import update_draft
from webapp.translation import space_spec

pytestmark = pytest.mark.django_db


def draft(**values: object) -> Study:
    return studies.create_study(study=unsaved_study(**values), owner=None)


def save(study: Study, spec: SpaceSpec) -> Study:
    return save_space(study_id=study.pk, spec=spec, seen=space_version(study))


def test_an_edited_space_is_saved_and_told() -> None:
    study = save(draft(), edited_spec(blocks=4))
    assert study.space == "edited"
    assert space_spec(study) == edited_spec(blocks=4)
    facts = space_facts(study)
    assert facts is not None
    assert (facts.name, facts.blocks, facts.cardinality) == ("Edited from Paper, 2-D", 4, 9 * 9 * 27 * 28)
    last = Event.objects.filter(study=study).first()
    assert last is not None
    assert last.message == "Search space changed: 4 blocks, 61,236 architectures."


def test_a_space_equal_to_the_papers_becomes_it_again() -> None:
    study = save(draft(), edited_spec(blocks=4))
    study = save(study, replace(spec_by_name("paper_1d", 9), name="whatever"))
    assert (study.space, study.space_spec["name"]) == ("paper_1d", "paper_1d")


def test_an_edited_space_does_not_keep_the_name_of_a_paper() -> None:
    study = save(draft(), replace(edited_spec(), name="paper_2d"))
    assert study.space_spec["name"] == "Edited from Paper, 2-D"


def test_of_two_who_edit_the_second_is_told() -> None:
    study = draft()
    seen = space_version(study)
    save_space(study_id=study.pk, spec=edited_spec(blocks=4), seen=seen)
    with pytest.raises(Stale, match="changed by somebody else"):
        save_space(study_id=study.pk, spec=edited_spec(blocks=5), seen=seen)
    study.refresh_from_db()
    assert len(study.space_spec["positions"]) == 4


def test_only_a_draft_can_be_given_another_space() -> None:
    study = studies.start(study_id=draft().pk)
    with pytest.raises(Conflict, match="only a draft's space can be edited"):
        save(study, edited_spec())


def test_a_space_that_does_not_fit_the_dataset_is_refused_at_save_and_at_start() -> None:
    study = draft()
    with pytest.raises(Conflict, match=r"takes 98 frames of 40 mel bins, but kitchen .* has 196 of 40"):
        save(study, edited_spec(frames=98))
    Dataset.objects.filter(pk=study.dataset_id).update(frontend=FrontendConfig(frames=98).to_json())
    with pytest.raises(Conflict, match="takes 196 frames of 40 mel bins"):
        studies.start(study_id=study.pk)
    with pytest.raises(Conflict, match="takes 196 frames of 40 mel bins"):
        studies.create_study(study=unsaved_study(dataset=Dataset.objects.get(pk=study.dataset_id)), owner=None)


def test_a_clone_keeps_the_edited_space() -> None:
    study = save(draft(), edited_spec(blocks=4))
    copy = studies.clone(study_id=study.pk, owner=None)
    assert (copy.space, copy.space_spec) == ("edited", study.space_spec)


def test_changed_settings_keep_the_edited_space_unless_another_is_chosen() -> None:
    study = save(draft(), edited_spec(blocks=4))
    kept = update_draft(study_id=study.pk, seen=draft_version(study), values={"trial_budget": 9})
    assert (kept.trial_budget, kept.space_spec) == (9, study.space_spec)
    changed = update_draft(study_id=study.pk, seen=draft_version(kept), values={"space": "paper_1d"})
    assert changed.space_spec["stem"]["layout"] == "1d"


def test_an_edited_space_takes_the_classes_of_a_dataset_that_was_prepared_later() -> None:
    dataset = make_dataset(state="PREPARING", pack="", classes=[], counts={}, frontend={})
    study = draft(dataset=dataset, space="edited", space_spec=edited_spec(blocks=4).search_space().to_json())
    Dataset.objects.filter(pk=dataset.pk).update(state="READY", pack="packs/x", classes=["dog", "negative"])
    assert studies.start(study_id=study.pk).space_spec["head"] == Head(classes=2).to_json()


def test_a_study_fixed_before_keeps_its_own_space_at_the_start() -> None:
    study = make_study(state="DRAFT")
    Study.objects.filter(pk=study.pk).update(space_spec=edited_spec(blocks=2).search_space().to_json())
    assert len(studies.start(study_id=study.pk).space_spec["positions"]) == 2
