from webapp.templatetags.figures import percent, points


def test_a_share_that_rounds_to_nothing_has_no_sign() -> None:
    assert percent(-0.0001) == "0.0\N{NO-BREAK SPACE}%"
    assert percent(-0.001) == "-0.1\N{NO-BREAK SPACE}%"
    assert points(-0.0001) == "+0.0\N{NO-BREAK SPACE}points"
