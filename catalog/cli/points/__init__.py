"""Points in and out, in blocks, so that a million points need no more memory than some thousands.

JSON, NDJSON, CSV, TSV, Parquet and npy. What comes in decides what goes out, unless the
name of the output asks for another form. Numbers are written so that reading them again
gives the same float.
"""

from catalog.cli.points.blocks import Block, Points, PointsForm, form_of_name
from catalog.cli.points.reading import read_points
from catalog.cli.points.writing import write_points

__all__ = ["Block", "Points", "PointsForm", "form_of_name", "read_points", "write_points"]
