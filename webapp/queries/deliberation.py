"""Whose suggestions take seconds: a search worker of their own makes them, and nobody else waits."""

from webapp.models import Study, Worker


def deliberates(study: Study) -> bool:
    """Whether the next suggestion is a Gaussian process's. The hybrid says in its state that it has done with it."""
    if study.designer == Study.Designer.HYBRID:
        dump = (study.designer_state or {}).get("dump") or {}
        return not dump.get("switched", False)
    return study.designer == Study.Designer.GAUSSIAN_PROCESS


def searcher_of(study: Study) -> Worker.Role:
    """The role of the workers that suggest for this study."""
    return Worker.Role.DELIBERATION if deliberates(study) else Worker.Role.SEARCH
