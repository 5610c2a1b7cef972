"""Settings of the tests: the application's own, on a data folder and a PostgreSQL of their own.

Processes that a test starts inherit the environment and so read the same folder and the same database.
"""

import atexit
import os
import shutil
import tempfile

if "EARSHOT_TEST_DATA" not in os.environ:
    os.environ["EARSHOT_TEST_DATA"] = tempfile.mkdtemp(prefix="earshot-tests-")
    atexit.register(shutil.rmtree, os.environ["EARSHOT_TEST_DATA"], ignore_errors=True)
for _name in ("DATABASE_URL", "CELERY_BROKER_URL", "EARSHOT_HOSTS", "DJANGO_DEBUG"):
    os.environ.pop(_name, None)  # never the person's own
os.environ["EARSHOT_DATA"] = os.environ["EARSHOT_TEST_DATA"]

from webapp.settings import *  # noqa: E402, F403 - the environment has to be set first
from webapp.settings import DATABASES, STORAGES

# The test database carries the application's name, so that worker processes of a test find it as they always do.
DATABASES["default"]["TEST"] = {"NAME": "earshot"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; no real password is ever in a test
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
