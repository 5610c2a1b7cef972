"""WSGI entry for gunicorn. Loads neither TensorFlow nor JAX (a test looks at sys.modules)."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
application = get_wsgi_application()

# What is loaded by now stays: left out of every later collection, which would take a third of a large chart's time.
gc.collect()
gc.freeze()
