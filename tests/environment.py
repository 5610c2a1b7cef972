"""Sets the environment of the tests. Imported before the application's settings, which read it."""

import atexit
import os
import shutil
import tempfile

# Pytest's parallel workers inherit the environment of the process that starts them, and need folders of their own.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if "EARSHOT_TEST_DATA" not in os.environ or os.environ.get("EARSHOT_TEST_WORKER", "") != _worker:
    os.environ["EARSHOT_TEST_WORKER"] = _worker
    os.environ["EARSHOT_TEST_DATA"] = tempfile.mkdtemp(prefix="earshot-tests-")
    atexit.register(shutil.rmtree, os.environ["EARSHOT_TEST_DATA"], ignore_errors=True)
for _name in ("DATABASE_URL", "CELERY_BROKER_URL", "EARSHOT_HOSTS", "EARSHOT_HTTPS", "DJANGO_DEBUG"):
    os.environ.pop(_name, None)  # never the person's own
os.environ["EARSHOT_DATA"] = os.environ["EARSHOT_TEST_DATA"]
