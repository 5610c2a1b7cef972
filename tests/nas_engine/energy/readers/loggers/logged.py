"""Logs of computers' own sensors and counters, as their programs write them, with known power."""

ORIN = (
    "05-01-2024 10:{minute:02d}:{second:02d} RAM 2210/7620MB (lfb 2x4MB) SWAP 0/3810MB (cached 0MB) "
    "CPU [3%@1510,off] EMC_FREQ 0%@2133 GR3D_FREQ 0%@[305] cpu@47.5C VDD_IN {now}mW/{mean}mW "
    "VDD_CPU_GPU_CV {part}mW/{part}mW VDD_SOC 1567mW/1567mW\n"
)
NANO = (
    "RAM 2458/3964MB (lfb 4x1MB) SWAP 0/1982MB (cached 0MB) IRAM 0/252kB(lfb 252kB) CPU [5%@102,2%@102] EMC_FREQ 0% "
    "GR3D_FREQ 0% PLL@24C POM_5V_IN {now}/{mean} POM_5V_GPU 0/0 POM_5V_CPU {part}/{part}\n"
)
XAVIER = (
    "RAM 4722/31919MB (lfb 1x4MB) SWAP 0/15959MB (cached 0MB) CPU [1%@1190,0%@1190] EMC_FREQ 0% GR3D_FREQ 0% "
    "AO@36C GPU 0/0 CPU {now}/{mean} SOC 931/931 CV 0/0 VDDRQ 155/155 SYS5V 1570/1570\n"
)


def tegrastats(line: str = ORIN, rows: int = 120, per_second: float = 1.0, missing: range = range(0)) -> str:
    """5,000 to 5,004 mW, the mean beside it 1 mW; lines `missing` were never printed."""
    lines = []
    for row in range(rows):
        minute, second = divmod(int(row / per_second), 60)
        if row not in missing:
            lines.append(line.format(minute=minute, second=second, now=5_000 + row % 5, mean=1, part=2_000))
    return "".join(lines)


def jtop(rows: int = 120, total: str = "Power TOT") -> str:
    """5,000 to 5,004 mW, a row a second and up to 2 ms."""
    lines = [f"time,uptime,CPU1,CPU2,RAM,GPU,Fan pwmfan0,Temp CPU,Power VDD_SOC,{total},jetson_clocks,nvp model"]
    for row in range(rows):
        minute, second = divmod(row, 60)
        stamp = f"2024-05-01 10:{minute:02d}:{second:02d}.{100_000 + row % 3 * 1_000}"
        lines.append(f"{stamp},0:{minute + 3:02d}:{second:02d}.41,5,OFF,0.29,0,0.0,47.5,1500,{5_000 + row % 5},OFF,15W")
    return "\n".join([*lines, ""])


def nvidia_smi(
    rows: int = 120, cards: int = 1, unit: str = " W", power: str = "power.draw.instant [W]", missing: range = range(0)
) -> str:
    """20 to 20.4 W for card 0, twice that for card 1, ten rows a second; rows `missing` have no figure."""
    lines = [f"timestamp, index, name, {power}, utilization.gpu [%]"]
    for row in range(rows):
        for card in range(cards):
            stamp = f"2024/05/01 10:00:{row // 10:02d}.{row % 10 * 100 + row % 3:03d}"
            watts = "[N/A]" if row in missing else f"{(20 + row % 5 / 10) * (card + 1):.2f}{unit}"
            lines.append(f"{stamp}, {card}, NVIDIA RTX A500, {watts}, 40 %")
    return "\n".join([*lines, ""])


def pyjoules(tags: tuple[str, ...] = ("infer", "infer", "infer")) -> str:
    """10 s of 20, 21, 22 ... J: 15 and more of the package, 4 of memory, 1 of a card; cores are part of the package."""
    lines = ["timestamp;tag;duration;package_0;dram_0;core_0;uncore_0;nvidia_gpu_0"]
    for row, tag in enumerate(tags):
        lines.append(f"{1.7e9 + 20 * row:.6f};{tag};10.0;{15e6 + row * 1e6:.0f};4000000;9000000;100;1000")
    return "\n".join([*lines, ""])


def pyrapl(sockets: int = 2, runs: int = 3) -> str:
    """10 s of 20 J on each socket: 16 of the package, 4 of memory."""
    lines = ["label,timestamp,duration,pkg,dram,socket"]
    for run in range(runs):
        lines += [f"infer,{1.7e9 + 20 * run:.4f},10000000.0,16000000.0,4000000.0,{n}" for n in range(sockets)]
    return "\n".join([*lines, ""])


CODECARBON = (
    "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
    "cpu_energy,gpu_energy,ram_energy,energy_consumed,country_name,cpu_model,tracking_mode,on_cloud,pue\n"
)


def codecarbon(runs: tuple[str, ...] = ("3b540626",), pue: float = 1.0) -> str:
    """Rows of 50 and 100 s: 5e-4 kWh (1,800 J) in 100 s, 3e-4 of the processor, 2e-4 of memory."""
    lines = []
    for run in runs:
        for share in (0.5, 1.0):
            parts = f"{3e-4 * share:g},0.0,{2e-4 * share:g},{5e-4 * share * pue:g}"
            lines.append(
                f"2026-08-12T19:37:29,kws,{run},5b0fa12a,{100 * share},4.3e-06,7.1e-07,10.8,0.0,7.2,{parts},Spain,"
                f'"Some, CPU",machine,N,{pue}\n'
            )
    return CODECARBON + "".join(lines)


PYJOULES_PRINTED = (
    "begin timestamp : 1700000000.5; tag : infer; duration : 10.0; package_0 : 15000000; dram_0 : 4000000\n"
)
PYRAPL_PRINTED = """Label : infer
Begin : Wed May  1 10:00:00 2024
Duration : 10000000.0 us
-------------------------------
PKG :
	socket 0 :    16000000.0 uJ
"""
DMON = "# gpu   pwr gtemp mtemp    sm   mem\n# Idx     W     C     C     %     %\n    0    20    45     -     1     1\n"
