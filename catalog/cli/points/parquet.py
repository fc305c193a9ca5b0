"""Parquet in and out, through pyarrow (the extra `parquet`), one batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from catalog.cli.parquet import pyarrow
from catalog.cli.points.blocks import Block, Column, Points, columns_out, columns_taken
from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS = 1 << 16
"""Rows in a group of what is written."""

_BUFFER = 1 << 20  # a column is read piece by piece, however large its row group is


def read_parquet(file: IO[bytes], axes: Sequence[str] | None, size: int) -> Points:
    """Read points from columns that are named like the axes; others are carried along.

    Raises
    ------
    PointsError
        When it is not Parquet, or the columns are not there.
    """
    arrow, parquet = pyarrow(), pyarrow("pyarrow.parquet")
    try:
        source = parquet.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
    except (arrow.ArrowException, OSError) as error:
        raise PointsError(f"the points are not Parquet ({error})") from None
    schema = source.schema_arrow
    columns = tuple(schema.names)
    taken = columns_taken(columns, axes, "the file")
    for name in taken:
        kind = schema.field(name).type
        types = arrow.types
        if not (types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)):
            raise PointsError(f"the column {name} of the points holds {kind}, not numbers")

    def blocks() -> Iterator[Block]:
        # An empty file still tells the types of what would have been carried along.
        batches = (
            source.iter_batches(batch_size=max(size, ROWS))
            if source.metadata.num_rows
            else (
                schema.empty_table().to_batches()
                or [arrow.RecordBatch.from_pylist([], schema=schema)]
            )
        )
        try:
            for batch in batches:
                yield _block(arrow, batch, columns, taken)
        except (arrow.ArrowException, OSError) as error:
            raise PointsError(f"the points cannot be read from Parquet ({error})") from None

    return Points("parquet", blocks(), columns, taken)


def _block(arrow: Any, batch: Any, columns: tuple[str, ...], taken: tuple[str, ...]) -> Block:
    import numpy as np

    points = np.empty((batch.num_rows, len(taken)), dtype=np.float64)
    for i, name in enumerate(taken):
        column = batch.column(columns.index(name))
        if column.null_count:
            raise PointsError(f"a point has no {name}: the column holds {column.null_count} nulls")
        points[:, i] = column.cast(arrow.float64(), safe=False).to_numpy(zero_copy_only=False)
    beside = {name: batch.column(i) for i, name in enumerate(columns) if name not in taken}
    return Block(points, beside)


class ParquetWriter:
    """Points going out as a table of columns named like the axes."""

    def __init__(
        self, points: Points, file: IO[bytes], axes: Sequence[str] | None, ndim: int | None
    ) -> None:
        self._points = points
        self._file = file
        self._axes = axes
        self._ndim = ndim
        self._columns: tuple[Column, ...] = ()
        self._schema: Any = None
        self._writer: Any = None
        self._waiting: list[Any] = []
        self._rows = 0
        pyarrow()

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block, when a whole group of rows is there."""
        arrow = pyarrow()
        if self._schema is None:
            self._columns = columns_out(self._points, self._axes, moved.shape[1])
        arrays = []
        for i, column in enumerate(self._columns):
            if column.index is not None:
                arrays.append(arrow.array(moved[:, column.index]))
                continue
            values = block.beside[column.source]
            kind = None if self._schema is None else self._schema.field(i).type
            try:
                whole = (
                    values if isinstance(values, arrow.Array) else arrow.array(values, type=kind)
                )
            except arrow.ArrowException as error:
                raise PointsError(
                    f"the column {column.source} does not hold values of one type ({error})"
                ) from None
            arrays.append(whole)
        if self._schema is None:
            names = [column.name for column in self._columns]
            self._schema = arrow.schema(
                [(name, array.type) for name, array in zip(names, arrays, strict=True)]
            )
        self._waiting.append(arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows += len(moved)
        if self._rows >= ROWS:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the end of the file."""
        if self._schema is None:
            import numpy as np

            self.write(
                Block([], dict.fromkeys(self._points.columns or (), ())),
                np.empty((0, self._ndim or 0)),
            )
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        arrow, parquet = pyarrow(), pyarrow("pyarrow.parquet")
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, self._schema)
        if self._waiting:
            table = arrow.Table.from_batches(self._waiting, self._schema).combine_chunks()
            self._writer.write_table(table, row_group_size=max(self._rows, 1))
        self._waiting, self._rows = [], 0
