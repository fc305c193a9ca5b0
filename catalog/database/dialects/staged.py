"""Rows of a parcel beside a connection: where they are, and what is asked of them."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Staged(NamedTuple):
    """Where the tables of a parcel are: a connection, and the name of a schema in it."""

    connection: sqlite3.Connection
    schema: str


class Statement(NamedTuple):
    """A statement of SQLite, and its parameters by name."""

    text: str
    values: dict[str, int]
