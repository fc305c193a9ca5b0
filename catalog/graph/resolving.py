"""From what a person types to the address of one system."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from catalog.errors import AmbiguousAddressError, UnknownAddressError

_NEAR = 5
_COMPARED = 5_000  # comparing spellings costs some microseconds each


def resolve(addresses: Collection[str], text: str) -> str:
    """Find the one address that `text` means; see `TransformGraph.resolve`."""
    for spelling in _spellings(text):
        if spelling in addresses:
            return spelling
    location, mark, name = text.partition("#")
    location = _tidy(location)
    if mark and location:
        tail = f"/{location}#{name}"
        return _only([a for a in addresses if a.endswith(tail)], addresses, text)
    if not mark:
        # A bare word: a name (code point by code point), else the path of an array.
        named = [a for a in addresses if text and _name(a) == text]
        if not named and location:
            tail = f"/{location}#"
            named = [a for a in addresses if a == f"{location}#" or a.endswith(tail)]
        return _only(named, addresses, text)
    # ``#name``: the root's own, wherever the root is.
    return _only([a for a in addresses if "/" not in a and _name(a) == name], addresses, text)


def _spellings(text: str) -> list[str]:
    location, mark, name = text.partition("#")
    if not mark:
        return [text]
    tidy = _tidy(location)
    spellings = [text, f"{tidy}#{name}"]
    if not tidy and "#" not in name:
        spellings.append(name)
    return spellings


def _tidy(location: str) -> str:
    """Leave out what means nothing in a location: ``./`` and slashes at its ends."""
    if "://" in location:
        return location.rstrip("/")
    return "/".join(part for part in location.split("/") if part not in ("", "."))


def _name(address: str) -> str:
    location, mark, name = address.partition("#")
    return name if mark else location


def _only(found: list[str], addresses: Collection[str], text: str) -> str:
    if len(found) == 1:
        return found[0]
    if found:
        candidates = sorted(found)
        shown = ", ".join(candidates[:10]) + (", …" if len(candidates) > 10 else "")
        raise AmbiguousAddressError(
            f"{text!r} could be any of {len(candidates)} coordinate systems: {shown}. "
            "Give more of the address.",
            text,
            candidates,
        )
    near = _near(addresses, text)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UnknownAddressError(f"There is no coordinate system {text!r}.{hint}", text, near)


def _near(addresses: Collection[str], text: str) -> list[str]:
    wanted = text.casefold()
    name = _name(text).casefold()
    spelled: dict[str, list[str]] = {}
    for address in addresses:
        lowered = address.casefold()
        if len(spelled) < _COMPARED or (name and name in lowered):
            spelled.setdefault(lowered, []).append(address)
            if _name(lowered):
                spelled.setdefault(_name(lowered), []).append(address)
    found = [a for a in spelled if name and name in a][:_NEAR] if len(name) > 2 else []
    found += difflib.get_close_matches(wanted, spelled, n=_NEAR, cutoff=0.6)
    near = dict.fromkeys(address for key in found for address in sorted(spelled[key]))
    return list(near)[:_NEAR]
