"""`Catalog.sql`, `report`, `schema`, `stats`, and the questions of docs/reports.md."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from catalog import Catalog, DatabaseMissingError, StatementError, TimeLimitError, UsageError

CHECKOUT = Path(__file__).resolve().parents[2]
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def document() -> ModuleType:
    """The script that asks the questions of the page."""
    spec = importlib.util.spec_from_file_location(
        "document_reports", CHECKOUT / "scripts" / "document_reports.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_worked_questions_have_the_answers_shown(
    catalog: Catalog, document: ModuleType, tmp_path: Path
) -> None:
    folder = tmp_path / "scenes"
    document.write_scenes(folder)
    catalog.index(folder)
    page = document.PAGE.read_text(encoding="utf-8")
    questions = document.QUESTION.findall(page)
    assert len(questions) == 20
    answered = document.answered(page, catalog, folder)
    assert answered == page, "docs/reports.md is stale: python scripts/document_reports.py"
    # A question whose answer is empty would show nothing.
    assert all(len(text.splitlines()) > 1 for text in answered.split("```text\n")[1:])


def test_a_report_has_its_columns_and_order(catalog: Catalog, write_scene: Write) -> None:
    catalog.index(write_scene("one.zarr", "t1", "t0").parent)
    with catalog.report("image", ["name", "axes"]) as answer:
        assert answer.columns == ("name", "axes")
        assert list(answer) == [("one.zarr t0", "yx"), ("one.zarr t1", "yx")]
    answer = catalog.report("report_image", limit=1)
    assert len(list(answer)) == 1
    assert answer.cut
    for report in catalog.reports():
        whole = catalog.report(report.name)
        assert len(whole.columns) == report.columns
        whole.close()


def test_an_unknown_report_names_a_near_one(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="Did you mean image"):
        catalog.report("imag")
    with pytest.raises(UsageError, match="There are image, level"):
        catalog.report("zzz")
    with pytest.raises(UsageError, match="It has dtype"):
        catalog.report("image", ["dtyp"])


def test_sql_has_limits(catalog: Catalog) -> None:
    answer = catalog.sql("SELECT name FROM id_counter UNION ALL SELECT 'x' AS name", limit=1)
    assert len(list(answer)) <= 1
    with pytest.raises(StatementError):
        catalog.sql("DELETE FROM image")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) "
    with pytest.raises(TimeLimitError):
        list(catalog.sql(f"{endless} FROM n", timeout=0.2))


def test_sql_needs_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        Catalog(str(tmp_path / "none.db")).sql("SELECT 1")


def test_the_schema_is_described(catalog: Catalog) -> None:
    relations = {relation.name: relation for relation in catalog.relations()}
    assert relations["report_scene"].kind == "view"
    assert relations["scene"].kind == "table"
    columns = list(catalog.schema("scene", "report_scene"))
    assert (columns[0].relation, columns[0].column) == ("scene", "group_id")
    assert columns[0].type == "bigint, not null"
    assert columns[-1] == (
        "report_scene",
        "indexed_at",
        "time",
        "When its hierarchy was last written, in UTC",
    )
    assert len(list(catalog.schema())) == sum(r.columns for r in relations.values())
    assert {column.relation for column in catalog.schema("level")} == {"report_level"}
    with pytest.raises(UsageError, match="Did you mean scene_image"):
        list(catalog.schema("scene_imag"))


def test_the_definitions_make_the_same_catalog_again(
    catalog: Catalog,
    write_scene: Write,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    script = list(catalog.definitions())
    if catalog.url.startswith("sqlite"):
        import sqlite3

        made = sqlite3.connect(tmp_path / "made.db")
        made.executescript("\n".join(script))
        made.close()
        url = str(tmp_path / "made.db")
    else:
        import psycopg

        url = request.getfixturevalue("empty_postgresql_url")
        with psycopg.connect(url) as connection:
            connection.execute("\n".join(script))
    from catalog.database.engine import Database

    with Database(url) as database, database.reading() as connection:
        again = [definition.sql for definition in database.dialect.definitions(connection)]
    assert again == script
    [label] = [sql for sql in catalog.definitions("report_label") if "CREATE" in sql]
    assert label.startswith(("CREATE VIEW report_label AS", 'CREATE VIEW "report_label" AS'))


def test_stats_say_what_is_there(catalog: Catalog, write_scene: Write) -> None:
    write_scene("one.zarr", "t0", "t1")
    catalog.index(write_scene("two.zarr", "t0").parent)
    figures = {(figure.about, figure.value): figure.number for figure in catalog.stats()}
    assert figures["things", "images"] == 3
    assert figures["bytes", "declared by images"] == 3 * 64
    assert figures["OME-Zarr version of images", "0.6"] == 3
    assert figures["Zarr format of images", "3"] == 3
    assert figures["data type of images", "uint8"] == 3
    assert figures["axes of images", "yx"] == 3
    assert figures["type of transformations", "scale"] == 3
    assert figures["type of transformations", "translation"] == 3
    assert figures["way back through transformations", "closed"] == 6


def test_stats_of_nothing_are_zeros(catalog: Catalog) -> None:
    assert {figure.number for figure in catalog.stats()} == {0}
