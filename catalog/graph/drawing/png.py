"""PNG, through a renderer and a font that come by pip: the extra `png`."""

from __future__ import annotations

import re
from contextlib import ExitStack
from importlib import resources
from math import sqrt
from typing import TYPE_CHECKING

from catalog.errors import UsageError
from catalog.graph.drawing.sketch import FOLD
from catalog.graph.drawing.svg import to_svg

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable

_MOST_PIXELS = 50_000_000  # 200 MB while it is drawn
_SIZE = re.compile(r'(?:width|height)="(\d+)"')


def to_png(
    graph: Drawable, *, title: str = "", fold: int | None = FOLD, scale: float = 2.0
) -> bytes:
    """Draw a graph as PNG.

    Parameters
    ----------
    title, fold
        As for `to_svg`.
    scale
        Pixels for each unit of the SVG; drawings of more than 50 million pixels are
        reduced.

    Raises
    ------
    UsageError
        When the extra ``png`` is not installed.
    """
    try:
        import resvg_py

        files = resources.files("font_roboto") / "files"
    except ImportError as error:
        raise UsageError(
            "PNG needs a renderer that is not installed: pip install 'ome-scene-catalog[png]'. "
            "SVG (.svg) needs nothing."
        ) from error
    svg = to_svg(graph, title=title, fold=fold)
    sides = [int(side) for side in _SIZE.findall(svg)[:2]]
    scale = min(scale, sqrt(_MOST_PIXELS / (sides[0] * sides[1])))
    with ExitStack() as files_at_hand:
        fonts = [
            str(files_at_hand.enter_context(resources.as_file(files / f"Roboto-{weight}.ttf")))
            for weight in ("Regular", "Medium")
        ]
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg, zoom=scale, font_files=fonts, sans_serif_family="Roboto"
            )
        )
