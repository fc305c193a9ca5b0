"""Words of a text, folded and split by us, so that every database finds the same.

What is kept in `search_text`: the words of each value with a blank between them, and
`` / `` between values, so that no phrase reaches from one value into the next.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

LONGEST = 64
"""Characters of a word that count; what is longer is data, not language."""

MOST = 2_000
"""Words of one `search_text`; an image with more is found by its first ones."""

_ASCII = re.compile("[a-z0-9]+")

# Letters that Unicode does not take apart, and that people type without their stroke.
_LETTERS = str.maketrans(
    {
        **{"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"},
        **{"ħ": "h", "\u0131": "i", "ŋ": "n", "ŧ": "t"},
    }
)


def words(text: str) -> list[str]:
    """Split a text into its words: runs of letters and digits, without case and accents.

    Examples
    --------
    >>> words("Tile_03 — Größe, café.tif")
    ['tile', '03', 'grosse', 'cafe', 'tif']
    """
    if text.isascii():
        found = _ASCII.findall(text.lower())
    else:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        plain = "".join([c for c in plain if not unicodedata.combining(c)]).translate(_LETTERS)
        found = "".join([c if c.isalnum() else " " for c in plain]).split()
    if len(text) > LONGEST:
        return [word[:LONGEST] for word in found]
    return found


# Most values come again and again: labels of channels, names of systems, types.
@lru_cache(maxsize=8192)
def joined(text: str) -> str:
    """Give the words of a text with a blank between them."""
    return " ".join(words(text))


def place_words(url: str) -> str:
    """Give the words of a place: of its URL without the scheme."""
    above, slash, name = url.rpartition("/")
    last = joined(unquote(name) if "%" in name else name)
    if not slash or above.endswith(":/"):
        return last  # it follows the two slashes of the scheme
    before = _place_words(above)
    return f"{before} {last}" if before and last else before or last


# Of the folders above, which many places share.
_place_words = lru_cache(maxsize=8192)(place_words)


def search_text(place: str, values: Iterable[str | None]) -> str:
    """Put the words of a place (see `place_words`) and of values into one text."""
    parts = [place] if place else []
    seen = {place}
    for value in values:
        if value:
            text = joined(value)
            if text and text not in seen:
                seen.add(text)
                parts.append(text)
    text = " / ".join(parts)
    if len(text) > MOST:  # characters, so that a short text is not split to be counted
        listed = text.split(" ")
        if len(listed) > MOST:
            return " ".join(listed[:MOST])
    return text
