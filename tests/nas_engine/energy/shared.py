"""The real files of power monitors and benchmarks, each with what it is; see EXPECTED.md and SOURCES.md beside them."""

from pathlib import Path

MEASUREMENTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "measurements"
MONSOON = MEASUREMENTS / "monsoon_pymonsoon"
LIVE_RUN = MONSOON / "EnergyNet_uid15582_cfg125_nhwc_power.csv"
LIVE_TIMES = MONSOON / "EnergyNet_uid15582_cfg125_nhwc_inference_time.csv"
BASELINE = MONSOON / "baseline_idle_head20k.csv"
ENERGYRUNNER = MEASUREMENTS / "eembc_energyrunner" / "L4R5ZI_kws_lpm01a"
MLCOMMONS = MEASUREMENTS / "mlcommons_tiny_runner" / "U385RG_kws"
GALAXY = MEASUREMENTS / "android_batterymanager" / "GalaxyJ7_logcat_head8k.csv"
SUMMARY = MEASUREMENTS / "monsoon_summary_androidrunner" / "monsoon_2020.06.29_043118.csv"
AOSP = MEASUREMENTS / "aosp_monsoon_txt" / "monsoon_out_seconds_amps.txt"
RASPBERRY = MEASUREMENTS / "joulescope_stats" / "rpi_idle_stats_2Hz.csv"
GENERATED = MEASUREMENTS / "generated"
TFLITE = MEASUREMENTS / "tflite_benchmark"

EVERY_FILE = tuple(sorted(path for folder in MEASUREMENTS.iterdir() if folder.is_dir() for path in folder.rglob("*.*")))
