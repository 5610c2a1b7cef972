"""The real files of power monitors and benchmarks, each with what it is; see EXPECTED.md and SOURCES.md beside them.

Their names stand here so that tests of them are collected, and skipped, where the files are absent.
"""

from tests.real_data import MEASUREMENTS

MONSOON = MEASUREMENTS / "monsoon_pymonsoon"
LIVE_RUN = MONSOON / "EnergyNet_uid15582_cfg125_nhwc_power.csv"
LIVE_TIMES = MONSOON / "EnergyNet_uid15582_cfg125_nhwc_inference_time.csv"
BASELINE = MONSOON / "baseline_idle_head20k.csv"
ENERGYRUNNER = MEASUREMENTS / "eembc_energyrunner" / "L4R5ZI_kws_lpm01a"
MLCOMMONS = MEASUREMENTS / "mlcommons_tiny_runner" / "U385RG_kws"
BATTERY_MANAGER = MEASUREMENTS / "android_batterymanager"
GALAXY = BATTERY_MANAGER / "GalaxyJ7_logcat_head8k.csv"
ANDROID_RUNNER = MEASUREMENTS / "monsoon_summary_androidrunner"
SUMMARY = ANDROID_RUNNER / "monsoon_2020.06.29_043118.csv"
AOSP = MEASUREMENTS / "aosp_monsoon_txt" / "monsoon_out_seconds_amps.txt"
RASPBERRY = MEASUREMENTS / "joulescope_stats" / "rpi_idle_stats_2Hz.csv"
GENERATED = MEASUREMENTS / "generated"
TFLITE = MEASUREMENTS / "tflite_benchmark"

EVERY_FILE = (
    BATTERY_MANAGER / "GalaxyJ7_Aggregated_Results_Batterymanager.csv",
    GALAXY,
    AOSP,
    *(ENERGYRUNNER / name for name in ("log.txt", "results.txt", "script.async")),
    *(ENERGYRUNNER / f"trace1-{name}" for name in ("energy.bin", "timestamps.json")),
    *(GENERATED / f"joulescope_ui_{name}.csv" for name in ("export_visible", "statistics_utc")),
    GENERATED / "ppk2_default_D0-D7.csv",
    *(GENERATED / f"pymonsoon_0.1.88_{name}.csv" for name in ("numpy2_repr", "stock_seconds")),
    RASPBERRY,
    *(MLCOMMONS / name for name in ("log.txt", "results.json", "results.txt")),
    LIVE_TIMES,
    LIVE_RUN,
    BASELINE,
    MONSOON / "issue37_excerpt.tsv",
    *(ANDROID_RUNNER / name for name in ("Aggregated_Results_Monsoon.csv", "aggregated.csv")),
    SUMMARY,
    TFLITE / "mobilenet_v1_riscv_scientific_opprofile.log",
    TFLITE / "tf1x_average_inference_timings_two_runs.log",
    TFLITE / "ti_am6x_INFO_prefix_p5_median_p95.log",
    *(TFLITE / f"yolov5s_{name}.log" for name in ("cpu_fp32_tf24", "nnapi_opprofile")),
)
