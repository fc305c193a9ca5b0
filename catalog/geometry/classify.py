"""What a crawl records of an edge: its affine map, and how there is a way back.

Called once for each edge of a collection, so that the usual ones (scale, translation,
both in a sequence) are judged without building anything, and without numpy.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from catalog.errors import TransformationError
from catalog.geometry import rows as plain
from catalog.geometry.mapping import ParameterReader, mapping
from catalog.geometry.rows import Row, Rows, diagonal
from catalog.geometry.steps import Invertibility, Mapping
from catalog.metadata.transformations import (
    Affine,
    AnyTransform,
    Rotation,
    Scale,
    Translation,
)
from catalog.metadata.usual import usual

__all__ = [
    "Judgement",
    "affine_rows",
    "diagonal",
    "edge_mapping",
    "inverse_affine_rows",
    "invertibility",
    "judge",
]


class Judgement(NamedTuple):
    """What is known of a transformation without moving a point.

    Attributes
    ----------
    affine
        M rows of N+1 numbers where it is an affine map; else None.
    inverse_affine
        The way back where inverting `affine` would not give it: stated apart
        (bijection), or dropping what was created (projectAxis).
    """

    affine: Rows | None
    inverse_affine: Rows | None
    invertibility: Invertibility


def judge(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
) -> Judgement:
    """Judge a transformation; a bad one is no error here.

    A transformation that breaks a rule has no affine map and no way back. One whose
    parameters are stored and not at hand is judged by its kind and its ends alone.

    Raises
    ------
    StoreError, DocumentError
        What `parameters` raises when an array cannot be read.
    """
    quick = _quick(transformation, ndim_in, ndim_out)
    if quick is not None:
        return Judgement(quick, None, "closed")
    try:
        built = mapping(transformation, ndim_in, ndim_out, parameters)
        rows_there, kind = built.rows, built.invertibility
        if rows_there is not None and not plain.is_finite(rows_there):
            rows_there = None
        back: Rows | None = None
        uneven = rows_there is not None and len(rows_there[0]) != len(rows_there) + 1
        if kind == "explicit" or (kind == "closed" and uneven):
            back = built.inverse().rows
            if back is not None and not plain.is_finite(back):
                back = None
    except TransformationError:
        return Judgement(None, None, _by_kind(transformation, ndim_in, ndim_out))
    return Judgement(rows_there, back, kind)


def invertibility(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
) -> Invertibility:
    """Tell how there is a way back: ``closed``, ``explicit``, ``numeric`` or ``no``."""
    return judge(transformation, ndim_in, ndim_out, parameters).invertibility


def affine_rows(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
) -> Rows | None:
    """Give the affine map, M rows of N+1 numbers; None where it is not one, or unknown."""
    return judge(transformation, ndim_in, ndim_out, parameters).affine


def inverse_affine_rows(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
) -> Rows | None:
    """Give the way back where inverting the affine map would not give it; else None."""
    return judge(transformation, ndim_in, ndim_out, parameters).inverse_affine


def edge_mapping(
    transformation: AnyTransform,
    ndim_in: int | None,
    ndim_out: int | None,
    parameters: ParameterReader | None = None,
    *,
    place: str = "",
) -> Mapping:
    """Make the mapping of an edge from what a catalog would keep of it.

    So that a hierarchy on disk and the same one in a catalog answer with the same bits.
    """
    reader = None if parameters is None else cache(parameters)
    judged = judge(transformation, ndim_in, ndim_out, reader)
    if judged.affine is None:
        return mapping(transformation, ndim_in, ndim_out, reader, place=place)
    if judged.inverse_affine is None and not _plainly_inverted(judged):
        return mapping(transformation, ndim_in, ndim_out, reader, place=place)
    return Mapping.from_rows(judged.affine, judged.inverse_affine, place=place)


def _plainly_inverted(judged: Judgement) -> bool:
    """Tell whether inverting the affine map gives the way back."""
    rows = judged.affine
    return judged.invertibility == "closed" and rows is not None and len(rows[0]) == len(rows) + 1


def _quick(t: AnyTransform, ndim_in: int | None, ndim_out: int | None) -> Rows | None:
    """Give the map of an identity, or of a usual transformation.

    None for everything else, and for whatever is out of the ordinary.
    """
    numbers = (None, None) if t.type == "identity" else usual(t)
    if numbers is None or ndim_in is None or ndim_in != ndim_out:
        return None
    factors: Row = (1.0,) * ndim_in if numbers[0] is None else numbers[0]
    offsets: Row = (0.0,) * ndim_in if numbers[1] is None else numbers[1]
    if len(factors) != ndim_in or len(offsets) != ndim_in:
        return None
    # Beyond these sizes (and for NaN) an inverse may overflow: the long way decides.
    for factor in factors:
        if not 1e-150 < abs(factor) < 1e150:
            return None
    for offset in offsets:
        if not abs(offset) < 1e150:
            return None
    return plain.diagonal_rows(factors, offsets)


def _by_kind(t: AnyTransform, ndim_in: int | None, ndim_out: int | None) -> Invertibility:
    """Judge what cannot be built: a square map with stored parameters may have an inverse."""
    stored = isinstance(t, Affine | Rotation | Scale | Translation) and t.path is not None
    same = ndim_in is None or ndim_out is None or ndim_in == ndim_out
    return "closed" if stored and same else "no"
