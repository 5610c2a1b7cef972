"""Version of a draft's settings, by which two editors of one draft notice each other."""

import hashlib
import json

from webapp.models import Study


def draft_version(study: Study) -> str:
    """Short text that differs where a setting or the space differs: what an editor has seen when it saves."""
    fields = (field for field in Study._meta.concrete_fields if field.name in Study.SETTINGS)
    values = {field.name: field.value_from_object(study) for field in fields}
    seen = json.dumps([values, study.space_spec], sort_keys=True)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
