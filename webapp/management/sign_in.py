"""Links that sign a person in, printed by commands."""

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse
from sesame.utils import get_query_string

DEMO_USER = "demo"


def demo_user() -> AbstractBaseUser:
    """The user of the demo, who has no password: a link is the only way in."""
    users = get_user_model().objects
    user: AbstractBaseUser
    user, created = users.get_or_create(username=DEMO_USER)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def sign_in_link(user: AbstractBaseUser, address: str) -> str:
    """A link that signs `user` in, once and within a day; `address` is the web server's, such as http://host:8000/."""
    return f"{address.rstrip('/')}{reverse('sign_in_link')}{get_query_string(user)}"
