"""Floats as text, many at once: what `repr` writes, the shortest that gives the same float."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COMMA, _BREAK = b",\n"
_FEW = 500  # for which loading the fast writer takes longer than it saves


def texts_of(points: NDArray[np.float64], separator: str = ",", missing: str = "nan") -> list[str]:
    """Return the coordinates of each point as text.

    Parameters
    ----------
    points
        (n, M).
    missing
        Stands for NaN.

    Examples
    --------
    >>> import numpy as np
    >>> texts_of(np.array([[1, 0.1], [1e-7, 1e22]]))
    ['1.0,0.1', '1e-07,1e+22']
    """
    import numpy as np

    if not points.size:
        return [""] * len(points)
    if len(points) < _FEW:
        return [_text(row, separator, missing) for row in points.tolist()]
    from pydantic_core import to_json

    # One flat list, for a million small ones keep the garbage collector busy; then every
    # M-th comma becomes a line break.
    whole = np.frombuffer(bytearray(to_json(points.ravel().tolist())), dtype=np.uint8)[1:-1]
    width = points.shape[1]
    whole[np.flatnonzero(whole == _COMMA)[width - 1 :: width]] = _BREAK
    text = whole.tobytes().decode()
    texts = (text if separator == "," else text.replace(",", separator)).split("\n")
    # Where `repr` would write an exponent (or NaN) the two differ in spelling.
    sizes = np.abs(points)
    plain = ((sizes >= 1e-4) & (sizes < 1e16)) | (sizes == 0)
    for index in np.flatnonzero(~plain.all(axis=1)).tolist():
        texts[index] = _text(points[index].tolist(), separator, missing)
    return texts


def _text(row: list[float], separator: str, missing: str) -> str:
    return separator.join([missing if isnan(value) else repr(value) for value in row])
