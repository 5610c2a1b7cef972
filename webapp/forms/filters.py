"""Validated query parameters of pages: filters, sorting and page numbers. Invalid values mean the default."""

from django.http import QueryDict

from webapp.models import Study
from webapp.queries.charted import VIEWS
from webapp.queries.pages.clip_mistakes import MistakeFilter
from webapp.queries.pages.datasets import ClipFilter
from webapp.queries.pages.leaderboard import BY_REWARD as BEST_REWARD
from webapp.queries.pages.leaderboard import SORTS, LeaderboardFilter
from webapp.queries.pages.studies import SHELVES, StudyFilter
from webapp.queries.pages.trials import ALL_TRIALS, BY_REWARD, COLUMNS, SORT_FIELDS, TRIAL_STATES, TrialFilter
from webapp.queries.whole_numbers import whole_number

_LONGEST_TEXT = 100
_LARGEST_PAGE = 100_000
_LARGEST_ID = 2**31 - 1


def study_filter(query: QueryDict, person: int | None) -> StudyFilter:
    """Filter of the list that `person` looks at."""
    return StudyFilter(
        state=_one_of(query, "state", Study.State.values),
        text=search_text(query),
        tag=search_text(query, "tag").lower(),
        shelf=_one_of(query, "shelf", [shelf for shelf, _ in SHELVES]),
        page=page_in(query),
        person=person,
    )


def trial_filter(query: QueryDict) -> TrialFilter:
    sorts = [*SORT_FIELDS, *(f"-{name}" for name in SORT_FIELDS)]
    return TrialFilter(
        state=_one_of(query, "state", [ALL_TRIALS, *(state for state, _ in TRIAL_STATES)]),
        front=_one_of(query, "front", ["energy", "flash"]),
        within_limits=query.get("within") == "1",
        text=search_text(query),
        sort=_one_of(query, "sort", sorts) or BY_REWARD,
        page=page_in(query),
        columns=_columns(query),
    )


def _columns(query: QueryDict) -> tuple[str, ...]:
    """The known ones of ?column=energy&column=flash, in the order of the table; all where none is known."""
    wanted = query.getlist("column")
    return tuple(name for name in COLUMNS if name in wanted) or tuple(COLUMNS)


def leaderboard_filter(query: QueryDict) -> LeaderboardFilter:
    sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
    return LeaderboardFilter(
        energy=whole_number(query.get("energy", ""), most=_LARGEST_ID),
        rule=whole_number(query.get("rule", ""), most=_LARGEST_ID),
        sort=_one_of(query, "sort", sorts) or BEST_REWARD,
        page=page_in(query),
    )


def networks_to_compare(query: QueryDict) -> list[int]:
    """The ids of ?of=1&of=2, each once, in their order; what is no number is left out."""
    return ids_in(query, "of")


def ids_in(query: QueryDict, name: str) -> list[int]:
    """The ids given under `name`, each once, in their order; what is no number is left out."""
    numbers = map(whole_number, query.getlist(name))
    return list(dict.fromkeys(number for number in numbers if number is not None))


def wanted_view(query: QueryDict) -> str:
    """The further view that a study's page is to show, given as ?chart=space; "" where none is."""
    return _one_of(query, "chart", list(VIEWS))


def chosen_trials(query: QueryDict) -> list[int]:
    """The numbers of the trials that a chart draws as chosen, given as ?number=7&number=9."""
    return ids_in(query, "number")


def clip_filter(query: QueryDict) -> ClipFilter:
    return ClipFilter(
        split=search_text(query, "split"),
        label=search_text(query, "label"),
        text=search_text(query),
        page=page_in(query),
    )


def _one_of(query: QueryDict, name: str, allowed: list[str]) -> str:
    value = query.get(name, "")
    return value if value in allowed else ""


def search_text(query: QueryDict, name: str = "q") -> str:
    """Cut to what anybody would type, without the NUL that PostgreSQL refuses."""
    return query.get(name, "").replace("\0", "").strip()[:_LONGEST_TEXT]


def mistake_filter(query: QueryDict) -> MistakeFilter:
    return MistakeFilter(truth=search_text(query, "truth"), answer=search_text(query, "answer"), page=page_in(query))


def shown_evaluation(query: QueryDict) -> int | None:
    """Id of the evaluation on streams that a trial's page is to show, given as ?streams=1."""
    return whole_number(query.get("streams", ""))


def page_in(query: QueryDict) -> int:
    """Number of the requested page, from 1."""
    return whole_number(query.get("page", ""), most=_LARGEST_PAGE) or 1
