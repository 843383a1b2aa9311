"""Pictures measured without a browser: no label is wider than its wire's box, nothing meets, nothing leaves the canvas.

The letters that stand in the SVG are measured in DejaVu Sans, and formulas in DejaVu Serif and in STIX, which is as
wide as Times and Liberation Serif; Matplotlib brings them along. What those lack is as wide as the package thinks.
"""

import math
import operator
import re
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib
import pytest
from drawn import DRAWN, assert_tight
from fontTools.ttLib import TTFont
from usual import BEFORE, DENSE, UNSEEN, drawn

import tinygrad_kr as tg
from tinygrad_kr import Value
from tinygrad_kr.drawing.boxes import Plan
from tinygrad_kr.drawing.labels import Label
from tinygrad_kr.drawing.layout import Box, Layout
from tinygrad_kr.drawing.ordering import untangled
from tinygrad_kr.drawing.picture import Part, Picture, Wire
from tinygrad_kr.drawing.strokes import arrows
from tinygrad_kr.drawing.tangles import tangles
from tinygrad_kr.shell.demo import figures
from tinygrad_kr.text.lettering import width

SVG = "{http://www.w3.org/2000/svg}"
PICTURES = DRAWN | {name: figure.draw for name, figure in figures().items()}
every_picture = pytest.mark.parametrize("name", PICTURES)


class Extent(NamedTuple):
    """A rectangle on the paper, and what it is of."""

    left: float
    top: float
    right: float
    bottom: float
    owner: str
    text: str = ""

    def shares_area_with(self, other):
        return (
            min(self.right, other.right) - max(self.left, other.left) > 0.5
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 0.5
        )

    def is_inside(self, box):
        return box.left <= self.left and self.right <= box.right and box.top <= self.top and self.bottom <= box.bottom


SERIF = {
    "DejaVu": {"symbol": "DejaVuSerif-Italic", "upright": "DejaVuSerif", "bold": "DejaVuSerif-Bold"},
    "STIX": {"symbol": "STIXGeneralItalic", "upright": "STIXGeneral", "bold": "STIXGeneralBol"},
}


@cache
def advances(style, face):
    """The widths of a font's characters, in em."""
    file = SERIF[face].get(style, "DejaVuSans")
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{file}.ttf")
    em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
    return {chr(code): metrics[glyph][0] / em for code, glyph in font.getBestCmap().items()}


def measured(text, size, style, face="DejaVu"):
    known = advances(style, face)
    return sum(known[sign] * size if sign in known and width(sign) else width(sign, size) for sign in text)


@cache
def drawings(name):
    """The drawings of a picture: one, or those of the panels."""
    picture = PICTURES[name]()
    return getattr(picture, "drawings", (picture,))


def letters(drawing, face="DejaVu"):
    """Where the letters of a drawing come out, by the id of the element that they belong to."""
    root = ElementTree.fromstring(drawing.svg())
    for owner in root.iter():
        if owner.get("id") and owner.tag in (f"{SVG}text", f"{SVG}g"):
            for text in [owner] if owner.tag == f"{SVG}text" else owner.findall(f"{SVG}text"):
                pieces = [(piece.text or "", float(piece.get("font-size")), piece.get("class")) for piece in text]
                pieces = pieces or [(text.text or "", 14.0, "name")]
                across, high = sum(measured(*piece, face) for piece in pieces), max(size for _, size, _ in pieces) * 0.7
                across += sum(float(piece.get("dx", 0)) for piece in text)
                x, y = float(text.get("x")), float(text.get("y"))
                kinds = {owner.get("class"), text.get("class")}
                left = x - across * (0.0 if kinds & {"start", "shapes"} else 1.0 if "end" in kinds else 0.5)
                yield Extent(left, y - high, left + across, y + 1, owner.get("id"), "".join(text.itertext()))


@every_picture
def test_no_label_leaves_the_box_of_its_wire_or_its_operator(name):
    for drawing in drawings(name):
        for text in letters(drawing):
            id, _, kind = text.owner.rpartition("-")  # wire-2-0-value, op-3-text
            if id.startswith(("wire-", "op-", "block-")):
                assert kind in ("badge", "derivative", "text", "value")
                assert text.is_inside(drawing.layout.boxes[id]), text


@every_picture
def test_no_label_meets_another_or_an_operator_and_none_leaves_the_canvas(name):
    for drawing in drawings(name):
        layout = drawing.layout
        parts = [part.id for kind in ("operator", "block", "cloud") for part in drawing.picture.of_kind(kind)]
        found = [
            Extent(box.left, box.top, box.right, box.bottom, id) for id, box in layout.boxes.items() if id in parts
        ]
        found = sorted([*found, *letters(drawing)])
        for place, first in enumerate(found):
            assert first.left >= 0 <= first.top
            assert first.right <= layout.width
            assert first.bottom <= layout.height
            for second in found[place + 1 :]:
                if second.left >= first.right:
                    break
                if first.owner.removesuffix("-text") != second.owner.removesuffix("-text"):
                    assert not first.shares_area_with(second), (first, second)


@every_picture
def test_no_boxes_meet(name):
    for drawing in drawings(name):
        boxes = [
            Extent(box.left, box.top, box.right, box.bottom, id)
            for id, box in drawing.layout.boxes.items()
            if not id.startswith("group-")
        ]
        boxes.sort()
        for place, first in enumerate(boxes):
            for second in boxes[place + 1 :]:
                if second.left >= first.right:
                    break
                assert not first.shares_area_with(second), (first, second)


# ── Wires that can be followed ────────────────────────────────────────────────────────────────────────


def by_hand(routes, operator=None):
    """Wires along given lines between leaves and outputs, and an operator that none of them belongs to."""
    picture, boxes = Picture(), {}
    for k, route in enumerate(routes):
        for id, (x, y) in ((f"leaf-{k}", route[0]), (f"out-{k}", route[-1])):
            picture.parts[id] = Part(id, "leaf" if id.startswith("leaf") else "output")
            boxes[id] = Box(x, y, 2, 2)
        picture.connect(Wire(f"wire-{k}", f"leaf-{k}", f"out-{k}", Label(), Label()))
        boxes[f"wire-{k}"] = Box(-100, -100, 44, 50)
    if operator is not None:
        picture.parts["op-9"] = Part("op-9", "operator")
        boxes["op-9"] = Box(*operator, 46, 46)
    return picture, Layout(boxes, {f"wire-{k}": route for k, route in enumerate(routes)}, 500, 500)


@pytest.mark.parametrize(
    ("routes", "operator", "counted"),
    [
        ([[(0, 0), (200, 0)], [(0, 40), (200, 40)]], None, (0, 0, 0)),
        ([[(0, 0), (200, 40)], [(0, 40), (200, 0)]], None, (1, 0, 0)),
        ([[(0, 0), (50, 0), (100, 60), (150, 0), (200, 0)], [(0, 30), (200, 30)]], None, (2, 0, 0)),
        ([[(0, 0), (200, 0)], [(0, 60), (50, 60), (60, 6), (150, 6), (160, 60), (200, 60)]], None, (0, 0, 1)),
        ([[(0, 0), (200, 0)], [(0, 60), (50, 60), (60, 20), (150, 20), (160, 60), (200, 60)]], None, (0, 0, 0)),
        ([[(0, 0), (200, 0)]], (100, 10), (0, 1, 0)),
        ([[(0, 0), (200, 0)]], (100, 29), (0, 1, 0)),  # its backward arrow grazes the circle
        ([[(0, 0), (200, 0)]], (100, 40), (0, 0, 0)),
        ([[(0, 0), (200, 0)]], (100, -29), (0, 1, 0)),  # its forward arrow does
    ],
)  # fmt: skip
def test_crossings_wires_through_operators_and_merged_wires_are_counted(routes, operator, counted):
    assert tangles(*by_hand(routes, operator)) == counted
    turned = [[(x, -y) for x, y in route] for route in reversed(routes)]
    turned_operator = None if operator is None else (operator[0], -operator[1])
    assert tangles(*by_hand(turned, turned_operator)) == counted


def test_a_tall_operator_is_as_tall_as_the_column_of_its_operands():
    drawing = drawn("x_k k")
    (tall,) = [part for part in drawing.picture.of_kind("operator") if part.inputs == 12]
    routes = [drawing.layout.routes[wire.id] for wire in drawing.picture.wires if wire.target == tall.id]
    assert all(len(route) == 2 and route[0][1] == route[1][1] for route in routes)


def test_the_name_of_a_frame_stands_where_no_wire_runs():
    inner = tg.block("inner")(lambda z: tg.exp(z / 10))
    y = tg.block("outer")(lambda x, y: inner(x * y) + x)(Value(2, "x"), Value(3, "y"))
    picture = y.draw()
    boxes = picture.layout.boxes
    title = boxes[next(group.id for group in picture.picture.groups if group.text == "inner") + "-title"]
    for route in picture.layout.routes.values():
        for (x0, y0), (x1, y1) in pairwise(route):
            apart = max(x0, x1) < title.left or min(x0, x1) > title.right
            assert apart or max(y0, y1) < title.top or min(y0, y1) > title.bottom
    svg = picture.svg()
    assert svg.index('class="wire"') < svg.index(">inner</text>")  # where one has to, the name is over it


def test_the_branches_of_a_fork_fan_out():
    x = Value(1.01, "x")
    picture = tg.prod([x] * 20).draw()
    assert tangles(picture.picture, picture.layout) == (0, 0, 0)  # with 200, thirteen crossings became minutes


FEW = ("neuron", "MLP 2-3-1", "figure 5-29", "attention 3", "Rosenbrock", "Newton", "Fibonacci", "RNN", "Horner")


@pytest.mark.parametrize(
    "names", [FEW, pytest.param([*BEFORE.keys() - {"MLP 3-8-3"}], marks=pytest.mark.slow)], ids=["few", "all"]
)
def test_graphs_that_people_draw_are_untangled(names):
    found = {name: tangles((picture := drawn(name)).picture, picture.layout) for name in names}
    before = sum(BEFORE[name][0] for name in names)
    assert sum(count.crossings for count in found.values()) <= 0.45 * before, found
    assert all(count.crossings <= 20 for count in found.values()), found
    assert not any(count.through + count.merged for count in found.values()), found


@pytest.mark.parametrize("name", UNSEEN)
def test_graphs_that_the_layout_was_not_chosen_on_are_untangled(name):
    crossings, through, merged = tangles((picture := drawn(name)).picture, picture.layout)
    assert (through, merged) == (0, 0)
    assert crossings <= 20


@pytest.mark.parametrize("name", ["MLP 3-2-2", "micrograd README", "softmax 5", *UNSEEN])
def test_heads_of_arrows_that_meet_at_a_circle_stand_apart(name):
    picture, layout = drawn(name).picture, drawn(name).layout
    tips = [
        (wire.target, arrow.head[1])
        for wire in picture.wires
        if picture.parts[wire.target].kind == "operator"
        for arrow in arrows(wire, picture, layout)
        if arrow.kind.startswith("forward")
    ]
    near = [(target, math.dist(a, b)) for (target, a), (other, b) in combinations(tips, 2) if target == other]
    assert min(distance for _, distance in near) > 9, min(near, key=lambda pair: pair[1])


@pytest.mark.parametrize("name", DENSE)
def test_dense_graphs_are_as_untangled_as_they_can_be_soon(name):
    crossings, through, merged = tangles((picture := drawn(name)).picture, picture.layout)
    assert (through, merged) == (0, 0)
    assert crossings <= DENSE[name][1]


@pytest.mark.parametrize(("combine", "from_the_top"), [(operator.sub, "xy"), (operator.add, "yx")])
def test_an_order_without_crossings_keeps_operands_where_their_order_matters(combine, from_the_top):
    picture = combine(Value(1, "x"), Value(2, "y")).draw().picture
    across = {"leaf-0": 0, "leaf-1": 0, "wire-2-0": 50, "wire-2-1": 50, "op-2": 100, "wire-2-out": 150, "out-2": 200}
    boxes = {id: Box(x, -10 if id in ("leaf-1", "wire-2-1") else 10, 20, 8) for id, x in across.items()}
    columns = untangled(picture, boxes, Plan(pinned=False, ordered=False, straight=True))
    assert [len(column) for column in columns] == [2, 2, 1, 1, 1]
    assert "".join(picture.parts[id].title for id in columns[0]) == from_the_top


def test_strands_that_cross_are_put_into_an_order_in_which_they_do_not():
    picture, boxes = by_hand([[(0, 10 * k), (200, -10 * k)] for k in range(5)])
    for k in range(5):
        boxes.boxes[f"wire-{k}"] = Box(100, -10 * k, 20, 8)
    columns = untangled(picture, boxes.boxes, Plan(pinned=False, ordered=False, straight=True))
    assert len({tuple(id.split("-")[1] for id in column) for column in columns}) == 1


@pytest.mark.parametrize("face", SERIF)
@every_picture
def test_in_a_formula_nothing_overlaps_and_there_are_no_gaps(name, face):
    for drawing in drawings(name):
        runs = {}
        for text in letters(drawing, face):
            runs.setdefault(text.owner, []).append(text)
        for owner in ElementTree.fromstring(drawing.svg()).iter():
            for line in owner.findall(f"{SVG}path[@class='rule']"):
                across = [float(point.split(",")[0]) for point in re.split("[ML ]+", line.get("d"))[1:]]
                runs[owner.get("id")].append(Extent(min(across), 0, max(across), 0, "line"))
        for owner, parts in runs.items():
            assert_tight([(*part[:4], part.text) for part in parts], owner)
