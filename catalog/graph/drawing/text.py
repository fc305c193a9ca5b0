"""How wide a text is, without a font at hand.

Widths are those of Roboto, in thousandths of the font's size; the other fonts that a
drawing names are as wide or a little narrower.
"""

from __future__ import annotations

FAMILY = "Roboto, Inter, 'Helvetica Neue', Arial, sans-serif"

TIMES = "\u00d7"
"""The sign of multiplication, before a count."""

_FIRST = 32  # the space, where the printable characters of ASCII begin
_REGULAR = (
    *(248, 258, 320, 616, 562, 732, 622, 175, 342, 348, 431, 567, 197, 276, 264, 413, 562, 562),
    *(562, 562, 562, 562, 562, 562, 562, 562, 242, 211, 508, 549, 523, 473, 898, 652, 623, 651),
    *(656, 568, 553, 681, 713, 272, 552, 627, 539, 873, 713, 688, 631, 688, 616, 594, 597, 648),
    *(637, 887, 627, 601, 599, 265, 411, 265, 418, 451, 309, 544, 562, 523, 564, 530, 348, 562),
    *(551, 243, 239, 507, 243, 877, 552, 570, 562, 568, 339, 516, 327, 551, 484, 751, 496, 473),
    *(496, 338, 244, 338, 680),
)
_NARROW = {"·": 261, "…": 669, "µ": 567, TIMES: 534}
_WIDE = 1000  # a character of another script
_BOLDER = 1.02


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Give the width of a text, in the unit of `size`."""
    total = 0
    for character in text:
        place = ord(character) - _FIRST
        if 0 <= place < len(_REGULAR):
            total += _REGULAR[place]
        elif character in _NARROW:
            total += _NARROW[character]
        else:
            total += _WIDE if ord(character) > 0x2E80 else 600
    return total * size / 1000 * (_BOLDER if bold else 1.0)


def shortened(text: str, most: int) -> str:
    """Give at most `most` characters of a text: its beginning and its end."""
    if len(text) <= most:
        return text
    head = (most - 1) * 3 // 5
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
