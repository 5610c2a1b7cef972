"""WSGI entry for gunicorn. Loads neither TensorFlow nor JAX (a test looks at sys.modules)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
application = get_wsgi_application()
