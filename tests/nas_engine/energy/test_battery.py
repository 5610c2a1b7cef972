import pytest

from nas_engine.energy.battery import EARBUD, PHONE, WATCH, Battery, battery_days, joules_a_day


def test_mobilenet_v2_takes_what_the_paper_says_a_day():
    assert joules_a_day(14.0) == pytest.approx(1_210, rel=1e-3)  # 1.21 kJ, section 1


def test_the_papers_threshold_is_slightly_more_than_a_fifth_of_a_percent_of_a_phones_battery_a_day():
    assert 0.0020 < joules_a_day(1.25) / (PHONE.capacity_kj * 1000) < 0.0022  # section 2


@pytest.mark.parametrize(("battery", "days"), [(PHONE, 472.2), (WATCH, 33.3), (EARBUD, 6.48)])
def test_a_network_at_the_threshold_lasts_so_many_days(battery: Battery, days: float):
    assert battery_days(1.25, battery) == pytest.approx(days, rel=1e-2)


def test_twice_the_energy_lasts_half_as_long():
    own = Battery("board", 8.0)
    assert battery_days(2.0, own) == battery_days(1.0, own) / 2
