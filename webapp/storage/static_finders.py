"""Serves plotly.js from the installed Python package: no CDN, no copy in this repository."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage, Storage

_FILE = "plotly.min.js"
_PREFIX = "vendor"


class PlotlyFinder(BaseFinder):
    """Offers one file of plotly's package, `vendor/plotly.min.js`; the package itself is not imported."""

    def __init__(self, app_names: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> None:
        spec = find_spec("plotly")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("The package plotly is missing: pip install -r requirements.txt")
        self.storage = FileSystemStorage(location=f"{spec.submodule_search_locations[0]}/package_data")
        self.storage.prefix = _PREFIX

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str] | None:
        found = [self.storage.path(_FILE)] if path == f"{_PREFIX}/{_FILE}" else []
        return found if find_all else next(iter(found), None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        yield _FILE, self.storage
