"""Studies whose suggestions take seconds: separate search workers make them, so that no other study waits."""

from webapp.models import Study, Worker


def deliberates(study: Study) -> bool:
    """Whether the next suggestion is a Gaussian process's. The state of a hybrid search records the switch."""
    if study.designer == Study.Designer.HYBRID:
        dump = (study.designer_state or {}).get("dump") or {}
        return not dump.get("switched", False)
    return study.designer == Study.Designer.GAUSSIAN_PROCESS


def searcher_of(study: Study) -> Worker.Role:
    """The role of the workers that suggest for this study."""
    return Worker.Role.DELIBERATION if deliberates(study) else Worker.Role.SEARCH
