"""SVG: text that any browser shows, with nothing to load."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax import saxutils

from catalog.graph.drawing.layout import (
    HEADING,
    LOOP,
    SMALL,
    STACK,
    TITLE,
    Card,
    Course,
    Frame,
    layout,
    title_of,
)
from catalog.graph.drawing.sketch import FOLD, sketch
from catalog.graph.drawing.text import FAMILY, TIMES, width
from catalog.graph.drawing.values import Line

if TYPE_CHECKING:
    from catalog.graph.drawing.columns import Point
    from catalog.graph.drawing.values import Drawable

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARGIN = 20.0
_LEGEND = 34.0
_FRAMES = ("#F5F7FA", "#FFFFFF", "#F5F7FA")
# fill, border, dashes
_NODES = {
    "declared": ("#FFFFFF", "#2F6DB5", ""),
    "array": ("#EEF1F5", "#8A98A8", ""),
    "implied": ("#FFFFFF", "#2F6DB5", "5 3"),
    "undeclared": ("#FDF3F0", "#C0452C", "5 3"),
}
_PLAIN = "#55616E"
_COLOURS = {"closed": _PLAIN, "explicit": "#1F8A65", "numeric": "#8648B8", "no": "#C0452C"}
_MEANINGS = {
    "explicit": "states its inverse",
    "numeric": "field: inverse by iteration",
    "no": "no inverse",
}


def to_svg(graph: Drawable, *, title: str = "", fold: int | None = FOLD) -> str:
    """Draw a graph as SVG.

    Parameters
    ----------
    title
        Of the whole; without it, the name of the group around everything.
    fold
        More alike than these are drawn as one, with their count, and so are the levels
        of a pyramid. None draws each by itself.
    """
    drawn = layout(sketch(graph, title=title, fold=fold))
    legend = list(_legend([course.line for course in drawn.courses]))
    wide = max(drawn.width, sum(36.0 + width(text, SMALL) for _, _, text in legend))
    size = (wide + 2 * _MARGIN, drawn.height + 2 * _MARGIN + (_LEGEND if legend else 0.0))
    counted = f"{len(graph.systems)} coordinate systems, {len(graph.edges)} transformations"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]:.0f}" height="{size[1]:.0f}" '
        f'viewBox="0 0 {_n(size[0])} {_n(size[1])}" font-family="{FAMILY}" role="img">',
        f"<title>{_escaped(title or 'Coordinate systems')}</title>",
        f"<desc>{counted}</desc>",
        "<defs>",
        *(_marker(kind, colour) for kind, colour in _COLOURS.items()),
        "</defs>",
        '<rect width="100%" height="100%" fill="#FFFFFF"/>',
        f'<g transform="translate({_n(_MARGIN)} {_n(_MARGIN)})">',
        *(part for frame in drawn.frames for part in _frame(frame)),
        *(part for course in drawn.courses for part in _course(course)),
        *(part for card in drawn.cards for part in _card(card)),
        *(_label(course) for course in drawn.courses),
        *_legend_parts(legend, drawn.height + _LEGEND - 8.0),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    """Give a text for XML, in which control characters cannot stand, not even escaped."""
    return saxutils.escape(_NO_XML.sub("\ufffd", text))


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _marker(kind: str, colour: str) -> str:
    return (
        f'<marker id="arrow-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 1 L9.5 5 L0 9 Z" fill="{colour}"/></marker>'
    )


def _cards(place: Frame | Card, radius: float, style: str, *, stacked: bool) -> Iterator[str]:
    """Draw a card; of a stack, two more behind it."""
    for behind in (2, 1, 0) if stacked else (0,):
        shift = STACK * behind
        yield (
            f'<rect x="{_n(place.x + shift)}" y="{_n(place.y + shift)}" '
            f'width="{_n(place.width)}" height="{_n(place.height)}" rx="{_n(radius)}" {style}/>'
        )


def _text(at: Point, size: float, fill: str, text: str, extra: str = "") -> str:
    x, y = at
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"{extra}>'
        f"{_escaped(text)}</text>"
    )


def _frame(frame: Frame) -> Iterator[str]:
    fill = _FRAMES[min(frame.depth, len(_FRAMES) - 1)]
    style = f'fill="{fill}" stroke="#CBD3DC"'
    yield '<g class="group">'
    yield from _cards(frame, 10, style, stacked=frame.cluster.count > 1)
    if frame.cluster.heading:
        x, y = frame.x + 16, frame.y + 22
        yield _text((x, y), HEADING, "#3C4854", frame.cluster.title, ' font-weight="500"')
        if frame.cluster.count > 1:
            x += width(frame.cluster.title, HEADING, bold=True) + 8
            yield from _badge(x, y, f"{TIMES}{frame.cluster.count}")
    yield "</g>"


def _badge(x: float, y: float, text: str) -> Iterator[str]:
    wide = width(text, SMALL, bold=True) + 12
    yield (
        f'<rect x="{_n(x)}" y="{_n(y - 12.5)}" width="{_n(wide)}" height="17" rx="8.5" '
        'fill="#DCE6F2"/>'
    )
    yield _text((x + 6, y), SMALL, "#245893", text, ' font-weight="500"')


def _card(card: Card) -> Iterator[str]:
    node = card.node
    fill, border, dashes = _NODES[node.kind]
    style = f'fill="{fill}" stroke="{border}" stroke-width="1.4"'
    if dashes:
        style += f' stroke-dasharray="{dashes}"'
    yield f'<g class="system" data-kind={saxutils.quoteattr(node.kind)}>'
    shown = node.addresses[:20]
    more = [f"and {len(node.addresses) - len(shown):,} more"] if shown != node.addresses else []
    tooltip = "\n".join([*shown, *more])
    yield f"<title>{_escaped(tooltip)}</title>"
    radius = 3 if node.kind == "array" else 8
    yield from _cards(card, radius, style, stacked=node.count > 1)
    middle = card.x + card.width / 2
    centred = ' text-anchor="middle"'
    y = card.y + card.height / 2 + (-2.5 if len(node.lines) > 1 else 4.5)
    yield _text((middle, y), TITLE, "#1B2530", title_of(node), f'{centred} font-weight="500"')
    for text in node.lines[1:]:
        y += 16
        yield _text((middle, y), SMALL, "#5D6975", text, centred)
    yield "</g>"


def _course(course: Course) -> Iterator[str]:
    line = course.line
    colour = _COLOURS[line.invertibility]
    style = f'fill="none" stroke="{colour}" stroke-width="1.4"'
    if line.implied:
        style += ' stroke-dasharray="2 4" stroke-linecap="round"'
    style += f' marker-end="url(#arrow-{line.invertibility})"'
    if line.invertibility == "explicit":
        style += f' marker-start="url(#arrow-{line.invertibility})"'
    path = _loop(course.points[0]) if len(course.points) == 1 else _curve(course.points)
    yield '<g class="transformation">'
    yield f"<title>{_escaped(line.title)}</title>"
    yield f'<path d="{path}" {style}/>'
    yield "</g>"


def _curve(points: Sequence[Point]) -> str:
    """Draw straight where two points are level, and a smooth step where not."""
    kept = [points[0]]
    for at, point in enumerate(points[1:], 1):
        following = points[at + 1] if at + 1 < len(points) else None
        level = abs(point[1] - kept[-1][1]) < 0.5
        if following is not None and level and abs(following[1] - point[1]) < 0.5:
            continue
        if abs(point[0] - kept[-1][0]) > 0.05 or not level:
            kept.append(point)
    path = f"M{_n(kept[0][0])} {_n(kept[0][1])}"
    for (x, y), (nx, ny) in pairwise(kept):
        if abs(ny - y) < 0.5:
            path += f" L{_n(nx)} {_n(ny)}"
        else:
            middle = _n((x + nx) / 2)
            path += f" C{middle} {_n(y)} {middle} {_n(ny)} {_n(nx)} {_n(ny)}"
    return path


def _loop(at: Point) -> str:
    x, y = at
    return f"M{_n(x)} {_n(y)} v{_n(LOOP / 2 - 3)} q0 7 7 7 h2 q7 0 7 -7 v-{_n(LOOP / 2 - 4)}"


def _label(course: Course) -> str:
    extra = (
        f' text-anchor="{course.anchor}" stroke="#FFFFFF" stroke-width="3" '
        'stroke-linejoin="round" paint-order="stroke"'
    )
    return _text(course.label, SMALL, _COLOURS[course.line.invertibility], course.line.label, extra)


def _legend(lines: Sequence[Line]) -> Iterator[tuple[str, bool, str]]:
    """Explain the kinds of lines that are not plain, where there are any."""
    kinds = {line.invertibility for line in lines}
    for kind, meaning in _MEANINGS.items():
        if kind in kinds:
            yield kind, False, meaning
    if any(line.implied for line in lines):
        yield "closed", True, "implied by the specification"


def _legend_parts(legend: Sequence[tuple[str, bool, str]], y: float) -> Iterator[str]:
    x = 2.0
    for kind, implied, text in legend:
        dashes = ' stroke-dasharray="2 4" stroke-linecap="round"' if implied else ""
        start = f' marker-start="url(#arrow-{kind})"' if kind == "explicit" else ""
        yield (
            f'<path d="M{_n(x)} {_n(y - 4)} h24" fill="none" stroke="{_COLOURS[kind]}" '
            f'stroke-width="1.4"{dashes}{start} marker-end="url(#arrow-{kind})"/>'
        )
        yield _text((x + 32, y), SMALL, "#5D6975", text)
        x += 32 + width(text, SMALL) + 24
