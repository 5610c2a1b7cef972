"""Power and energy in the logs of computers' own sensors and counters."""

from pathlib import Path

import pytest

from nas_engine.energy.readers import registry
from nas_engine.energy.traces.trace import FileReading
from nas_engine.errors import BadMeasurement
from tests.nas_engine.energy.readers.loggers import logged
from tests.nas_engine.energy.readers.samples import read
from tests.real_data import DATA

CASE = DATA / "cases" / "power" / "tegrastats_new.log"
MEAN_MW = 5_002.0


def codes(reading: FileReading) -> list[str]:
    return [finding.code for finding in reading.all_findings]


@pytest.mark.real_data("cases")
def test_tegrastats_as_people_bring_it_is_vdd_in_now_a_line_a_second() -> None:
    trace = registry.read(CASE).content
    first_and_last_mw = (5_226.0, 5_260.0)
    assert (trace.power_mw[0], trace.power_mw[1]) == first_and_last_mw
    assert (trace.samples, trace.rate_hz, trace.spacing) == (40, pytest.approx(1.0), "point")
    assert trace.power_mw.mean() == pytest.approx(7_736.35)


def test_of_value_and_average_the_value_is_read(tmp_path: Path) -> None:
    reading = read(tmp_path, logged.tegrastats())
    trace = reading.content
    assert (trace.power_mw.mean(), trace.rate_hz) == (pytest.approx(MEAN_MW), pytest.approx(1.0))
    assert trace.started_at_s == 1_714_557_600.0  # the first of May, not the fifth of January
    assert codes(reading) == ["indicative"]
    assert read(tmp_path, logged.tegrastats(), channel="VDD_SOC").content.power_mw.mean() == 1_567.0


def test_ten_lines_a_second_with_whole_seconds_are_even(tmp_path: Path) -> None:
    reading = read(tmp_path, logged.tegrastats(per_second=10.0, rows=300))
    assert reading.content.rate_hz == pytest.approx(10.0, rel=2e-3)  # whole seconds blur 30 s by that
    assert codes(reading) == ["indicative", "retimed"]


def test_a_line_a_second_that_drifts_is_no_hole_and_a_pause_is(tmp_path: Path) -> None:
    drifting = read(tmp_path, logged.tegrastats(per_second=1 / 1.02, rows=300))
    assert drifting.content.rate_hz == pytest.approx(1 / 1.02, rel=1e-3)
    assert codes(drifting) == ["indicative", "retimed"]
    paused = read(tmp_path, logged.tegrastats(rows=300, missing=range(100, 110)))
    assert "lost_samples" in codes(paused)
    assert paused.content.time_s[-1] == pytest.approx(299.0)


def test_older_boards_have_neither_dates_nor_units(tmp_path: Path) -> None:
    reading = read(tmp_path, logged.tegrastats(logged.NANO))
    assert (reading.content.power_mw.mean(), reading.content.rate_hz) == (pytest.approx(MEAN_MW), 1.0)
    assert codes(reading) == ["indicative", "guessed_rate"]
    stated = read(tmp_path, logged.tegrastats(logged.NANO), rate_hz=10.0)
    assert (stated.content.rate_hz, codes(stated)) == (10.0, ["indicative"])


def test_a_board_without_a_rail_of_the_whole_asks_for_one(tmp_path: Path) -> None:
    text = logged.tegrastats(logged.XAVIER)
    with pytest.raises(BadMeasurement, match="choose one of GPU, CPU, SOC, CV, VDDRQ, SYS5V as the channel"):
        read(tmp_path, text)
    assert read(tmp_path, text, channel="cpu").content.power_mw.mean() == pytest.approx(MEAN_MW)
    with pytest.raises(BadMeasurement, match="no power of any rail"):
        read(tmp_path, text.replace("GPU 0/0", "").split(" CPU 5")[0] + "\n" + "RAM 1/2MB (lfb) CPU [1%]\n" * 3)


@pytest.mark.parametrize("total", ["Power TOT", "power cur"])
def test_jtop_gives_the_total_or_a_rail(total: str, tmp_path: Path) -> None:
    reading = read(tmp_path, logged.jtop(total=total))
    assert (reading.format, reading.content.power_mw.mean()) == ("jtop", pytest.approx(MEAN_MW))
    assert reading.content.rate_hz == pytest.approx(1.0, rel=1e-3)
    assert read(tmp_path, logged.jtop(), channel="VDD_SOC").content.power_mw.mean() == 1_500.0
    with pytest.raises(BadMeasurement, match="there is no power of main; it has Power VDD_SOC, Power TOT"):
        read(tmp_path, logged.jtop(), channel="main")


@pytest.mark.parametrize("unit", [" W", ""])
def test_nvidia_smi_has_value_and_unit_in_one_cell(unit: str, tmp_path: Path) -> None:
    reading = read(tmp_path, logged.nvidia_smi(unit=unit))
    assert (reading.content.samples, reading.content.power_mw.mean()) == (120, pytest.approx(20_200.0))
    assert reading.content.rate_hz == pytest.approx(10.0, rel=1e-3)
    assert codes(reading) == ["indicative"]


def test_a_mean_of_a_second_is_told_from_power_now(tmp_path: Path) -> None:
    assert "averaged" in codes(read(tmp_path, logged.nvidia_smi(power="power.draw [W]")))


def test_of_several_cards_one_is_read(tmp_path: Path) -> None:
    text = logged.nvidia_smi(cards=2)
    first = read(tmp_path, text)
    assert (first.content.samples, "guessed_channel" in codes(first)) == (120, True)
    assert read(tmp_path, text, channel="1").content.power_mw.mean() == pytest.approx(40_400.0)
    with pytest.raises(BadMeasurement, match="there is no card 2; it has 0, 1"):
        read(tmp_path, text, channel="2")


def test_a_card_without_a_sensor_or_beyond_a_hundred_watts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match="this card reports no power"):
        read(tmp_path, logged.nvidia_smi(missing=range(120)))
    with pytest.raises(BadMeasurement, match="250 W: figures of devices beyond 100 W are not evaluated"):
        read(tmp_path, logged.nvidia_smi().replace("20.40 W", "250.00 W"))
    with pytest.raises(BadMeasurement, match=r'line 3: "abc" under power\.draw\.instant'):
        read(tmp_path, logged.nvidia_smi().replace("20.10 W", "abc", 1))


def test_pyjoules_adds_package_memory_and_card_but_no_core(tmp_path: Path) -> None:
    summary = read(tmp_path, logged.pyjoules()).content
    assert [part.energy_mj for part in summary.parts] == pytest.approx([20e3, 21e3, 22e3])
    assert summary.mean_power_mw == pytest.approx(2_100.0)
    assert summary.findings[0].code == "indicative"


def test_a_domain_that_is_not_known_is_not_left_out_silently(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match='"npu_0" is no domain that pyJoules writes'):
        read(tmp_path, logged.pyjoules().replace("dram_0", "npu_0"))


def test_of_several_tags_one_is_chosen(tmp_path: Path) -> None:
    text = logged.pyjoules(("load", "infer", "infer"))
    with pytest.raises(BadMeasurement, match=r"energies of 2 sections \(load, infer\); choose the one that runs"):
        read(tmp_path, text)
    assert read(tmp_path, text, channel="infer").content.energy_mj == pytest.approx(43e3)


def test_pyrapl_adds_the_sockets_of_a_run(tmp_path: Path) -> None:
    summary = read(tmp_path, logged.pyrapl()).content
    assert [(part.energy_mj, part.duration_s) for part in summary.parts] == [pytest.approx((40e3, 10.0))] * 3


@pytest.mark.parametrize("pue", [1.0, 1.4])
def test_codecarbon_is_the_last_row_of_a_run(pue: float, tmp_path: Path) -> None:
    reading = read(tmp_path, logged.codecarbon(pue=pue))
    assert (reading.content.energy_mj, reading.content.duration_s) == (pytest.approx(1.8e6 * pue), 100.0)
    (finding,) = reading.all_findings
    assert "estimate by codecarbon" in finding.message


def test_a_row_of_codecarbon_that_is_no_sum_of_its_parts_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"line 3: energy_consumed is 0\.0009 kWh, its parts are 0\.0005 kWh"):
        read(tmp_path, logged.codecarbon().replace(",0.0005,", ",0.0009,"))
    with pytest.raises(BadMeasurement, match="energies of 2 sections"):
        read(tmp_path, logged.codecarbon(("one", "two")))


def test_a_server_beyond_a_hundred_watts_is_answered(tmp_path: Path) -> None:
    with pytest.raises(BadMeasurement, match=r"line 2: 160\.4 W on average"):
        read(tmp_path, logged.pyrapl(sockets=1).replace("16000000.0", "1600000000.0"))


def test_the_command_above_the_lines_of_tegrastats_is_passed_over(tmp_path: Path) -> None:
    trace = read(tmp_path, "$ tegrastats --interval 1000\n" + logged.tegrastats()).content
    assert (trace.samples, trace.power_mw.mean()) == (120, pytest.approx(MEAN_MW))
