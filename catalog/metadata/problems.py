"""What is wrong with a document, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

#: A place in a document, as the keys and indices on the way to it.
Place = tuple[str | int, ...]


def as_pointer(place: Place) -> str:
    """Return a place as a JSON pointer (RFC 6901).

    Examples
    --------
    >>> as_pointer(("ome", "multiscales", 0, "a/b"))
    '/ome/multiscales/0/a~1b'
    """
    text = "".join([f"/{step}" for step in place])
    if "~" not in text and text.count("/") == len(place):  # nothing to escape, as nearly always
        return text
    return "".join([f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place])


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect of a document.

    Attributes
    ----------
    code
        Stable kebab-case name of the rule, such as ``unknown-system``.
    pointer
        JSON pointer (RFC 6901) into the group's attributes as they stood
        (``/ome/scene/…`` for Zarr v3, ``/multiscales/…`` for Zarr v2); empty for
        the whole document.
    severity
        ``error``: the document breaks a rule of its version. ``warning``: it is
        valid, and somebody should look.
    message
        One sentence: what is wrong, and what to do when that is not obvious.
    location
        Path of the group in its hierarchy; empty for the root.
    """

    code: str
    pointer: str
    severity: Severity
    message: str
    location: str = ""
