"""Peak memory of a process."""

import resource
from pathlib import Path


def peak_bytes() -> int:
    """Peak resident memory of this process in bytes.

    On Linux from /proc, since `ru_maxrss` of a child includes the memory of its parent at the fork.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
