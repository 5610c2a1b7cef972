"""Networks in a real browser: drawings, differences and relatives, on a phone and a wide screen, in both themes.

EARSHOT_SCREENSHOTS=folder also saves pictures.
"""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from tests.browser.visiting import problems_of_pages, signed_in
from tests.webapp.factories import make_baselines, make_study, make_user
from tests.webapp.variants import give_variants
from webapp.models import Study, Trial

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(broker: None) -> Study:
    make_user()
    study = make_study(name="Doorbell watch", completed=9, running=1, curves=2)
    give_variants(study)
    again = make_study(name="Doorbell watch again", completed=1, dataset=study.dataset, seed=4)
    Trial.objects.filter(study=again).update(architecture=study.trials.get(number=1).architecture_id)
    make_baselines(study.dataset)
    return study


def test_pages_of_networks_are_sound(
    chromium: Browser, live_server: object, study: Study, screenshots: Path | None
) -> None:
    ids = list(study.trials.order_by("number").values_list("pk", flat=True))
    named = list(Trial.objects.exclude(label="").order_by("pk").values_list("pk", flat=True))

    def compared(some: list[int]) -> str:
        return f"{reverse('compare')}?" + "&".join(f"of={pk}" for pk in some)

    addresses = {
        "network": reverse("trial", args=[study.pk, 1]),
        "networks-two": compared([ids[0], named[0]]),
        "networks-eight": compared([*ids[:6], *named[:2]]),
    }
    found = problems_of_pages(chromium, str(live_server), addresses, screenshots)
    assert not found, "\n".join(found)


def test_a_phone_shows_the_drawing_at_full_size(chromium: Browser, live_server: object, study: Study) -> None:
    """Also without JavaScript, and where it is a picture of its own."""
    with signed_in(chromium, str(live_server), 390, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(reverse("trial", args=[study.pk, 1]))
        box = page.locator("svg.network").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["width"] > 300
