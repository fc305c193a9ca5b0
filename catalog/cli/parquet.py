"""Parquet through pyarrow, which comes with the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from itertools import islice
from types import NoneType, UnionType
from typing import IO, Any, get_args, get_origin

from catalog.errors import UsageError

_ROWS = 1 << 16  # in a group


def pyarrow(module: str = "pyarrow") -> Any:
    """Load pyarrow.

    Raises
    ------
    UsageError
        When it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed: "
            "python -m pip install 'ome-scene-catalog[parquet]'"
        ) from None


def write_rows(
    file: IO[bytes],
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    hints: Mapping[str, object] | None = None,
) -> None:
    """Write rows as a table.

    Parameters
    ----------
    hints
        Python types of the columns, such as those of a NamedTuple; of a column that is not
        there the type is that of the first rows that have values.
    """
    arrow, parquet = pyarrow(), pyarrow("pyarrow.parquet")
    rows = iter(rows)
    block = list(islice(rows, _ROWS))
    values: Iterable[Sequence[object]] = zip(*block, strict=True) if block else [()] * len(columns)
    fields = []
    for name, some in zip(columns, values, strict=True):
        known = _kind(arrow, (hints or {}).get(name))
        if known is not None:
            fields.append((name, known))
            continue
        kind = arrow.array(_listed(some)).type
        if arrow.types.is_list(kind) and arrow.types.is_null(kind.value_type):
            kind = arrow.list_(arrow.string())
        fields.append((name, arrow.string() if arrow.types.is_null(kind) else kind))
    schema = arrow.schema(fields)
    with parquet.ParquetWriter(file, schema) as writer:
        while block:
            arrays = [
                arrow.array(_listed(some), type=kind)
                for some, kind in zip(zip(*block, strict=True), schema.types, strict=True)
            ]
            writer.write_batch(arrow.RecordBatch.from_arrays(arrays, schema=schema))
            block = list(islice(rows, _ROWS))


def _kind(arrow: Any, hint: object) -> Any:
    """Give the type that Arrow has for a Python one, None left out; None if it has none."""
    given = [part for part in get_args(hint) if part is not NoneType]
    if isinstance(hint, UnionType):
        return _kind(arrow, given[0]) if len(given) == 1 else None
    if get_origin(hint) is tuple:
        item = _kind(arrow, given[0]) if given[1:] == [Ellipsis] else None
        return None if item is None else arrow.list_(item)
    kinds = {str: arrow.string, int: arrow.int64, float: arrow.float64, bool: arrow.bool_}
    return kinds[hint]() if isinstance(hint, type) and hint in kinds else None


def _listed(values: Sequence[object]) -> list[object]:
    return [list(value) if isinstance(value, tuple) else value for value in values]
