"""Registry of readers: a file is read by the first reader that recognises its content."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nas_engine.energy.readers.android_runner import AndroidRunnerMonsoon
from nas_engine.energy.readers.aosp_monsoon import AospMonsoon
from nas_engine.energy.readers.base import FileHead, FileSource, Reader, ReadOptions
from nas_engine.energy.readers.battery_manager import BatteryManager
from nas_engine.energy.readers.benchmark_log import BenchmarkModelLog
from nas_engine.energy.readers.energyrunner_stamps import EnergyRunnerStamps
from nas_engine.energy.readers.energyrunner_trace import EnergyRunnerTrace
from nas_engine.energy.readers.inference_times import InferenceTimes
from nas_engine.energy.readers.joulescope.driver_statistics import DriverStatistics
from nas_engine.energy.readers.joulescope.export import JoulescopeExport
from nas_engine.energy.readers.joulescope.jls import Jls
from nas_engine.energy.readers.joulescope.pyjls_csv import PyjlsCsv
from nas_engine.energy.readers.joulescope.statistics import JoulescopeStatistics
from nas_engine.energy.readers.joulescope.trigger_summaries import TriggerSummaries
from nas_engine.energy.readers.loggers.codecarbon import CodeCarbon
from nas_engine.energy.readers.loggers.energy_counters import PyJoules, PyRapl
from nas_engine.energy.readers.loggers.jtop import Jtop
from nas_engine.energy.readers.loggers.nvidia_smi import NvidiaSmi
from nas_engine.energy.readers.loggers.tegrastats import Tegrastats
from nas_engine.energy.readers.lpm01a import Lpm01a
from nas_engine.energy.readers.mapper import MappedTable, proposed, unknown
from nas_engine.energy.readers.microcontrollers.cube_ai import CubeAi
from nas_engine.energy.readers.microcontrollers.edge_impulse import EdgeImpulse
from nas_engine.energy.readers.microcontrollers.tflm_ticks import TflmTicks
from nas_engine.energy.readers.mlcommons_results import MlcommonsResults
from nas_engine.energy.readers.monsoon_hvpm import MonsoonHvpm
from nas_engine.energy.readers.monsoon_python import MonsoonPython
from nas_engine.energy.readers.otii import Otii
from nas_engine.energy.readers.parsing import unpacking
from nas_engine.energy.readers.powertool import PowerTool
from nas_engine.energy.readers.powertool_binary import PowerToolBinary
from nas_engine.energy.readers.ppk2_csv import Ppk2Csv
from nas_engine.energy.readers.ppk2_session import Ppk2Session
from nas_engine.energy.readers.runner_results import RunnerResults
from nas_engine.energy.readers.sigrok import Sigrok
from nas_engine.energy.readers.stm32n6 import Stm32n6
from nas_engine.energy.readers.trepn import Trepn
from nas_engine.energy.readers.unsupported import UNSUPPORTED
from nas_engine.energy.traces.trace import FileReading
from nas_engine.errors import BadMeasurement

MAPPER: Reader = MappedTable()

READERS: tuple[Reader, ...] = (
    PowerToolBinary(),
    Jls(),
    Ppk2Session(),
    EnergyRunnerTrace(),
    MlcommonsResults(),
    EnergyRunnerStamps(),
    *UNSUPPORTED,
    RunnerResults(),
    BenchmarkModelLog(),
    CubeAi(),
    TflmTicks(),
    EdgeImpulse(),
    Tegrastats(),
    Lpm01a(),
    Sigrok(),
    NvidiaSmi(),
    CodeCarbon(),
    MonsoonPython(),
    MonsoonHvpm(),
    PowerTool(),
    Ppk2Csv(),
    TriggerSummaries(),
    DriverStatistics(),
    JoulescopeStatistics(),
    JoulescopeExport(),
    PyjlsCsv(),
    Stm32n6(),
    BatteryManager(),
    Trepn(),
    Jtop(),
    PyJoules(),
    PyRapl(),
    AndroidRunnerMonsoon(),
    InferenceTimes(),
    Otii(),
    AospMonsoon(),
)
"""Readers in the order of recognition: magic bytes, then exact headers, then grammars, general tables last."""

_DEFAULTS = ReadOptions()


def read(path: Path, options: ReadOptions = _DEFAULTS, name: str | None = None) -> FileReading:
    """Read one measurement file, plain or packed with gzip or zip.

    Args:
        path: the file on disk.
        options: options of the user; with a mapping the column mapper reads the file.
        name: name for messages, as given by the owner; by default that of the path.

    Raises:
        BadMeasurement: it cannot be read, contradicts itself, or a zip holds several files; the message states what
            to do.
    """
    readings = read_all(path, options, name)
    if len(readings) != 1:
        names = ", ".join(name for name, _ in readings[:5])
        raise BadMeasurement(f"{name or path.name}: {len(readings)} files in it ({names}); give one at a time")
    return readings[0][1]


def read_all(
    path: Path, options: ReadOptions = _DEFAULTS, name: str | None = None
) -> tuple[tuple[str, FileReading], ...]:
    """Name and reading of each file in `path`: several in a zip of one run.

    Raises BadMeasurement where any of them cannot be read.
    """
    source = FileSource(name or path.name, path)
    try:
        if reader := _for_archive(source):
            return ((source.name, _named(source, reader, options)),)
        with unpacking.unpacked(source) as files:
            return tuple((file.name, _named(file, chosen(file.head(), options), options)) for file in files)
    except OSError as error:
        raise source.wrong(f"cannot be read ({error.strerror or error})") from None


def holds_no_measurement(path: Path, name: str) -> bool:
    """Whether a rejected file holds no measurement at all.

    True for known formats without measurements (the log of a session) and for files that are neither of a known format
    nor a table; False for measurements that cannot be used as they are.
    """
    source = FileSource(name, path)
    try:
        if _for_archive(source):
            return False
        with unpacking.unpacked(source) as files:
            return all(_holds_nothing(file.head()) for file in files)
    except BadMeasurement:
        return False


def proposed_mapping(path: Path, name: str) -> dict[str, Any]:
    """Proposed mapping of columns, as JSON, of a table that no reader recognises; {} for any other file."""
    source = FileSource(name, path)
    try:
        if _for_archive(source):
            return {}
        with unpacking.unpacked(source) as files:
            heads = [file.head() for file in files]
    except (BadMeasurement, OSError):
        return {}
    if len(heads) != 1 or any(reader.recognises(heads[0]) for reader in READERS):
        return {}
    return proposed(heads[0])


def _holds_nothing(head: FileHead) -> bool:
    reader = next((reader for reader in READERS if reader.recognises(head)), None)
    return reader in UNSUPPORTED if reader is not None else not MAPPER.recognises(head)


def chosen(head: FileHead, options: ReadOptions = _DEFAULTS) -> Reader:
    """Reader for a plain file: with a mapping the column mapper, else the first that recognises it.

    Raises:
        BadMeasurement: no reader recognises it; the message lists the columns found, or states that it is no text.
    """
    if options.mapping is not None:
        return MAPPER
    for reader in READERS:
        if reader.recognises(head):
            return reader
    raise BadMeasurement(f"{head.name}: {unknown(head)}")


def _for_archive(source: FileSource) -> Reader | None:
    """Reader of a format that is a zip itself, which is not unpacked first."""
    members = unpacking.members(source.path)
    if not members:
        return None
    head = replace(source.head(), members=members)
    return next((reader for reader in READERS if reader.recognises(head)), None)


def _named(source: FileSource, reader: Reader, options: ReadOptions) -> FileReading:
    """Read, with the name of the file in every error. Overflow of absurd numbers is caught by later checks."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return reader.read(source, options)
    except BadMeasurement as error:
        if str(error).startswith(source.name):
            raise
        raise source.wrong(str(error)) from None
