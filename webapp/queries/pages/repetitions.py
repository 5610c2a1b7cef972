"""The page of a study that holds repetitions of another study's trials."""

from typing import Any

from webapp.models import Study
from webapp.queries.pages.study import study_header_context, study_log_context, study_progress_context
from webapp.queries.reproduction import repeated_trials


def repetitions_context(study: Study, *, all_events: bool = False) -> dict[str, Any]:
    """The whole page of a study of repetitions from `shown_studies`: each trial with the one that it repeats."""
    parts = study_header_context(study) | study_progress_context(study)
    return parts | study_log_context(study, all_events=all_events) | {"repeated": repeated_trials(study)}
