"""Settings, all from the environment, which is read here alone; with none set, everything runs on this machine.

| variable          | meaning                                           | default                                |
|-------------------|---------------------------------------------------|----------------------------------------|
| EARSHOT_DATA      | data folder of this machine                       | `var` next to manage.py                |
| DATABASE_URL      | postgres://... shared by all machines             | the embedded PostgreSQL                |
| CELERY_BROKER_URL | redis://... or amqp://... shared by all machines  | the same PostgreSQL, through pgmq      |
| DJANGO_SECRET_KEY | secret key; the same on every web server          | made once, kept in the data folder     |
| EARSHOT_HOSTS     | host names the web server answers to, by commas   | localhost names                        |
| EARSHOT_HTTPS     | 1: pages are served through a proxy with TLS      | plain HTTP                             |
"""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from webapp.data_folder import DataFolder

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_FOLDER = DataFolder(Path(os.environ.get("EARSHOT_DATA") or BASE_DIR / "var").resolve())

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or DATA_FOLDER.secret_key()
DEBUG = os.environ.get("DJANGO_DEBUG") == "1"
ALLOWED_HOSTS = [host for host in os.environ.get("EARSHOT_HOSTS", "").split(",") if host] or [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "testserver",
]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host not in ("localhost", "testserver")]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "webapp.apps.WebappConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "webapp.views.middleware.safe_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.views.middleware.without_nul",
    "webapp.views.middleware.upload_limit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "webapp.views.accounts.theme",
            ],
        },
    }
]

PERCENT_ENCODING = (
    "Characters other than letters, digits and -._~ in a password must be percent-encoded there: / is %2F, # is %23."
)


def database(url: str) -> dj_database_url.DBConfig:
    """Parameters of the PostgreSQL at `url`. Raises ImproperlyConfigured, without the password, for what is none."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql") or not rest:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with '{scheme[:20] if rest else ''}'; Earshot needs PostgreSQL: "
            "postgres://user:password@host/name. Unset it to use the embedded server."
        )
    try:
        return dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    except ValueError:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; it should be postgres://user:password@host:port/name. " + PERCENT_ENCODING
        ) from None


EMBEDDED_POSTGRES = not os.environ.get("DATABASE_URL")
DATABASES = {"default": database(os.environ.get("DATABASE_URL") or DATA_FOLDER.embedded_database_url)}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "sesame.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "studies"
LOGOUT_REDIRECT_URL = "sign_in"
SESAME_MAX_AGE = 24 * 3600  # seconds a sign-in link lives
SESAME_ONE_TIME = True

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "webapp.storage.static_finders.PlotlyFinder",
]
STATIC_ROOT = DATA_FOLDER.root / "static"
STORAGES = {
    "default": {"BACKEND": "webapp.storage.DatabaseStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
UPLOAD_LIMIT_BYTES = 1_000_000_000  # one archive of clips, or several measurements
MEASUREMENT_LIMIT_BYTES = 200_000_000  # one file of a power monitor

# Through a proxy with TLS, which overwrites X-Forwarded-Proto and appends to X-Forwarded-For (docs/operations.md)
HTTPS = os.environ.get("EARSHOT_HTTPS") == "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0

# Wrong passwords (docs/decisions/0013-throttled-sign-in.md)
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "webapp.views.accounts.client_address"
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True

SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "webapp.views.problems.stale_form"

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "")

# Lease and recovery, in seconds (docs/operations.md)
LEASE_SECONDS = max(1.0, float(os.environ.get("EARSHOT_LEASE_SECONDS", "30")))
# Three heartbeats a lease at least, or live workers would be taken for dead.
HEARTBEAT_SECONDS = min(float(os.environ.get("EARSHOT_HEARTBEAT_SECONDS", "5")), LEASE_SECONDS / 3)
REDISPATCH_SECONDS = float(os.environ.get("EARSHOT_REDISPATCH_SECONDS", "15"))
# Processes of this machine that answer nothing, and the file that one of them touches (webapp.supervisor)
UNANSWERED_SECONDS = float(os.environ.get("EARSHOT_UNANSWERED_SECONDS", "120"))
SIGN_OF_LIFE = os.environ.get("EARSHOT_SIGN_OF_LIFE", "")

# Training processes and the copies of feature packs (docs/operations.md)
SILENCE_SECONDS = float(os.environ.get("EARSHOT_SILENCE_SECONDS", "900"))
IS_SIMULATED = os.environ.get("EARSHOT_EVALUATOR") == "simulated"  # as the children read it themselves
TRIALS_PER_PROCESS = int(os.environ.get("EARSHOT_TRIALS_PER_PROCESS", "100"))
PROCESS_BYTES = int(os.environ.get("EARSHOT_PROCESS_BYTES", str(4_000_000_000)))
PACK_CACHE_BYTES = int(os.environ.get("EARSHOT_CACHE_BYTES", str(20_000_000_000)))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "webapp.supervisor.log_lines.ShortLines",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "filters": {
        "outages": {"()": "webapp.broker.outages.OutageFilter"},
        "rejections": {"()": "webapp.supervisor.log_lines.WithoutTracebackOfRejections"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["outages", "rejections"]}
    },
    "loggers": {"axes": {"level": "WARNING"}},  # it logs four lines a sign-in
    "root": {"handlers": ["console"], "level": os.environ.get("EARSHOT_LOG_LEVEL", "INFO")},
}
