"""The versions of OME-Zarr that differ in their rules."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Final


class Version(IntEnum):
    """The versions that differ in their rules, in order; OTHER is none that we know.

    V09 stands for the drafts of the next version (0.9.dev1, 0.9.dev2): 0.6 without rules
    for the number, the types and the order of axes, and with their orientation.
    """

    OTHER = 0
    V04 = 40
    V05 = 50
    V06_DEV1 = 61
    V06_DEV2 = 62
    V06_DEV3 = 63
    V06_DEV4 = 64
    V06 = 69
    V09 = 90


_NAMED: Final = {
    "0.4": Version.V04,
    "0.5": Version.V05,
    "0.5-dev": Version.V05,
    "0.6dev1": Version.V06_DEV1,
    "0.6dev2": Version.V06_DEV2,
    "0.6dev3": Version.V06_DEV3,
    "0.6dev4": Version.V06_DEV4,
    "0.6rc0": Version.V06,
    "0.6": Version.V06,
    "0.9dev1": Version.V09,
    "0.9dev2": Version.V09,
}


@lru_cache(maxsize=256)
def known_version(text: str) -> Version:
    """Say which version a document claims.

    Examples
    --------
    >>> known_version("0.6dev2").name
    'V06_DEV2'
    >>> known_version("0.6rc0").name
    'V06'
    >>> known_version("0.9.dev2").name
    'V09'
    """
    plain = text.replace("0.6.dev", "0.6dev").replace("0.9.dev", "0.9dev")
    plain = plain.removesuffix("-spatialdata").replace("0.4-dev", "0.4")
    return _NAMED.get(plain, Version.OTHER)
