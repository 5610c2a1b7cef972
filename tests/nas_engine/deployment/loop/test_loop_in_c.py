"""The always-on loop in C: the detections of its definition, the network's inputs of the reference, no heap."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.emulation.cortex_m import PROCESSORS, WARNINGS, Processor
from nas_engine.deployment.frontend import reference
from nas_engine.deployment.loop.constants import constants_header
from nas_engine.deployment.loop.settings import hop_rows, refractory_windows, threshold_steps
from nas_engine.streaming.loop import LoopSettings
from nas_engine.streaming.loop import detections as streaming_detections
from nas_engine.streaming.values import StreamScores
from tests.nas_engine.deployment.frontend.sounds import synthetic_clips
from tests.nas_engine.deployment.loop.built import (
    LABELS,
    description,
    detections,
    detections_in_c,
    program,
    sources,
)

SETTINGS = {
    "defaults": LoopSettings(),
    "smoothed": LoopSettings(smoothing_windows=5, thresholds={"alarm": 0.62}),
    "three of five": LoopSettings(hop_s=0.5, needed=3, among=5, refractory_s=1.7),
    "everything": LoopSettings(
        hop_s=0.02, smoothing_windows=7, needed=11, among=40, refractory_s=0.5, thresholds={"alarm": 0.5078125}
    ),
    "no refractory time, nothing silent": LoopSettings(refractory_s=0.0, silent_classes=(), default_threshold=0.9),
    "all is above": LoopSettings(default_threshold=0.0, among=2, refractory_s=3.0),
    "nothing is above": LoopSettings(default_threshold=1.0),
}

Built = tuple[LoopSettings, Path]


def scores(seed: int, windows: int = 3_000) -> np.ndarray:
    """Outputs that wander through all values and stay a while, as those of a network do."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 25, (windows, len(LABELS))), axis=0)
    return (np.abs((level + rng.normal(0, 20, level.shape)) % 510 - 255) - 128).clip(-128, 127).astype(np.int8)


@pytest.fixture(scope="module", params=SETTINGS)
def built(gcc: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Settings and `decide.c` compiled with them, once for all tests."""
    settings = SETTINGS[request.param]
    return settings, program(tmp_path_factory.mktemp("decide"), "decide.c", settings)


def test_detections_are_those_of_the_definition(built: Built) -> None:
    settings, decide = built
    found = 0
    for seed in range(3):
        outputs = scores(seed)
        expected = list(detections(outputs, settings))
        assert detections_in_c(decide, outputs) == expected
        found += len(expected)
    assert (found == 0) == (settings.default_threshold == 1.0)


def test_detections_are_those_of_streaming_evaluation(built: Built) -> None:
    """The loop by which thresholds are chosen and false alarms counted."""
    (settings, decide), outputs = built, scores(7)
    stream = StreamScores("a", LABELS, outputs, 3.925, settings.hop_s, len(outputs) * settings.hop_s)
    expected = [
        (round((one.time_s - 3.925) / settings.hop_s), LABELS.index(one.label))
        for one in streaming_detections(stream, settings)
    ]
    assert detections_in_c(decide, outputs) == expected


def test_a_threshold_is_not_above_itself_in_whole_steps() -> None:
    """Largest sum that is not above it, by the same arithmetic as a score: sum * scale / windows."""
    for windows in (1, 3, 7):
        for steps in range(0, 255 * windows + 1):
            threshold = steps * (1 / 256) / windows
            settings = LoopSettings(smoothing_windows=windows, default_threshold=threshold)
            assert threshold_steps(settings, "alarm", 1 / 256) == steps
    assert threshold_steps(LoopSettings(default_threshold=1.0), "alarm", 1 / 256) == 255
    assert threshold_steps(LoopSettings(default_threshold=0.999), "alarm", 0.001) == 255
    assert threshold_steps(LoopSettings(), "negative", 1 / 256) == 255


def test_times_are_whole_rows_and_windows() -> None:
    parameters = description()["parameters"]
    assert hop_rows(LoopSettings(), parameters) == 50
    assert hop_rows(LoopSettings(hop_s=0.02), parameters) == 1
    for wrong in (0.01, 0.03, 1.005):
        with pytest.raises(ValueError, match=f"hop of {wrong:g} s is no multiple of the front end's 0.02 s"):
            hop_rows(LoopSettings(hop_s=wrong), parameters)
    assert refractory_windows(LoopSettings(hop_s=0.1, refractory_s=0.3)) == 3
    assert refractory_windows(LoopSettings(hop_s=0.1, refractory_s=0.301)) == 4
    assert refractory_windows(LoopSettings(refractory_s=0.0)) == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"hop_s": 0.0}, "hop_s must be above 0 s"),
        ({"smoothing_windows": 0}, "smoothing_windows must be at least 1"),
        ({"needed": 3, "among": 2}, "need 1 <= needed <= among, not 3 of 2"),
        ({"refractory_s": -1.0}, "refractory_s must be at least 0 s"),
        ({"gain_db": float("inf")}, "gain_db must be finite"),
        ({"thresholds": {"alarm": 1.5}}, "thresholds must lie in 0..1, not 1.5 for alarm"),
    ],
)
def test_settings_that_no_loop_can_have_are_refused(values: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        LoopSettings(**values)


def inputs_in_c(built: Path, pcm: np.ndarray, piece: int) -> np.ndarray:
    ran = subprocess.run([built, str(piece)], input=pcm.astype("<i2").tobytes(), capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return np.frombuffer(ran.stdout, np.int8).reshape(-1, 196, 40)


@pytest.mark.usefixtures("gcc")
@pytest.mark.parametrize("options", [(), ("-DEARSHOT_FIXED_POINT",)], ids=["float32", "fixed point"])
@pytest.mark.parametrize("gain_db", [0.0, 6.0])
@pytest.mark.parametrize("hop_s", [0.02, 0.5, 5.0], ids=["each row", "overlapping", "with gaps"])
def test_inputs_are_the_latest_rows_however_samples_come(
    tmp_path: Path, hop_s: float, gain_db: float, options: tuple[str, ...]
) -> None:
    page = description()
    pcm = np.concatenate(list(synthetic_clips(1).values()))[: 16_000 * 14]
    built = program(tmp_path, "hear.c", LoopSettings(hop_s=hop_s, gain_db=gain_db), options)
    found = inputs_in_c(built, pcm, 320)
    louder = np.clip(np.rint(pcm * 10 ** (gain_db / 20)), -32768, 32767).astype(np.int16)
    rows = reference.quantise(reference.normalise(reference.log_mel(louder, page), page), page).astype(int)
    expected = np.stack([rows[at : at + 196] for at in range(0, len(rows) - 195, round(hop_s / 0.02))])
    assert found.shape == expected.shape
    apart = np.abs(found - expected)
    assert apart.max() <= 1, "less precise than float64, where a feature lies between two steps"
    assert apart.mean() < 1e-3
    for piece in (1, 63, 64, 65, 401, 60_000):
        np.testing.assert_array_equal(inputs_in_c(built, pcm, piece), found)


@pytest.mark.usefixtures("gcc")
def test_the_program_for_a_computer_reports_what_the_definition_detects(tmp_path: Path) -> None:
    """earshot_listen, with a classifier that answers from the newest row in place of a network."""
    settings = LoopSettings(hop_s=0.2, smoothing_windows=2, refractory_s=1.0, thresholds={"alarm": 0.4})
    made, here = sources(tmp_path, settings), Path(__file__).parent
    skeletons = Path(reference.__file__).parents[1] / "skeletons"
    for name in ("earshot_loop", "earshot_frontend"):
        subprocess.run(["gcc", "-std=c99", "-O1", "-c", made / f"{name}.c", "-o", made / f"{name}.o"], check=True)
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{made}", f"-I{skeletons / 'earshot' / 'src'}"]
    parts = [
        skeletons / "pc" / "listen.cc",
        here / "classifier.cc",
        made / "earshot_loop.o",
        made / "earshot_frontend.o",
    ]
    subprocess.run([*command, *parts, "-o", made / "listen"], check=True)
    pcm = np.concatenate(list(synthetic_clips(1).values()))
    ran = subprocess.run([made / "listen"], input=pcm.tobytes(), capture_output=True, check=True)
    inputs = inputs_in_c(program(tmp_path, "hear.c", settings), pcm, 320)
    expected = [
        f"{3.925 + 0.2 * window:.3f} {LABELS[number]}"
        for window, number in detections(inputs[:, -1, : len(LABELS)], settings)
    ]
    assert len(expected) > 3
    assert ran.stdout.decode().splitlines() == expected


@pytest.mark.usefixtures("arm_gcc")
@pytest.mark.parametrize(
    ("options", "functions"),
    [
        ((), {"logf", "rintf", "memcpy", "memmove", "memset"}),
        (("-DEARSHOT_FIXED_POINT",), {"memcpy", "memmove", "memset"}),
    ],
    ids=["float32", "fixed point"],
)
@pytest.mark.parametrize("processor", PROCESSORS.values(), ids=PROCESSORS)
def test_a_microcontrollers_compiler_takes_it_and_it_needs_no_heap(
    tmp_path: Path, processor: Processor, options: tuple[str, ...], functions: set[str]
) -> None:
    everything = replace(SETTINGS["everything"], gain_db=3.0)
    made, needed = sources(tmp_path, everything), set()
    for name in ("earshot_loop", "earshot_frontend"):
        flags = (*WARNINGS, *options, *processor.flags)
        command = ["arm-none-eabi-gcc", "-mthumb", "-O2", *flags, "-c", "-o", made / f"{name}.o"]
        compiled = subprocess.run([*command, made / f"{name}.c"], capture_output=True, text=True)
        assert compiled.returncode == 0, compiled.stderr
        listed = subprocess.run(
            ["arm-none-eabi-nm", "-u", made / f"{name}.o"], capture_output=True, text=True, check=True
        )
        needed |= {line.split()[-1] for line in listed.stdout.splitlines()}
    outside = {name for name in needed if not name.startswith(("__aeabi_", "earshot_"))}
    assert outside <= functions


def test_labels_are_escaped_and_a_gain_is_written_only_where_there_is_one() -> None:
    header = constants_header(('say "no"?', "b"), 1024, LoopSettings(), description())
    assert '"say \\042no\\042\\077"' in header
    assert "EARSHOT_GAIN" not in header
    louder = constants_header(("a", "b"), 1024, LoopSettings(gain_db=20.0), description())
    assert "#define EARSHOT_GAIN 1.00000000e+01f\n#define EARSHOT_GAIN_Q16 655360\n" in louder
