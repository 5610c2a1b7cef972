"""Tables of whole searches: all of ours, the best peers with all seeds, and numbers as the JSON has them."""

import pytest

from benchmarks.compute import report

BEST = {
    "seeds": 20, "mean": 0.78123, "quartiles": [0.77, 0.78, 0.79], "lead": 0.0, "lead_95": [0.0, 0.0], "wins": 10.0,
    "epochs_to_reference": 2990.0, "ratio": 0.997, "ratio_quartiles": [0.5, 0.997], "at_seconds": {"ratio": 0.95},
}  # fmt: skip
OURS = BEST | {"mean": 0.79, "lead": 0.00877, "wins": 14.5, "ratio": 0.512, "ratio_quartiles": [0.41, None]}
FEWER = BEST | {"seeds": 5, "mean": 0.8}
RESULT = {
    "peers": ["peer", "few"],
    "landscapes": {
        "made_up": {
            "3000": {
                "best_peer": "peer",
                "entrants": {"ours": OURS, "peer": BEST, "few": FEWER, "unrun": {"seeds": 0, "at_seconds": {}}},
            }
        }
    },
}


def test_a_table_has_all_of_ours_and_the_peers_with_all_seeds() -> None:
    text = report.tables(RESULT)
    assert "**made_up, 3,000 epochs; the best of 2 peers is peer *\n(1 of them with all 20 seeds)**" in text
    assert (
        "| ours | 20 | 0.7900 (0.7700–0.7900) | +0.0088 (+0.0000 to +0.0000) | 14.5 of 20 | 0.51 (0.41 to –) | 0.95 |"
        in text
    )
    assert "| peer * | 20 | 0.7812" in text
    assert "| unrun | 0 | –" in text
    assert "| few *" not in text


def test_only_what_is_between_the_marks_is_replaced() -> None:
    page = f"before\n{report.BEGIN}\nold\n{report.END}\nafter"
    written = report.with_tables(page, RESULT)
    assert written.startswith(f"before\n{report.BEGIN}\n**made_up")
    assert written.endswith(f"{report.END}\nafter")
    assert "old" not in written
    with pytest.raises(ValueError, match="once, in this order"):
        report.with_tables("no marks", RESULT)
