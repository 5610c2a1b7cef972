"""Charts that explain a study: their sentences on known truths, few trials, none; what is drawn of many."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from nas_engine.search_space.paper_spaces import PAPER_1D, PAPER_2D
from nas_engine.search_space.space import SearchSpace
from nas_engine.statistics.explanation.factors import factors_of
from tests.nas_engine.statistics.explanation.drawing import drawn_options, effect, index_of
from tests.webapp.charts.test_figures import accepted_by_plotly
from webapp.charts.drawing.svg import figure_svg
from webapp.charts.why.coordinates import MOST_LINES, coordinates_info, coordinates_section
from webapp.charts.why.importance import importance_section
from webapp.charts.why.learning import DrawnCurve, learning_info, learning_section, ranks_info, ranks_section
from webapp.charts.why.levels import levels_info, levels_section
from webapp.charts.why.quantisation import quantisation_section
from webapp.charts.why.section import WhySection
from webapp.charts.why.slices import pair_section, slices_section
from webapp.charts.why.timeline import MOST_WORKERS, time_in_words, timeline_info, timeline_section
from webapp.charts.why.wording import block_in_words
from webapp.queries.explained import GOALS, LearnedCurve, TrainedNetworks, WorkedTrial, importances_of

SPACE = PAPER_2D.search_space()


def networks(count: int, *, space: SearchSpace = SPACE, seed: int = 0, noise: float = 0.1) -> TrainedNetworks:
    """Energy grows with the filters of the first block, accuracy is noise, all files have one size; a front of ten."""
    rng, factors = np.random.default_rng(seed), factors_of(space)
    options = drawn_options(space, count, rng)
    codes = factors.codes(options)
    energy = 1.0 + 0.2 * effect(factors, codes, index_of(factors, 0, "filters"), 1.0) + noise * rng.normal(size=count)
    accuracy = 70 + rng.normal(size=count)
    return TrainedNetworks(
        space=space,
        factors=factors,
        trial_ids=np.arange(count) + 1000,
        numbers=np.arange(count) + 1,
        options=options,
        float_accuracy=accuracy + 0.5 + 0.1 * rng.normal(size=count),
        int8_accuracy=accuracy,
        energy_mj=energy,
        flash_kb=np.full(count, 50.0),
        reward=accuracy / 100,
        on_front=np.arange(count) < 10,
        stopped=0,
        confirmations=0,
        elsewhere=0,
        energy_sources=(),
    )


def links(of: TrainedNetworks) -> list[str]:
    return [f"/{number}/" for number in of.numbers.tolist()]


def every_section(of: TrainedNetworks) -> list[WhySection]:
    """All sections of networks whose curves rise, with one worker."""
    found = importances_of(of)
    curves = {int(pk): LearnedCurve((50.0, np.nan, 60.0 + pk % 7, 61.0), 3) for pk in of.trial_ids}
    drawn = [DrawnCurve(int(n), curves[int(pk)], "/") for n, pk in zip(of.numbers, of.trial_ids, strict=True)]
    finals = {int(pk): float(value) for pk, value in zip(of.trial_ids, of.int8_accuracy, strict=True)}
    worked = [WorkedTrial(1, n, "COMPLETED", "a", 10.0 * n, 10.0 * n + 8, False) for n in of.numbers.tolist()]
    return [
        importance_section(of, found),
        *(section(of, goal, found[goal]) for goal in GOALS for section in (slices_section, pair_section)),
        *(levels_section(of, goal) for goal in GOALS),
        coordinates_section(of, links(of)),
        learning_section(learning_info(drawn, drawn[:2], best=2, finished=len(drawn), stopped=2)),
        ranks_section(ranks_info(curves, finals, len(of))),
        quantisation_section(of, links(of)),
        timeline_section(worked),
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 12, 60])
def test_plotly_and_the_drawing_take_every_figure_of_any_number_of_networks(count: int) -> None:
    for section in every_section(networks(count)):
        if section.has_chart:
            accepted_by_plotly(section.figure)
            assert str(section.drawing).startswith("<svg"), section.part
        assert all(section.sentences)
        assert all(len(row) == len(section.table.headings) for row in section.table.rows), section.part
        text = " ".join((*section.sentences, section.hint, *(cell for row in section.table.rows for cell in row)))
        assert "nan" not in text.split()
        assert "inf" not in text.split()


def sentences_of_importance(of: TrainedNetworks) -> Sequence[str]:
    """Of accuracy, energy, flash."""
    return importance_section(of, importances_of(of)).sentences


def test_importance_is_read_with_its_interval_next_to_the_papers() -> None:
    accuracy, energy, flash = sentences_of_importance(networks(300))
    assert energy.startswith("The filters of the first block explain 8")
    assert "95\N{NO-BREAK SPACE}% interval" in energy
    assert "The paper found 59\N{NO-BREAK SPACE}% (section 7" in energy
    assert accuracy.startswith("No choice explains int8 accuracy beyond chance")
    assert flash.startswith("All networks have the same flash")


def test_the_paper_is_named_where_it_compares_alone() -> None:
    assert "paper" not in sentences_of_importance(networks(300, space=PAPER_1D.search_space()))[1]
    of = networks(300)
    third = index_of(of.factors, 2, "kind")
    of.energy_mj[:] = effect(of.factors, of.factors.codes(of.options), third, 1.0)
    energy = sentences_of_importance(of)[1]
    assert energy.startswith("The kind of the third block explains 100\N{NO-BREAK SPACE}%")
    assert "In the paper the filters of the first block lead with 59" in energy


def test_too_few_networks_are_said_to_be_too_few() -> None:
    of = networks(49)
    assert all(one.startswith("Not enough networks") and "49" in one for one in sentences_of_importance(of))
    assert slices_section(of, "energy", None).sentences[0].startswith("Not enough networks")
    assert levels_section(networks(4), "energy").sentences[0].startswith("Not enough networks to compare levels")


def test_the_heat_map_has_means_by_level_and_position_and_the_table_every_option() -> None:
    of = networks(300)
    info = levels_info(of, "energy")
    codes = of.factors.codes(of.options)[:, index_of(of.factors, 0, "filters")]
    cell = info.cells[info.rows.index("8 filters")][0]
    assert cell is not None
    assert cell.mean == pytest.approx(of.energy_mj[codes == 0].mean())
    assert info.cells[info.rows.index("identity")][0] is None
    section = levels_section(of, "energy")
    assert section.sentences[0].startswith("Networks with 8 filters in the first block have") or section.sentences[
        0
    ].startswith("Networks with 24 filters in the first block have")
    options = sum(len(position.options) for position in of.space.positions)
    taken = sum(len(set(column.tolist())) for column in of.options.T)
    assert len(section.table.rows) == taken <= options
    assert levels_section(networks(300, seed=3), "accuracy").sentences[0].startswith("No level stands out")


def test_slices_and_pairs_are_of_the_leading_choices() -> None:
    of = networks(300)
    found = importances_of(of)["energy"]
    slices = slices_section(of, "energy", found)
    assert slices.figure["data"][0]["name"] == "block 1 filters"
    assert "lowest with 8 filters in the first block" in slices.sentences[0]
    pair = pair_section(of, "energy", found)
    assert pair.figure["layout"]["yaxis"]["title"]["text"] == "block 1 filters"
    assert "lowest with 8 filters in the first block and" in pair.sentences[0]


def test_choices_that_lead_by_chance_are_said_to() -> None:
    of = networks(300)
    by_goal = importances_of(of)
    assert slices_section(of, "accuracy", by_goal["accuracy"]).sentences[0].startswith("No choice leads beyond chance.")
    assert "chance" not in slices_section(of, "energy", by_goal["energy"]).sentences[0]
    assert pair_section(of, "energy", by_goal["energy"]).sentences[0].startswith("These two choices do not both lead")


def test_of_ten_thousand_networks_some_are_drawn_with_the_best_and_the_front_among_them() -> None:
    of = networks(10_000)
    info = coordinates_info(of, links(of))
    assert info.best is not None
    assert info.best.number == int(np.argmax(of.reward)) + 1
    assert {line.number for line in info.front} == set(range(1, 11))
    assert len(info.others) + len(info.front) + 1 == MOST_LINES
    assert "150 of 10,000 networks are drawn" in coordinates_section(of, links(of)).hint
    for section in every_section(of)[:11]:
        assert len(json.dumps(section.figure)) < 400_000, section.part
    assert "networks are drawn" in quantisation_section(of, links(of)).hint


def test_what_the_best_share_is_named() -> None:
    of = networks(300)
    best = np.argsort(-of.reward)[:30]
    of.options[best, 5] = len(of.space.positions[5].options) - 1
    (sentence,) = coordinates_section(of, links(of)).sentences
    assert "30 of 30 networks have an identity as the sixth block (100\N{NO-BREAK SPACE}%" in sentence


def test_stopped_trials_are_marked_at_their_end_and_counted() -> None:
    whole, stopped = LearnedCurve((50.0, 55.0, 60.0, 61.0), 3), LearnedCurve((50.0, 52.0), 2)
    info = learning_info(
        [DrawnCurve(1, whole, "/1/"), DrawnCurve(2, whole, "/2/")],
        [DrawnCurve(3, stopped, "/3/")],
        best=2,
        finished=2,
        stopped=1,
    )
    section = learning_section(info)
    ends = next(trace for trace in section.figure["data"] if trace["mode"] == "markers")
    assert (ends["x"], ends["y"], ends["customdata"]) == ([2], [52.0], ["/3/"])
    assert section.figure["layout"]["annotations"][0]["text"] == "QAT begins"
    assert section.sentences[0].startswith("1 of 3 trials (33\N{NO-BREAK SPACE}%) were stopped early, after 2 epochs")
    assert [row[1] for row in section.table.rows] == ["best reward", "completed", "stopped early"]


def test_the_epoch_from_which_on_the_order_is_nearly_final_is_named() -> None:
    rng = np.random.default_rng(0)
    final = rng.normal(70, 2, 100)
    curves = {n: LearnedCurve((rng.normal(50, 1), value - 1, value), 2) for n, value in enumerate(final.tolist())}
    section = ranks_section(ranks_info(curves, dict(enumerate(final.tolist())), 5_000))
    assert "from epoch 2 of 3 on it is surely above 0.8" in section.sentences[0]
    assert "100 networks of 5,000" in section.hint


def test_the_loss_by_quantisation_is_a_mean_with_its_interval_and_the_worst() -> None:
    of = networks(60)
    of.int8_accuracy[7] = of.float_accuracy[7] - 6.0
    section = quantisation_section(of, links(of))
    assert "1 loses more than 1 point, and trial 8 loses most, 6.0 points" in section.sentences[0]
    assert section.table.rows[0][0] == "trial 8"
    of.int8_accuracy[:] = of.float_accuracy + 0.1
    assert quantisation_section(of, links(of)).sentences[0].endswith("no network loses by quantisation.")


def worked(number: int, worker: str, begin: float, end: float, state: str = "COMPLETED") -> WorkedTrial:
    return WorkedTrial(number, number, state, worker, begin, end, False)


def test_idle_time_and_the_longest_gap_are_of_all_workers() -> None:
    trials = [worked(1, "a", 0, 100), worked(2, "a", 200, 300, "STOPPED"), worked(3, "b", 0, 100, "FAILED")]
    section = timeline_section(trials)
    assert section.sentences[0] == (
        "2 workers had 3 trials and, between their first and last, were idle for 25.0\N{NO-BREAK SPACE}% of the time; "
        "the longest gap, 100\N{NO-BREAK SPACE}seconds, began 100\N{NO-BREAK SPACE}seconds after the study's "
        "first trial."
    )
    assert [trace["name"] for trace in section.figure["data"]] == [
        "Completed", "Stopped early", "Failed, infeasible or cancelled",
    ]  # fmt: skip


def test_many_workers_and_trials_make_a_bounded_chart_that_says_what_it_leaves_out() -> None:
    trials = [worked(n, f"w{n % 30}", 3.0 * n, 3.0 * n + 60) for n in range(10_000)]
    info = timeline_info(trials)
    assert (len(info.workers), info.left_out) == (MOST_WORKERS, 6)
    section = timeline_section(trials)
    assert "6 later workers of the study are not drawn" in section.hint
    assert len(json.dumps(section.figure)) < 400_000


def test_ordinals_and_times_are_said_as_people_say_them() -> None:
    assert [block_in_words(n) for n in (0, 11, 12, 20, 21, 110)] == [
        "first block", "twelfth block", "13th block", "21st block", "22nd block", "111th block",
    ]  # fmt: skip
    space = "\N{NO-BREAK SPACE}"
    assert [time_in_words(s) for s in (38, 119, 750, 3 * 86_400)] == [
        f"38{space}seconds", f"119{space}seconds", f"12.5{space}minutes", f"3.0{space}days",
    ]  # fmt: skip


def test_a_space_of_ones_own_and_lines_with_gaps_are_drawn() -> None:
    of = networks(60)
    drawing = str(figure_svg(coordinates_section(of, links(of)).figure, "Lines"))
    assert drawing.count('class="line') >= 3
    assert drawing.count("M") > 60
