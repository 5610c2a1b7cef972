"""One class for each clip of a list that gives several labels: the narrowest, where the others include it."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

_SEPARATOR = re.compile(r"\s*[,;|]\s*")


def labels_in(cell: str, several: bool) -> tuple[str, ...]:
    """Labels of one cell: a JSON list, or with `several` texts between commas, semicolons or bars."""
    if cell.startswith("[") and cell.endswith("]"):
        try:
            listed = json.loads(cell.replace("'", '"'))
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list):
            return tuple(dict.fromkeys(str(label).strip() for label in listed if str(label).strip()))
    if several:
        return tuple(dict.fromkeys(label for label in _SEPARATOR.split(cell.strip()) if label))
    return (cell,) if cell else ()


def broader_terms(labelled: Collection[Sequence[str]]) -> dict[str, frozenset[str]]:
    """For each label those that include it: labels that every clip with it carries, too.

    Of labels that always occur together the one listed first is the narrowest, as FSD50K lists them.
    """
    clips_of: defaultdict[str, set[int]] = defaultdict(set)
    for number, labels in enumerate(labelled):
        for label in labels:
            clips_of[label].add(number)
    places = _places(labelled)
    together: defaultdict[str, set[str]] = defaultdict(set)
    for labels in set(map(tuple, labelled)):
        for label in labels:
            together[label].update(labels)
    return {
        label: frozenset(
            other
            for other in others
            if clips_of[label] < clips_of[other]
            or (clips_of[label] == clips_of[other] and (places[other], other) > (places[label], label))
        )
        for label, others in together.items()
    }


def narrowest(labels: Iterable[str], broader: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Labels of a clip that include no other of its labels."""
    labels = tuple(labels)
    included = frozenset().union(*(broader.get(label, frozenset()) for label in labels))
    return tuple(label for label in labels if label not in included)


def _places(labelled: Iterable[Sequence[str]]) -> dict[str, float]:
    """Mean position of each label in the lists that have it."""
    sums: Counter[str] = Counter()
    numbers: Counter[str] = Counter()
    for labels in labelled:
        for place, label in enumerate(labels):
            sums[label] += place
            numbers[label] += 1
    return {label: sums[label] / number for label, number in numbers.items()}
