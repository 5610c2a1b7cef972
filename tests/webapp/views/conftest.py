"""A signed-in browser without a browser."""

import pytest
from django.test import Client

from tests.webapp.factories import make_user


@pytest.fixture
def person(client: Client, db: None) -> Client:
    """A client that is signed in."""
    client.force_login(make_user())
    return client
