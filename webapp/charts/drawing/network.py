"""Drawing of a network: the feature map behind each block as a box to scale, from the input down to the classes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from webapp.charts.drawing.standalone import rules_of, standalone
from webapp.queries.pages.blocks import BlockRow, BlockTable
from webapp.queries.summaries import KIND_NAMES

WIDTH = 344
"""User units, which are pixels where there is room: a phone shows the drawing at its full size."""
_LEFT, _TOP, _TEXT = 8.0, 16.0, 208.0
_TIME_ROOM, _FREQUENCY_ROOM, _CHANNEL_ROOM = 160.0, 44.0, 30.0
_ACROSS, _UP = 0.8, 0.6  # a unit of depth in the oblique projection: the sides of a right triangle of hypotenuse 1
_LEAST, _ROW, _GAP = 1.5, 34.0, 12.0
_PATTERNS = {
    "kxk_bias": "M3 3h.01",
    "kx1_1xk_dw": "M0 3H6M3 0V6",
    "mobilenet_v1": "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    "mobilenet_v2": "M-1 5L1 7M0 0L6 6M5 -1L7 1",
    "mobilenet_v2_avg_pool": "M0 6L6 0M0 0L6 6",
    "kx1_1xk": "M3 0V6",
    "tc_resnet": "M0 3H6",
    "head": "M1.5 1.5h.01M4.5 4.5h.01",
}
"""Lines over the colour of a kind, in a tile of 6 x 6; a plain convolution has none, an identity a dashed outline."""
_PATTERN = """\
<pattern id="network-{}-{}" width="6" height="6" patternUnits="userSpaceOnUse"><path class="hatch" d="{}"/></pattern>"""
_MORE = {"yellow": "#b8a900", "sky": "#3f9fd8", "raised": "#f0f2f5", "line-strong": "#87919c"}


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """What a block hands on: `time` x `frequency` values in each of `channels`, all 1 or more; "input" has no kind."""

    name: str
    kind: str
    text: str
    time: int
    frequency: int
    channels: int

    @property
    def shape(self) -> str:
        """As the page writes it: time × frequency × channels, of the head the classes alone."""
        sizes = (self.channels,) if self.kind == "head" else (self.time, self.frequency, self.channels)
        return " × ".join(map(str, sizes))

    @property
    def kind_name(self) -> str:
        return KIND_NAMES.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class _Box:
    """A feature map in user units: the front's left upper corner, its sides, and the depth across and up."""

    map: FeatureMap
    y: float
    width: float
    height: float
    across: float
    up: float


def network_info(blocks: BlockTable) -> tuple[FeatureMap, ...]:
    """The input and, for each block and the head, its output."""
    time, frequency, channels = blocks.input_shape
    return FeatureMap("input", "", "log-mel", time, frequency, channels), *map(_map, blocks.rows)


def network_svg(maps: Sequence[FeatureMap], name: str, key: object) -> SafeString:
    """The drawing, called `name`; `key` keeps its ids apart from those of other drawings on the page.

    Widths (time) and heights (frequency) share one scale, depths (channels) have one of their own.
    """
    boxes = list(_boxes(maps))
    height = boxes[-1].y + max(boxes[-1].height, _ROW / 2) + _TOP
    kinds = dict.fromkeys(one.kind for one in maps if one.kind in _PATTERNS)
    return format_html(
        '<svg class="network" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
        'aria-labelledby="network-{5}-title network-{5}-desc">'
        '<title id="network-{5}-title">Drawing of {6}</title><desc id="network-{5}-desc">{7}</desc>'
        "<defs>{2}</defs>{3}{4}</svg>",
        WIDTH,
        f"{height:g}",
        format_html_join("", _PATTERN, ((key, kind, _PATTERNS[kind]) for kind in kinds)),
        format_html_join("", '<path class="flow" d="{}"/>', ((one,) for one in _flow(boxes))),
        format_html_join("", "{}", ((_drawn(box, key),) for box in boxes)),
        key,
        name,
        in_words(maps),
    )


def network_file(maps: Sequence[FeatureMap], name: str) -> str:
    """The drawing as an SVG file of its own."""
    rules = f"{rules_of('parts.css', 'rect.kind-')} {rules_of('network.css', '.network')}"
    return standalone(str(network_svg(maps, name, "file")), rules, "network", _MORE)


def in_words(maps: Sequence[FeatureMap]) -> str:
    """The drawing for those who do not see it."""
    blocks = "; ".join(f"{one.name}: {one.kind_name}, {one.shape}" for one in maps[1:])
    return f"Input {maps[0].shape} (time × frequency × channels). Blocks with the sizes of their outputs: {blocks}."


def _boxes(maps: Sequence[FeatureMap]) -> Iterator[_Box]:
    """The boxes from top to bottom, none of which overlaps the next."""
    scale = min(_TIME_ROOM / max(one.time for one in maps), _FREQUENCY_ROOM / max(one.frequency for one in maps))
    depth = _CHANNEL_ROOM / max(one.channels for one in maps)
    top, middle = _TOP, _TOP  # the least of the next box, and of the next text
    for one in maps:
        up, height = one.channels * depth * _UP, max(_LEAST, one.frequency * scale)
        y = max(top + up, middle - height / 2)
        sides = (y, max(_LEAST, one.time * scale), height, one.channels * depth * _ACROSS, up)
        yield _Box(one, *(round(side, 1) for side in sides))
        top, middle = y + height + _GAP, y + height / 2 + _ROW


def _flow(boxes: Sequence[_Box]) -> Iterator[str]:
    """Arrows from each box to the next."""
    for box, following in pairwise(boxes):
        top, bottom = box.y + box.height + 2, following.y - following.up - 2
        yield f"M{_LEFT + 1:g} {top:g}V{bottom:g}m-2 -3l2 3l2 -3"


def _drawn(box: _Box, key: object) -> SafeString:
    one, x, y = box.map, _LEFT, box.y
    right, bottom = x + box.width, y + box.height
    sides = f"M{x:g} {y:g}l{box.across:g} -{box.up:g}h{box.width:g}l-{box.across:g} {box.up:g}z"
    sides += f"M{right:g} {y:g}l{box.across:g} -{box.up:g}v{box.height:g}L{right:g} {bottom:g}z"
    front = f'x="{x:g}" y="{y:g}" width="{box.width:g}" height="{box.height:g}"'
    middle = y + box.height / 2
    return format_html(
        '<g><title>{}: {}, output {}</title><path class="side" d="{}"/>{}'
        '<text x="{}" y="{}">{} <tspan class="kind">{}</tspan></text><text class="shape" x="{}" y="{}">{}</text></g>',
        one.name,
        one.kind_name or "log-mel spectrogram",
        one.shape,
        sides,
        _front(one.kind, SafeString(front), key),
        _TEXT,
        f"{middle - 2:g}",
        one.name,
        one.text,
        _TEXT,
        f"{middle + 12:g}",
        one.shape,
    )


def _front(kind: str, place: SafeString, key: object) -> SafeString:
    """The front of a box in its kind's colour and, over it, its pattern."""
    colour = format_html('<rect class="front kind-{}" {}/>', kind or "input", place)
    if kind not in _PATTERNS:
        return colour
    return colour + format_html('<rect fill="url(#network-{}-{})" {}/>', key, kind, place)


def _map(row: BlockRow) -> FeatureMap:
    time, frequency, channels = row.output_shape if len(row.output_shape) == 3 else (1, 1, row.output_shape[-1])
    strides = "" if row.strides == (1, 1) else f" /{row.strides[0]}×{row.strides[1]}"
    text = "classes" if row.kind == "head" else row.mark.text + strides
    return FeatureMap(row.name, row.kind, text, time, frequency, channels)
