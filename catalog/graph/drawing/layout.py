"""Places for a whole sketch: each cluster by itself, from the inside out.

A line that leaves a cluster ends inside it at a point of its border, and goes on outside
from there, so that no line runs over a node that it does not belong to.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from catalog.graph.drawing.columns import SLOT, Box, Point, Wire, arrange
from catalog.graph.drawing.ranks import backwards
from catalog.graph.drawing.text import shortened, width
from catalog.graph.drawing.values import Cluster, Line, Node, Sketch

TITLE, SMALL, HEADING = 13.0, 11.0, 12.0
"""Sizes of text: names of systems, what is below them and on lines, names of groups."""

SIDE, TOP, BOTTOM = 16.0, 34.0, 16.0
"""What a cluster's frame keeps free around its contents."""

STACK = 5.0
"""How far the cards of a stack lie apart."""

LOOP = 20.0
"""What a line from a node to itself takes below the node."""

_LONGEST = 44  # characters of a name that are shown; the tooltip has all


@dataclass(frozen=True, slots=True)
class Frame:
    """A cluster in its place."""

    cluster: Cluster
    x: float
    y: float
    width: float
    height: float
    depth: int


@dataclass(frozen=True, slots=True)
class Card:
    """A node in its place."""

    node: Node
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Course:
    """A line in its place, from its source to its target.

    Attributes
    ----------
    points
        Its course; a loop has a single one, at the bottom of its node.
    label, anchor
        Where its text begins (``start``) or ends (``end``).
    """

    line: Line
    points: tuple[Point, ...]
    label: Point
    anchor: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in its place."""

    width: float
    height: float
    frames: tuple[Frame, ...]
    cards: tuple[Card, ...]
    courses: tuple[Course, ...]


@dataclass(slots=True)
class _Run:
    """A line as it is laid: from left to right, whatever way it points."""

    line: Line
    left: str
    right: str
    turned: bool
    label_left: bool = True
    slots: tuple[Hashable, Hashable] = ("", "")


@dataclass(slots=True)
class _Placed:
    """A cluster's inside, placed from (0, 0)."""

    cluster: Cluster
    box: Box
    keys: list[str]
    boxes: list[Box]
    inner: dict[str, _Placed]
    border: dict[tuple[Hashable, int], Wire] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)


def layout(sketch: Sketch) -> Layout:
    """Place a sketch."""
    return _Layouter(sketch).made()


def title_of(node: Node) -> str:
    """Give what is written as a node's name."""
    return shortened(node.title, _LONGEST)


class _Layouter:
    def __init__(self, sketch: Sketch) -> None:
        self._sketch = sketch
        self._around: dict[str, tuple[str, ...]] = {}
        self._walk(sketch.root, ())
        self._loops: dict[str, list[Line]] = {}
        between: dict[str, list[Line]] = {}
        for line in sketch.lines:
            if line.source == line.target:
                self._loops.setdefault(line.source, []).append(line)
            else:
                between.setdefault(self._meeting(line), []).append(line)
        self._runs: dict[str, list[_Run]] = {}
        for cluster in sketch.root.walk():
            self._runs[cluster.key] = self._directed(cluster, between.get(cluster.key, []))
        # Where lines meet a node, by node and side; the ends of lines that meet outside a
        # cluster: node inside, slot, side.
        self._slots: dict[tuple[str, int], set[Hashable]] = {}
        self._leaving: dict[str, list[tuple[_Run, str, Hashable, int]]] = {}
        self._choose_slots()
        self._frames: list[Frame] = []
        self._cards: list[Card] = []
        self._origins: dict[str, tuple[float, float, _Placed]] = {}

    def made(self) -> Layout:
        placed = self._placed(self._sketch.root)
        placed.box.x = placed.box.y = 0.0
        self._collect(placed, 0.0, 0.0, placed.box.width, 0)
        courses = [self._course(run) for runs in self._runs.values() for run in runs]
        cards = {card.node.key: card for card in self._cards}
        for key, lines in self._loops.items():
            card = cards[key]
            for number, line in enumerate(lines):
                at = (card.x + 14.0, card.y + card.height + LOOP * number)
                courses.append(Course(line, (at,), (at[0] + 22.0, at[1] + 14.0), "start"))
        return Layout(
            placed.box.width,
            placed.box.height,
            tuple(self._frames),
            tuple(self._cards),
            tuple(courses),
        )

    def _walk(self, cluster: Cluster, around: tuple[str, ...]) -> None:
        around = (*around, cluster.key)
        for node in cluster.nodes:
            self._around[node.key] = around
        for inner in cluster.clusters:
            self._walk(inner, around)

    def _meeting(self, line: Line) -> str:
        """Find the innermost cluster around both ends."""
        pairs = zip(self._around[line.source], self._around[line.target], strict=False)
        return [one for one, other in pairs if one == other][-1]

    def _item(self, node: str, cluster: str) -> str:
        """Find what of a cluster a node is, or is in."""
        around = self._around[node]
        depth = around.index(cluster)
        return around[depth + 1] if depth + 1 < len(around) else node

    def _directed(self, cluster: Cluster, lines: list[Line]) -> list[_Run]:
        items = [node.key for node in cluster.nodes] + [inner.key for inner in cluster.clusters]
        number = {key: at for at, key in enumerate(items)}
        arrows = [
            (
                number[self._item(line.source, cluster.key)],
                number[self._item(line.target, cluster.key)],
            )
            for line in lines
        ]
        turned = backwards(len(items), arrows)
        return [
            _Run(line, line.target, line.source, turned=True)
            if arrow in turned
            else _Run(line, line.source, line.target, turned=False)
            for line, arrow in zip(lines, arrows, strict=True)
        ]

    def _choose_slots(self) -> None:
        """Write each label at the end where fewer lines meet; others share a point there."""
        runs = [run for own in self._runs.values() for run in own]
        out: dict[str, int] = {}
        into: dict[str, int] = {}
        for run in runs:
            out[run.left] = out.get(run.left, 0) + 1
            into[run.right] = into.get(run.right, 0) + 1
        for run in runs:
            run.label_left = out[run.left] <= into[run.right]
            if run.label_left:
                run.slots = (run.line.key, ("shared", run.right))
            else:
                run.slots = (("shared", run.left), run.line.key)
        for meeting, own in self._runs.items():
            for run in own:
                for node, slot, side in (
                    (run.left, run.slots[0], 1),
                    (run.right, run.slots[1], -1),
                ):
                    self._slots.setdefault((node, side), set()).add(slot)
                    around = self._around[node]
                    for cluster in around[around.index(meeting) + 1 :]:
                        self._leaving.setdefault(cluster, []).append((run, node, slot, side))

    def _placed(self, cluster: Cluster) -> _Placed:
        inner = {child.key: self._placed(child) for child in cluster.clusters}
        keys = [node.key for node in cluster.nodes] + list(inner)
        boxes = [self._node_box(node) for node in cluster.nodes]
        boxes += [placed.box for placed in inner.values()]
        number = {key: at for at, key in enumerate(keys)}
        placed = _Placed(cluster, Box(0, 0, 0, frame=True), keys, boxes, inner)
        for run in self._runs[cluster.key]:
            tail, head = self._item(run.left, cluster.key), self._item(run.right, cluster.key)
            text = _label_width(run.line)
            placed.wires[run.line.key] = Wire(
                number[tail],
                number[head],
                run.slots[0],
                run.slots[1],
                text if run.label_left and tail == run.left else 0.0,
                text if not run.label_left and head == run.right else 0.0,
            )
        for run, node, slot, side in self._leaving.get(cluster.key, []):
            if (slot, side) in placed.border:
                continue
            item = self._item(node, cluster.key)
            boxes.append(Box(0, 4, 4, side=side))
            border, at = len(boxes) - 1, number[item]
            text = _label_width(run.line) if run.label_left == (side > 0) and item == node else 0.0
            placed.border[slot, side] = (
                Wire(at, border, slot, slot, tail_label=text)
                if side > 0
                else Wire(border, at, slot, slot, head_label=text)
            )
        wires = [*placed.wires.values(), *placed.border.values()]
        size = arrange(boxes, wires)
        heading = width(cluster.heading, HEADING, bold=True)
        stack = 2 * STACK if cluster.count > 1 else 0.0
        box = placed.box
        box.width = max(size[0] + 2 * SIDE, heading + 2 * SIDE) + stack
        box.height = box.face = size[1] + TOP + BOTTOM + stack
        for (slot, side), wire in placed.border.items():
            at = wire.head if side > 0 else wire.tail
            box.ports[slot] = boxes[at].y + boxes[at].height / 2 + TOP
        return placed

    def _node_box(self, node: Node) -> Box:
        texts = [width(title_of(node), TITLE, bold=True)]
        texts += [width(text, SMALL) for text in node.lines[1:]]
        loops = self._loops.get(node.key, [])
        texts += [width(line.label, SMALL) + 24.0 for line in loops]
        slots = max(len(self._slots.get((node.key, side), ())) for side in (-1, 1))
        stack = 2 * STACK if node.count > 1 else 0.0
        face = max(20.0 + 17.0 * len(node.lines), SLOT * slots + 10.0)
        return Box(max(texts) + 30.0 + stack, face + LOOP * len(loops) + stack, face)

    def _collect(self, placed: _Placed, x: float, y: float, wide: float, depth: int) -> None:
        """Turn places inside clusters into places on the page."""
        cluster = placed.cluster
        stack = 2 * STACK if cluster.count > 1 else 0.0
        self._frames.append(Frame(cluster, x, y, wide - stack, placed.box.height - stack, depth))
        self._origins[cluster.key] = (x + SIDE, y + TOP, placed)
        nodes = {node.key: node for node in cluster.nodes}
        for key, box in zip(placed.keys, placed.boxes, strict=False):
            at = (x + SIDE + box.x, y + TOP + box.y)
            if key in nodes:
                folded = 2 * STACK if nodes[key].count > 1 else 0.0
                self._cards.append(Card(nodes[key], *at, box.width - folded, box.face))
            else:
                self._collect(placed.inner[key], *at, box.width, depth + 1)

    def _course(self, run: _Run) -> Course:
        meeting = self._meeting(run.line)
        points: list[Point] = []
        left, right = self._around[run.left], self._around[run.right]
        for key in reversed(left[left.index(meeting) + 1 :]):
            points += self._points(key, self._origins[key][2].border[run.slots[0], 1])
        points += self._points(meeting, self._origins[meeting][2].wires[run.line.key])
        for key in right[right.index(meeting) + 1 :]:
            points += self._points(key, self._origins[key][2].border[run.slots[1], -1])
        end = points[0] if run.label_left else points[-1]
        headed = run.turned or run.line.invertibility == "explicit"
        clear = (14.0 if headed else 8.0) if run.label_left else -14.0
        label = (end[0] + clear, end[1] - 5.0)
        if run.turned:
            points.reverse()
        return Course(run.line, tuple(points), label, "start" if run.label_left else "end")

    def _points(self, cluster: str, wire: Wire) -> list[Point]:
        x, y, _ = self._origins[cluster]
        return [(px + x, py + y) for px, py in wire.points]


def _label_width(line: Line) -> float:
    return width(line.label, SMALL) + 14.0
