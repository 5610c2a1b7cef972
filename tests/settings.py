"""Settings of the tests: the application's own, on a data folder and a PostgreSQL of their own.

Processes that a test starts inherit the environment and so read the same folder and the same database.
"""

from tests import environment as environment  # comes first: the settings read what it sets
from webapp.settings import *
from webapp.settings import DATABASES, STATIC_ROOT, STORAGES

# The test database carries the application's name, so that worker processes of a test find it as they always do.
DATABASES["default"]["TEST"] = {"NAME": "earshot"}
# Threads of a live server must not hold on to a database that is to be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; no real password is ever in a test
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing one at every client of every test
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
