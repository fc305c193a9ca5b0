"""What belongs nowhere: as plain Python finds it in what was written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import Catalog, UsageError
from catalog.crawl.records import HierarchyRecord, ProblemRecord, SceneMemberRecord
from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.metadata.rules.registry import RULES
from catalog.query.orphans import KINDS, REFERENCES

quick = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CODES = (*REFERENCES[:5], "axis-unit", "empty-scene")
PROBLEMS = st.lists(
    st.tuples(
        st.sampled_from(["", "i0"]), st.sampled_from(["", "/a", "/b"]), st.sampled_from(CODES)
    )
)
Row = tuple[str, str, str]


def changed(
    record: HierarchyRecord,
    members: list[bool | None],
    labels: set[int],
    problems: list[tuple[str, str, str]],
) -> HierarchyRecord:
    """Say of each image whether the scene refers to it, or has it, and whether it is a label."""
    return dataclasses.replace(
        record,
        images=tuple(
            image._replace(label_of="") if number in labels else image
            for number, image in enumerate(record.images)
        ),
        members=tuple(
            SceneMemberRecord("", f"i{number}", referenced)
            for number, referenced in enumerate(members)
            if referenced is not None
        ),
        problems=tuple(
            ProblemRecord(group, pointer, code, "error", f"{code} here")
            for group, pointer, code in problems
        ),
    )


def expected(record: HierarchyRecord) -> dict[str, list[Row]]:
    """Find the orphans of a record without a database."""
    url = record.url
    referenced = {member.image: member.referenced for member in record.members}
    images = [
        (
            "image",
            f"{url}/{image.group}",
            "unreferenced" if image.group in referenced else "no-scene",
        )
        for image in record.images
        if image.label_of is None and not referenced.get(image.group)
    ]
    joined = {end for edge in record.transformations for end in (edge.input, edge.output)}
    systems = [
        ("system", "/".join(part for part in (url, system.group) if part) + f"#{system.name}",
         "unconnected")
        for number, system in enumerate(record.systems)
        if system.kind == "declared" and number not in joined
    ]  # fmt: skip
    references = [
        ("reference", "/".join(part for part in (url, one.location) if part) + f"#{one.pointer}",
         one.code)
        for one in record.problems
        if one.code in REFERENCES
    ]  # fmt: skip
    return {"images": images, "systems": systems, "references": references}


@quick
@given(data=st.data())
def test_orphans_are_those_of_the_records(
    database_url: str, worlds: Callable[..., Any], data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, 3))
    records = []
    for i in range(number):
        world = data.draw(worlds())
        flags = st.lists(
            st.sampled_from([True, False, None]), min_size=world.images, max_size=world.images
        )
        labels = data.draw(st.sets(st.integers(0, max(0, world.images - 1))))
        problems = data.draw(PROBLEMS) if world.images else []
        record = world.record(f"file:///orphans/{i}.zarr")
        records.append(changed(record, data.draw(flags), labels, problems))
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///orphans")
        writer.mark_removed("file:///orphans", (), prune_limit=1.0)
        assert [done.failure for done in writer.write(records, crawl)] == [None] * number
    found = [expected(record) for record in records]
    with Catalog(database_url) as catalog:
        rows = list(catalog.orphans())
        for kind in KINDS:
            alone = [(r.what, r.place, r.why) for r in catalog.orphans(kind)]
            assert sorted(alone) == sorted(row for one in found for row in one[kind])
        both = [row for kind in KINDS for row in catalog.orphans(kind)]
        assert rows == both
        assert list(catalog.orphans(limit=2)) == rows[:2]
        below = [(r.what, r.place, r.why) for r in catalog.orphans(under="file:///orphans/0.zarr")]
        assert sorted(below) == sorted(row for kind in KINDS for row in found[0][kind])
        places = [row.place.partition("#")[0] for row in rows if row.what == "reference"]
        assert places == sorted(places)


def test_ids_are_those_of_the_things(
    catalog: Catalog, database_url: str, world: Callable[..., Any]
) -> None:
    record = changed(
        world(1, 1, ()).record("file:///d/one.zarr"), [None], set(), [("i0", "/x", CODES[0])]
    )
    with Database(database_url) as database:
        writer = Writer(database)
        writer.write([record], writer.begin_crawl("file:///d"))
    image, *systems, reference = catalog.orphans()
    (known,) = catalog.search()
    assert (image.id, image.name, image.place) == (known.id, known.name, known.url)
    assert [catalog.system(f"system:{row.id}").address for row in systems] == [
        row.place for row in systems
    ]
    (problem,) = catalog.problems()
    assert (reference.id, reference.message) == (problem.id, problem.message)
    assert reference.place == "file:///d/one.zarr/i0#/x"


def test_removed_hierarchies_have_no_orphans(
    catalog: Catalog, database_url: str, world: Callable[..., Any]
) -> None:
    record = changed(
        world(1, 1, ()).record("file:///d/one.zarr"), [None], set(), [("", "", CODES[0])]
    )
    with Database(database_url) as database:
        writer = Writer(database)
        writer.write([record], writer.begin_crawl("file:///d"))
        assert len(list(catalog.orphans())) == 4
        writer.mark_removed("file:///d", (), prune_limit=1.0)
    assert list(catalog.orphans()) == []


def test_a_kind_that_there_is_not_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="images, systems, references"):
        list(catalog.orphans("plates"))  # type: ignore[arg-type]


def test_every_code_is_a_rule_of_its_own() -> None:
    assert len(set(REFERENCES)) == len(REFERENCES)
    assert set(REFERENCES) <= RULES.keys()
