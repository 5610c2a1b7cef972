"""WSGI entry for `manage.py serve`. Loads neither TensorFlow nor JAX (a test looks at sys.modules)."""

import gc
import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
_django = get_wsgi_application()


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Django's, without the server's own way to send files: they lie in the database, which only threads may ask."""
    environ.pop("wsgi.file_wrapper", None)
    return _django(environ, start_response)


# What is loaded by now stays: left out of every later collection, which would take a third of a large chart's time.
gc.collect()
gc.freeze()
