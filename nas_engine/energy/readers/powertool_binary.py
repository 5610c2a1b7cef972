"""PowerTool's own .pt4 and .pt5: recognised, and rejected with how to export a readable file.

Layout after the open parsers (BluetoothKit's Pt5Parser, pt4utils): header of 272 bytes, a status packet, samples from
byte 1024; a mask of recorded channels at 158, the count of samples at 160. No such file was available to test a
parser, and the scale of voltage is not certain, so there is none.
"""

import struct
from pathlib import PurePath
from typing import NoReturn

from nas_engine.energy.readers.base import FileHead, FileSource, ReadOptions

_SAMPLES_AT = 1_024
_CHANNELS = {0x1000: "main", 0x2000: "USB", 0x4000: "aux"}


class PowerToolBinary:
    """Reader that recognises .pt4 and .pt5 and always raises, with what to do."""

    format = "powertool_binary"
    title = "Monsoon PowerTool .pt4/.pt5"
    accepts = "Recognised, not read: open it in PowerTool and export it as CSV"

    def recognises(self, head: FileHead) -> bool:
        """Whether it has the name or the binary layout of .pt4 or .pt5."""
        named = PurePath(head.name).suffix.lower() in (".pt4", ".pt5") and not head.text
        return named or _has_layout(head)

    def read(self, source: FileSource, options: ReadOptions) -> NoReturn:
        """Raise BadMeasurement with how to export CSV, always."""
        raise source.wrong(
            "this is PowerTool's own format (.pt4 or .pt5), which is not read; open it in PowerTool and export it as "
            "CSV with Time, Main Avg Power, Main Avg Current and Main Avg Voltage, then give that file"
        )


def _has_layout(head: FileHead) -> bool:
    """Whether mask, count and size agree: 2 or 4 bytes a channel and 2 of voltage in each sample."""
    if head.size_bytes <= _SAMPLES_AT or len(head.data) < _SAMPLES_AT:
        return False
    mask, count = struct.unpack_from("<HQ", head.data, 158)
    channels = sum(bool(mask & bit) for bit in _CHANNELS)
    if not channels or mask & ~sum(_CHANNELS) or not count:
        return False
    body = head.size_bytes - _SAMPLES_AT
    return any(count * (width * channels + 2) <= body < (count + 2) * (width * channels + 2) for width in (2, 4))
