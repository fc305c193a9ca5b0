"""From the bytes of a metadata document to a JSON object."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from catalog.errors import DocumentError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def parse_json(data: bytes, url: str) -> dict[str, Any]:
    """Return the JSON object that the bytes of a document hold.

    Byte-order marks, the literals NaN and Infinity, and raw control characters in
    strings are met in published stores and are accepted.

    Parameters
    ----------
    data
        The document as it is stored, in UTF-8 (UTF-16 and UTF-32 with a mark too).
    url
        Where it was read; for the error alone.

    Raises
    ------
    DocumentError
        The document is empty, cut off, not JSON, or not an object.
    """
    try:
        value = from_json(data)
    except ValueError as error:
        value = _parse_leniently(data, url, error)
    if not isinstance(value, dict):
        raise DocumentError(
            f"{url}: the document must be a JSON object, not {_kind(value)}.", url=url
        )
    return value


def group_attributes(zarr_json: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a Zarr v3 node (of a v2 group, `.zattrs` holds them bare).

    An absent or null `attributes` is an empty one; so is one that is not an object.
    """
    attributes = zarr_json.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def _parse_leniently(data: bytes, url: str, error: ValueError) -> object:
    """Parse what the fast parser refuses: marks, control characters, other encodings."""
    if not data.strip():
        raise DocumentError(f"{url}: the document is empty.", url=url) from error
    import json

    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as undecodable:
        # A single bad byte in a name must not hide a whole image.
        if b"\x00" in data[:4]:
            raise _not_json(url, f"it is not text ({undecodable.reason})") from undecodable
        text = data.decode("utf-8", errors="replace")
    try:
        return json.loads(text, strict=False)
    except RecursionError as too_deep:
        raise _not_json(url, "it is nested too deeply") from too_deep
    except ValueError as wrong:
        if isinstance(wrong, json.JSONDecodeError):
            if wrong.pos >= len(text.rstrip()):
                raise DocumentError(
                    f"{url}: the document is cut off after {len(data)} bytes; "
                    "copy or write it again.",
                    url=url,
                ) from wrong
            reason = f"{wrong.msg} at line {wrong.lineno}, column {wrong.colno}"
            # json reports an unterminated string where it begins.
            if wrong.msg.startswith("Unterminated string"):
                reason = f"it is cut off in the string that begins at line {wrong.lineno}"
            raise _not_json(url, reason) from wrong
        raise _not_json(url, str(wrong)) from wrong


def _not_json(url: str, reason: str) -> DocumentError:
    return DocumentError(f"{url}: the document is not JSON: {reason}.", url=url)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else "a number"
