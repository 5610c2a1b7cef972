"""The study of `make demo`."""

import pytest
from django.conf import settings

from tests.webapp import rows
from tests.webapp.factories import make_user
from webapp.forms.study_file import read_study_file
from webapp.management.demo import ensure_study

pytestmark = pytest.mark.django_db


def test_the_demo_has_one_study_with_the_defaults_of_new_studies() -> None:
    dataset, owner = rows.ready_dataset(), make_user()
    values = read_study_file(settings.BASE_DIR / "studies" / "demo.toml")
    study = ensure_study(dataset, values, owner)
    assert (study.state, study.early_stopping) == ("RUNNING", "marginal_value")
    assert ensure_study(dataset, values, owner) == study
