"""Texts that every database takes: a document may hold what PostgreSQL refuses.

What is not Unicode text proper (NUL, half of a surrogate pair) is kept as the escape that
JSON has for it. What stands in an index is shortened where it is absurdly long.
"""

from __future__ import annotations

import re
from hashlib import blake2b

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_LONGEST = 1000
"""Bytes of UTF-8; an index row of PostgreSQL holds 2,704 in all."""

SHORT = _LONGEST // 4
"""Characters of a text that is not too long, whichever they are."""


def is_storable(text: str) -> bool:
    """Say whether a text, or many joined, can be stored as it is."""
    return "\0" not in text if text.isascii() else _REFUSED.search(text) is None


def storable(text: str) -> str:
    r"""Escape what cannot be stored.

    Examples
    --------
    >>> storable("a\x00b")
    'a\\u0000b'
    """
    if text.isascii():
        return text if "\0" not in text else text.replace("\0", "\\u0000")
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def indexable(text: str) -> str:
    """Escape what cannot be stored, and shorten what is too long for an index.

    The end of a shortened text is a digest of the whole, so that two of them differ.
    """
    text = storable(text)
    if len(text) <= SHORT:
        return text
    data = text.encode()
    if len(data) <= _LONGEST:
        return text
    digest = blake2b(data, digest_size=8).hexdigest()
    return f"{data[: _LONGEST - 20].decode('utf-8', 'ignore')}…{digest}"
