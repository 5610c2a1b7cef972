"""Sets the environment of the tests. Imported before the application's settings, which read it."""

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
