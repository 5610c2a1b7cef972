"""What firmware and tools of microcontrollers print, in the form of their sources, with known times."""

CUBE_AI = """Running PerfTest on "kws" with random inputs (16 iterations)...
................

Results for "kws", 16 inferences @80MHz/80MHz (complexity: 336088 MACC)
 duration     : 79.171 ms (average)
 CPU cycles   : 6333707 -101/+217 (average,-/+)
 CPU Workload : 7%
 cycles/MACC  : 18.84 (average for all layers)
 used stack   : 352 bytes
"""
CUBE_AI_4 = """ found network(s): ['network']
Results for 10 inference(s) @168/168MHz (macc:874970)
 duration    : 62.976 ms (average)
 CPU cycles  : 10579924 (average)
 cycles/MACC : 12.09 (average for all layers)

Clayer  id  desc                          oshape            ms
0       0   10011/(Merged Conv2d / Pool)  (10, 44, 1, 128)  14.470
"""
ST_EDGE_AI = """ST Edge AI Core v2.1.0-20194
ST.AI Profiling results v2.0 - "network"
---------------------------------------------------------------
nb sample(s)   :   540
duration       :   11.970 ms by sample (11.733/12.052/0.097)
macc           :   2938
cycles/MACC    :   20.37
CPU cycles     :   [1,915,200]
---------------------------------------------------------------
"""
ST_EDGE_AI_ANALYSIS = """ST Edge AI Core v2.1.0-20194
Exec/report summary (analyze)
------------------------------------------------------
model name         :   kws
macc               :   2,657,064
weights (ro)       :   24,072 B (23.51 KiB)
"""
TFLM = """InitializeKeywordRunner took 181204 ticks (181 ms).

KeywordRunNIerations(1) took 140377 ticks (140 ms)
QUANTIZE took 18021 ticks (18 ms).
SVDF took 56004 ticks (56 ms).

KeywordRunNIerations(10) took 1403911 ticks (1403 ms)

Done
"""
TFLM_64_MHZ = """InitializePersonDetectionRunner() took 3201024 ticks (50 ms)
WithPersonDataIterations(1) took 9984021 ticks (156 ms)
WithPersonDataIterations(10) took 99840213 ticks (1560 ms)
"""
EDGE_IMPULSE = "Edge Impulse standalone inferencing (Arduino)\n" + "".join(
    f"run_classifier returned: 0\nPredictions (DSP: {front_end} ms., Classification: 6 ms., Anomaly: 0 ms.): \n"
    "    alarm: 0.98828\n    noise: 0.01172\n"
    for front_end in (118, 120, 119)
)
EDGE_IMPULSE_TIMING = "Sampling... Done\nTiming: DSP 12 ms, inference 4250 us, anomaly 3 ms, postprocessing 57 us\n"
EDGE_IMPULSE_OLD = "Predictions (DSP: 141 ms, NN: 210 ms)\r\n    on: 0.99\r\n"
TFLM_GENERIC = (
    '"Unique Tag","Total ticks across all events with that tag."\nCONV_2D, 81230\n"total number of ticks", 90000\n'
)
