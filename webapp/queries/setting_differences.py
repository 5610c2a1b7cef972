"""Settings in which studies differ, in words, and what the differences mean for comparing their results."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from webapp.models import Study
from webapp.queries.energy_estimates import source_of

_NOT_COMPARED = ("name", "notes")
_RESULTS = (
    "dataset", "trial_budget", "full_epochs", "qat_epochs", "batch_size", "statistics_stride", "runtime",
    "accuracy_measure", *Study.STREAM_SETTINGS, "energy_model", "energy_threshold_mj", "flash_threshold_kb",
)  # fmt: skip
"""Studies that differ in one of these did not work at the same task, or not with the same means."""
_PENALTIES = ("energy_step_mj", "energy_step_points", "flash_step_kb", "flash_step_points")
_APPLIES: Mapping[str, Callable[[Study], bool]] = {
    "switch_at": lambda study: study.designer == Study.Designer.HYBRID,
    "stop_confidence": lambda study: study.has_stop_confidence,
    **dict.fromkeys(Study.STREAM_SETTINGS, lambda study: study.is_on_streams),
    **dict.fromkeys(
        tuple(name for name in Study.CONSTRAINT_SETTINGS if name != "enforce_constraints"),
        lambda study: study.enforce_constraints,
    ),
}
"""When a setting has an effect, for those that have none in some studies."""
_LINKS = ("dataset", "energy_model")
_LABELS: Mapping[str, str] = {field.name: str(field.verbose_name) for field in Study._meta.concrete_fields}
_NONE = "–"


@dataclass(frozen=True, slots=True)
class SettingDifference:
    """A setting and its values in words, in the order of the studies; a dash where it has no effect or no value."""

    name: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """All settings in which studies differ."""

    settings: tuple[SettingDifference, ...]

    @property
    def of_results(self) -> str:
        """Differences because of which accuracies or energies are not directly comparable; "" if there is none."""
        return self._labels(_RESULTS)

    @property
    def of_rewards(self) -> str:
        """Differences because of which rewards alone are not comparable; "" if there is none."""
        return self._labels(_PENALTIES)

    def _labels(self, names: Sequence[str]) -> str:
        labels = [setting.label for setting in self.settings if setting.name in names]
        return " and ".join(filter(None, [", ".join(labels[:-1]), *labels[-1:]]))


def differences_of(studies: Sequence[Study]) -> Differences:
    """No query if datasets and energy models with their devices are loaded."""
    names = [name for name in Study.SETTINGS if name not in _NOT_COMPARED and _differs(name, studies)]
    return Differences(tuple(_difference(name, studies) for name in names))


def alike(studies: Sequence[Study], but_for: Collection[str]) -> list[list[Study]]:
    """Groups of studies that have the same settings but for these, the largest first. No query, as above."""
    names = [name for name in Study.SETTINGS if name not in (*_NOT_COMPARED, *but_for)]
    groups: dict[tuple[object, ...], list[Study]] = {}
    for study in studies:
        key = tuple(_value(study, name) if _applies(study, name) else None for name in names)
        groups.setdefault(key, []).append(study)
    return sorted(groups.values(), key=len, reverse=True)


def _differs(name: str, studies: Sequence[Study]) -> bool:
    """Whether at least two studies in which the setting has an effect have different values of it."""
    return len({_value(study, name) for study in studies if _applies(study, name)}) > 1


def _applies(study: Study, name: str) -> bool:
    return _APPLIES[name](study) if name in _APPLIES else True


def _value(study: Study, name: str) -> object:
    """What two studies are compared by; two edited spaces are the same only if all of their options are."""
    if name == "space" and study.space == Study.Space.EDITED:
        return str(study.space_spec)
    return getattr(study, f"{name}_id" if name in _LINKS else name)


def _difference(name: str, studies: Sequence[Study]) -> SettingDifference:
    return SettingDifference(name, _LABELS[name], tuple(_in_words(study, name) for study in studies))


def _in_words(study: Study, name: str) -> str:
    if not _applies(study, name):
        return _NONE
    if name == "energy_model":
        return source_of(study)
    if name == "space" and study.space == Study.Space.EDITED:
        return str(study.space_spec.get("name") or study.get_space_display())
    choice = getattr(study, f"get_{name}_display", None)
    value = choice() if choice else getattr(study, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return _NONE
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
