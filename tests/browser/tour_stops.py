"""Stops of the tour in pictures: pages, and what to see in them."""

from typing import NamedTuple


class Stop(NamedTuple):
    """A page of the tour: its picture's name, title, what to see in it; the view with the keys of its arguments in what
    `rows` returns, and its query.

    `at` is an element to scroll to, `click` one that is clicked before; a phone's picture is narrow and dark.
    """

    name: str
    title: str
    words: str
    view: str
    keys: tuple[str, ...]
    query: str = ""
    at: str = ""
    click: str = ""
    is_phone: bool = False


STOPS: tuple[Stop, ...] = (
    Stop(
        "first-steps", "The first minutes",
        "An empty installation leads from workers to sounds to the first study; each step shows its state.",
        "studies", (),
    ),
    Stop(
        "dataset", "Sounds",
        "Clips by class and split, what is wrong with them, and how they sound.",
        "dataset", ("dataset",),
    ),
    Stop(
        "clip", "A clip as networks see it",
        "The log-mel spectrogram by the front end that feeds the networks.",
        "clip", ("dataset", "clip"),
    ),
    Stop(
        "form", "A new study",
        'Presets, budget, reward and limits; a "?" explains each term in one line, with its section of the '
        "paper.",
        "new_study", (), click="[popovertarget='term-designer-designer']",
    ),
    Stop(
        "space", "The search space",
        "Blocks and their options, the number of networks, what they cost.",
        "space_page", ("space",),
    ),
    Stop(
        "study", "A study at work",
        "Progress, expected time, the best trials so far, and what is in training now.",
        "study", ("study",),
    ),
    Stop(
        "charts", "Its fronts",
        "Accuracy against energy and flash with the Pareto fronts and published networks, and the best "
        "reward so far. Charts are drawn on the server and stand without JavaScript.",
        "study", ("study",), at=".charts",
    ),
    Stop(
        "trials", "Its trials",
        "Sorted, filtered, with the columns of one's choice; the address holds all of it.",
        "study", ("study",),
        query="column=int8&column=energy&column=flash&column=blocks&column=front", at="#trials-title",
    ),
    Stop(
        "why", "Why it works",
        "What each choice explains of accuracy, energy and flash, in sentences and in charts.",
        "study_why", ("study",),
    ),
    Stop(
        "what-if", "What if",
        "Other thresholds and slopes of Equation 1, tried on all finished trials at once.",
        "try_settings", ("study",),
        query="energy_threshold_mj=0.8&flash_threshold_kb=40&points_per_mj=5&points_per_kb=0.07&energies=published",
    ),
    Stop(
        "trial", "A trial",
        "The reward as a sum, energy with battery days, the file and everything for a device to download.",
        "trial", ("study", "trial"),
    ),
    Stop(
        "blocks", "Its network",
        "Each block with its shape, FLOPs, parameters and energy.",
        "trial", ("study", "trial"), at="#blocks-title",
    ),
    Stop(
        "compare", "Networks side by side",
        "Figures, and the blocks in which they differ.",
        "compare", (),
        query="of={first}&of={second}&of={third}",
    ),
    Stop(
        "fronts", "Studies in one chart",
        "The Pareto front of each study with a colour, a mark and a dash of its own.",
        "comparison", ("fronts",), at=".chart-card",
    ),
    Stop(
        "race", "A race of designers",
        "Searches that differ in designer and seed alone: medians and quartiles of the best reward so far, "
        "over trials and over epochs, and the sentences that read them.",
        "comparison_race", ("race",),
    ),
    Stop(
        "leaderboard", "The leaderboard of a dataset",
        "Every network of all studies, one row each, by any energy model and any settings of Equation 1.",
        "leaderboard", ("dataset",),
    ),
    Stop(
        "energy-model", "An energy model of one's own device",
        "Trained on what a power monitor measured, with its errors on unseen networks.",
        "energy_model", ("device", "version"),
    ),
    Stop(
        "glossary", "The glossary",
        "Every term in one line, with its section of the paper.",
        "glossary", (),
    ),
    Stop(
        "phone", "On a phone, in the dark",
        "Every page at 390 pixels and in both themes.",
        "study", ("study",), at=".charts", is_phone=True,
    ),
)  # fmt: skip
"""The first is of an empty installation."""
