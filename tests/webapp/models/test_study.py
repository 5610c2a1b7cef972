from webapp.models import Study

LIFE = {
    "id", "kind", "state", "owner", "cloned_from", "created_at", "started_at", "finished_at", "reason", "space_spec",
    "parent", "trial_share", "designer_state", "duplicates_answered", "suggest_failures", "suggest_after",
    "priority", "tags", "archived", "rules_from", "warm_start_from", "warm_start_networks", "warm_start",
}  # fmt: skip


def test_every_column_of_a_study_is_a_setting_or_belongs_to_its_life() -> None:
    columns = {field.name for field in Study._meta.concrete_fields}
    assert set(Study.SETTINGS) | LIFE == columns
    assert not set(Study.SETTINGS) & LIFE
    assert len(set(Study.SETTINGS)) == len(Study.SETTINGS)
