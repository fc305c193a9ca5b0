"""What a step of a path costs, and in which order equally cheap paths stand.

Shared by all that look for the way between two coordinate systems: the graph in memory,
the search in a database, and the crawl, which places images along the same way.

=======================================  =====
a step                                    1000
an edge the specification only implies    +500
a field to look up                        +200
an inverse, in closed form or stated       +10
an inverse to be found by iteration      +5000
=======================================  =====

So few steps are preferred over many, stated over implied, affine over fields, forward
over inverse and closed form over numeric, and none of it depends on rounding: costs are
whole numbers.
"""

from __future__ import annotations

import re
from functools import cache

STEP = 1000
IMPLIED = 500
FIELD = 200
EXACT_INVERSE = 10
NUMERIC_INVERSE = 5000

_FIELDS = ("displacements", "coordinates")
_NUMBER = re.compile(r"\d+")


@cache
def forward_cost(type_: str, invertibility: str, origin: str) -> int:
    """Give the cost of walking an edge in its declared direction."""
    field = type_ in _FIELDS or invertibility == "numeric"
    return STEP + IMPLIED * (origin == "implied") + FIELD * field


@cache
def inverse_cost(type_: str, invertibility: str, origin: str) -> int | None:
    """Give the cost of walking an edge backwards; None when there is no way back."""
    if invertibility == "no":
        return None
    backwards = NUMERIC_INVERSE if invertibility == "numeric" else EXACT_INVERSE
    return forward_cost(type_, invertibility, origin) + backwards


def order(address: str) -> str:
    """Give what addresses are sorted by: as if each stood below one root.

    So that a hierarchy on disk (relative addresses) and the same one in a catalog
    (URLs) put their systems into the same order.
    """
    location, mark, name = address.partition("#")
    if not mark:
        return f"#{address}"
    if not location or "://" in location:
        return address
    return f"/{location}#{name}"


def edge_order(group: str, pointer: str) -> str:
    """Give what edges are sorted by: where they are declared, numbers by value."""
    place = group if "://" in group or not group else f"/{group}"
    return f"{place}#{_NUMBER.sub(lambda found: found.group().zfill(6), pointer)}"
