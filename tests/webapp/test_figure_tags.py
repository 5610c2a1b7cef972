from webapp.templatetags.figures import percent, points, signed_decibels


def test_a_share_that_rounds_to_nothing_has_no_sign() -> None:
    assert percent(-0.0001) == "0.0\N{NO-BREAK SPACE}%"
    assert percent(-0.001) == "-0.1\N{NO-BREAK SPACE}%"
    assert points(-0.0001) == "+0.0\N{NO-BREAK SPACE}points"


def test_a_change_of_level_has_its_sign_and_a_dash_where_there_is_none() -> None:
    assert signed_decibels(-14.24) == "\N{MINUS SIGN}14.2\N{NO-BREAK SPACE}dB"
    assert signed_decibels(-0.01) == "+0.0\N{NO-BREAK SPACE}dB"
    assert signed_decibels(None) == "–"
