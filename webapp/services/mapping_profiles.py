"""Column mappings under a name, to be used for the next file of the same kind."""

from collections.abc import Mapping
from typing import Any

from webapp.models import MappingProfile


def keep_profile(*, name: str, mapping: Mapping[str, Any]) -> MappingProfile:
    """Keep a mapping; one of this name is replaced."""
    profile, _ = MappingProfile.objects.update_or_create(name=name, defaults={"mapping": dict(mapping)})
    return profile


def delete_profile(*, profile_id: int) -> None:
    """Files that were read with it keep their mapping."""
    MappingProfile.objects.filter(pk=profile_id).delete()
