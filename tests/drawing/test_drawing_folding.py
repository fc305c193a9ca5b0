"""What is drawn as one, and what by itself."""

from __future__ import annotations

from catalog.graph import TransformGraph
from catalog.graph.drawing import Cluster, Sketch, sketch


def headings(drawn: Sketch) -> list[tuple[str, int]]:
    return [(cluster.title, cluster.count) for cluster in drawn.root.walk()]


def labels(drawn: Sketch) -> list[str]:
    return sorted(line.label for line in drawn.lines)


def titled(drawn: Sketch, title: str) -> Cluster:
    (found,) = [cluster for cluster in drawn.root.walk() if cluster.title == title]
    return found


def test_a_few_tiles_are_drawn_one_by_one(tiles) -> None:
    drawn = sketch(tiles(3), title="scene")
    assert headings(drawn) == [
        ("scene", 1),
        ("tiles/t000", 1),
        ("tiles/t001", 1),
        ("tiles/t002", 1),
    ]
    assert labels(drawn) == ["scale · sequence"] * 3 + ["translation"] * 3


def test_many_tiles_are_one_stack_with_their_count(tiles) -> None:
    drawn = sketch(tiles(300))
    assert headings(drawn) == [("", 1), ("tiles/t000 … t299", 300)]
    assert labels(drawn) == ["scale · sequence", "translation \u00d7300"]
    levels, physical, world = sorted(drawn.nodes, key=lambda node: node.title)
    assert levels.lines == ("0 … 2", "3 levels · zyx · µm")
    assert len(levels.addresses) == 900
    assert physical.addresses[:2] == ("tiles/t000#physical", "tiles/t001#physical")
    assert (world.count, world.addresses) == (1, ("world",))


def test_nothing_is_folded_when_that_is_asked(tiles) -> None:
    drawn = sketch(tiles(20), fold=None)
    assert len(drawn.nodes) == 81
    assert len(drawn.lines) == 80
    assert all(node.count == 1 for node in drawn.nodes)


def test_a_tile_that_differs_is_drawn_apart(scene) -> None:
    scene.system("world")
    for number in range(10):
        scene.edge(scene.image(f"t{number}", 2 if number == 4 else 3), "world")
    assert headings(sketch(scene.graph)) == [("", 1), ("t0 … t9", 9), ("t4", 1)]


def test_a_tile_that_leads_elsewhere_is_drawn_apart(scene) -> None:
    scene.system("world")
    scene.system("lab")
    for number in range(10):
        scene.edge(scene.image(f"t{number}"), "lab" if number == 4 else "world")
    assert headings(sketch(scene.graph)) == [("", 1), ("t0 … t9", 9), ("t4", 1)]


def test_a_stack_of_sections_registered_to_each_other_is_one(scene) -> None:
    before = scene.image("s000")
    scene.system("volume")
    scene.edge(before, "volume", "identity")
    for number in range(1, 100):
        section = scene.image(f"s{number:03}")
        scene.edge(section, before, "affine")
        before = section
    drawn = sketch(scene.graph)
    assert headings(drawn) == [("", 1), ("s000", 1), ("s001 … s099", 99)]
    loops = [line.label for line in drawn.lines if line.source == line.target]
    assert loops == ["affine \u00d798"]
    assert "affine" in labels(drawn)


def test_the_reference_that_all_others_lead_to_is_drawn_apart(scene) -> None:
    reference = scene.image("s00")
    for number in range(1, 40):
        scene.edge(scene.image(f"s{number:02}"), reference, "displacements")
    drawn = sketch(scene.graph)
    assert headings(drawn) == [("", 1), ("s00", 1), ("s01 … s39", 39)]
    assert "displacements \u00d739" in labels(drawn)


def test_rounds_of_the_same_tiles_are_stacks_that_lead_to_each_other(scene) -> None:
    scene.system("world")
    for number in range(50):
        first = scene.image(f"round0/t{number}")
        scene.edge(first, "world")
        scene.edge(scene.image(f"round1/t{number}"), first, "affine")
    drawn = sketch(scene.graph)
    assert headings(drawn) == [("", 1), ("round0/t0 … t49", 50), ("round1/t0 … t49", 50)]
    assert "affine \u00d750" in labels(drawn)


def test_a_plate_is_one_stack_for_each_field(scene) -> None:
    for row in "ABCDEFGH":
        for column in range(1, 13):
            for field in range(2):
                scene.image(f"plate/{row}/{column}/{field}")
    assert headings(sketch(scene.graph, title="screen")) == [
        ("screen", 1),
        ("plate/A … H/1 … 12/0", 96),
        ("plate/A … H/1 … 12/1", 96),
    ]


def test_stacks_stand_in_stacks(scene) -> None:
    scene.system("ccf")
    for mouse in range(8):
        brain = f"mouse{mouse}#brain"
        scene.system(brain)
        scene.edge(brain, "ccf", "affine", group=f"mouse{mouse}")
        for tile in range(6):
            scene.edge(scene.image(f"mouse{mouse}/t{tile}"), brain, group=f"mouse{mouse}")
        labels_of = scene.image(f"mouse{mouse}/t0/labels/cells")
        scene.edge(labels_of, f"mouse{mouse}/t0#physical", "identity", origin="implied")
    drawn = sketch(scene.graph)
    assert headings(drawn) == [
        ("", 1),
        ("mouse0 … mouse7", 8),
        ("t0", 1),
        ("labels/cells", 1),
        ("t1 … t5", 5),
    ]
    assert labels(drawn).count("translation \u00d75") == 1
    assert "affine \u00d78" in labels(drawn)
    assert "identity, implied" in labels(drawn)


def test_systems_of_one_group_are_folded_too(scene) -> None:
    scene.system("world")
    for number in range(30):
        scene.system(f"tile_{number}_registered")
        scene.edge(f"tile_{number}_registered", "world", "affine")
    drawn = sketch(scene.graph)
    assert [node.lines[0] for node in drawn.nodes] == [
        "tile_0_registered … tile_29_registered",
        "world",
    ]
    assert drawn.nodes[0].lines[1] == "30 systems · zyx · µm"


def test_a_few_groups_with_names_of_their_own_are_drawn_one_by_one(scene) -> None:
    scene.system("world")
    names = ("atlas", "bright field", "dapi", "gfp", "rfp", "template")
    for name in names:
        scene.edge(scene.image(name), "world")
    assert headings(sketch(scene.graph)) == [("", 1), *((name, 1) for name in names)]


def test_many_groups_are_folded_whatever_their_names(scene) -> None:
    scene.system("world")
    names = ("alder", "ash", "beech", "birch", "elm", "fir", "hazel", "larch", "lime", "maple")
    for name in (*names, "oak", "pine", "yew"):
        scene.edge(scene.image(name), "world")
    assert headings(sketch(scene.graph)) == [("", 1), ("alder … yew", 13)]


def test_parallel_transformations_stay_apart_and_are_named(scene) -> None:
    physical = scene.image("brain")
    scene.system("ccf")
    scene.edge(physical, "ccf", "affine", name="rigid")
    scene.edge(physical, "ccf", "affine", name="elastic start")
    scene.edge(physical, "ccf", "displacements", invertibility="numeric")
    assert labels(sketch(scene.graph)) == [
        "affine 'elastic start'",
        "affine 'rigid'",
        "displacements",
        "scale · sequence",
    ]


def test_the_order_in_which_things_were_added_means_nothing(tiles) -> None:
    graph = tiles(7)
    again = TransformGraph()
    for address in reversed(list(graph.systems)):
        again.add_system(graph.systems[address])
    for edge in reversed(graph.edges):
        again.add_edge(edge)
    assert sketch(again) == sketch(graph)


def test_an_empty_graph_is_an_empty_drawing() -> None:
    drawn = sketch(TransformGraph(), title="nothing")
    assert headings(drawn) == [("nothing", 1)]
    assert not drawn.nodes
    assert not drawn.lines
