"""What of a path is percent-encoded in a URL: only what would change its meaning there."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

_UNSAFE = re.compile("[%#?\x00-\x1f\x7f\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    data = match.group().encode("utf-8", "surrogateescape")
    return "".join(f"%{byte:02X}" for byte in data)


def encode(path: str) -> str:
    """Encode a path, as the operating system or a document spells it, for use in a URL."""
    return _UNSAFE.sub(_escape, path) if _UNSAFE.search(path) else path


def decode(path: str) -> str:
    """Decode the path of a URL; bytes that are not UTF-8 become surrogates, as `os` has them."""
    if "%" not in path:
        return path
    return unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode(
        "utf-8", "surrogateescape"
    )
