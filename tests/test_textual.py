"""Pictures in characters: exact ones, and a reader that follows every line back to the graph.

The reader knows nothing of the writer's plan. It starts at the output's name, follows the lines cell by
cell, and takes the labels that stand over and under them; what it reads must be the picture, with every
operand in its place. A second reader does the same for listings.
"""

import re
import time
from collections import Counter
from unicodedata import bidirectional, category

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygrad_kr as tk
from tinygrad_kr import Value
from tinygrad_kr.drawing import textual
from tinygrad_kr.drawing.labels import Label
from tinygrad_kr.drawing.picture import Part, Picture, Wire
from tinygrad_kr.engine.blocks import block
from tinygrad_kr.shell.demo import figures
from tinygrad_kr.text.lettering import columns
from tinygrad_kr.text.signs import manner, plain

# ── Exact pictures ────────────────────────────────────────────────────────────────────────────────────


def apple():
    price = Value(100, "사과") * Value(2, "사과의 개수") * Value(1.1, "소비세")
    price.name = "지불 금액"
    return price


def apples_and_oranges():
    apples, oranges = Value(2, "사과의 개수") * Value(100, "사과"), Value(150, "귤") * Value(3, "귤의 개수")
    price = (apples + oranges) * Value(1.1, "소비세")
    price.name = "지불 금액"
    return price


def square():
    x = Value(3, "x")
    return x * x


def squared_sum():
    h = Value(2, "x") + Value(3, "y")
    return h * h


def used_three_times():
    x = Value(2, "x")
    return (x * Value(3, "y") + tk.relu(x)) * x


def blocks():
    @block("가르기")
    def split(x):
        return x * 2, x * 3, x + 1

    @block("sigmoid")
    def sigmoid(x):
        return 1 / (1 + tk.exp(-x))

    a, b, c = split(Value(2, "x"))
    return sigmoid(a - b) * c


def five_outputs():
    return tk.sum(block("가르기")(lambda x: [x * 2, x * 3, x + 1, x * 5, x * 7])(Value(2, "x")))


def sigmoid():
    y = 1 / (1 + tk.exp(-1 * Value(0.5, "x")))
    y.name = "y"
    return y


APPLE = """
              100       200       220
       사과 ◀─────▶(×)◀─────▶(×)◀─────▶ 지불 금액
              2.2   ▲   1.1   ▲    1
                    │         │
               2    │         │
사과의 개수 ◀───────┘         │
              110             │
                              │
                        1.1   │
     소비세 ◀─────────────────┘
                        200
"""

ORANGES = """
               2        200
사과의 개수 ◀─────▶(×)◀───────┐
              110   ▲   1.1   │
                    │         │
              100   │         │
       사과 ◀───────┘         │
              2.2             │
                              │
              150       450   ▼   650       715
         귤 ◀─────▶(×)◀─────▶(+)◀─────▶(×)◀─────▶ 지불 금액
              3.3   ▲   1.1       1.1   ▲    1
                    │                   │
               3    │                   │
  귤의 개수 ◀───────┘                   │
              165                       │
                                        │
                                  1.1   │
     소비세 ◀───────────────────────────┘
                                  650
"""

SQUARE = """
    3     3       9
x ◀───▶●◀───▶(×)◀───▶
    6  │  3   ▲   1
       │      │
       │  3   │
       └◀─────┘
          3
"""

SQUARE_PENDING = """
    3     3       9
x ◀···▶●◀···▶(×)◀···▶
    ?  :  ?   ▲   ?
       :      :
       :  3   :
       └◀·····┘
          ?
"""

SQUARE_FORWARD = """
    3     3       9
x ────▶●────▶(×)────▶
       │      ▲
       │  3   │
       └──────┘
"""

SQUARE_BACKWARD = """
x ◀────●◀────(×)◀────
    6  │  3   │   1
       │      │
       └◀─────┘
          3
"""

SUM = """
     1   ┌───┐
한 ◀────▶│   │
     10  │   │
         │   │
     2   │   │  6
둘 ◀────▶│ + │◀────▶
     10  │   │  10
         │   │
     3   │   │
셋 ◀────▶│   │
     10  └───┘
"""

SQUARED_SUM = """
    2        5      5       25
x ◀────▶(+)◀────▶●◀───▶(×)◀────▶
    10   ▲   10  │  5   ▲   1
         │       │      │
    3    │       │      │
y ◀──────┘       │      │
    10           │      │
                 │      │
                 │  5   │
                 └◀─────┘
                    5
"""

USED_THREE_TIMES = """
           2            6
        ┌◀─────▶(×)◀────────┐
        │  6     ▲      2   │
        │        │          │
        │  3     │          │
y ◀─────┼────────┘          │
        │  4                │
        │                   │
    2   │  2            2   ▼   8       16
x ◀────▶●◀───▶( relu )◀───▶(+)◀───▶(×)◀────▶
    16  │  2            2       2   ▲   1
        │                           │
        │                       2   │
        └◀──────────────────────────┘
                                8
"""

SIGMOID = """
                                                1
                                            ───────────┐
                                                       │
                                   1                   │
                               ───────────┐            │
                                          │            │
     -1          -0.5            0.607    ▼    1.61    ▼   0.622
  ────────▶(×)◀────────▶( exp )◀────────▶(+)◀────────▶(/)◀───────▶ y
            ▲   -0.235           -0.387       -0.387         1
            │
     0.5    │
x ◀─────────┘
    0.235
"""

SIGMOID_SYMBOLS = """
                                          1
                                    ──────────────┐
                                                  │
                           1                      │
                      ────────────┐               │
                                  │               │
  -1       -x           exp(-x)   ▼   1+exp(-x)   ▼   y
─────▶(×)─────▶( exp )──────────▶(+)────────────▶(/)────▶
       ▲
  x    │
───────┘
"""

BLOCKS = """
                             4
                        ┌───────────┐
                        │  0.315    │
                        │           │
            ┌────────┐  │           │
            │        │◀─┘           │
      2     │        │       6      ▼    -2                 0.119       0.358
x ◀────────▶│ 가르기 │◀───────────▶(-)◀───────▶[ sigmoid ]◀───────▶(×)◀───────▶
    -0.196  │        │     -0.315       0.315                 3     ▲     1
            │        │◀─┐                                           │
            └────────┘  │                                           │
                        │                                           │
                        │                                     3     │
                        └───────────────────────────────────────────┘
                                                            0.119
"""

CLOUDS = """
                        4000       4200
       { 복잡한 계산 }───────▶(+)───────▶
                               ▲
    0                   200    │
x ────▶{ 임의의 계산 }─────────┘
"""

QUIZ = """
         3                3                  9
x ◀──────────────▶●◀──────────────▶(×)◀──────────────▶
    [(1)       ]  │  [(2)       ]   ▲   [(4)       ]
                  │                 │
                  │       3         │
                  └◀────────────────┘
                     [(3)       ]
"""

TWO_BARS = """
    2        2       6
x ───────▶●────▶(×)───────┐
          │      ▲        │
    3     │  3   │        │
y ────▶●──┼──────┘        │
       │  │               │
       │  │  2       -1   ▼   5
       │  └────▶(-)─────▶(+)────▶
       │         ▲
       │     3   │
       └─────────┘
"""

CONSTANTS_BESIDE_A_BAR = """
    2      2       4
x ────▶●─────▶(×)──────┐
       │       ▲       │
       │   2   │       │
       │ ──────┘       │
       │               │
       │   2       3   ▼   12
       └─────▶(+)────▶(×)─────▶
               ▲
           1   │
         ──────┘
"""

A_LATE_JUNCTION = """
    1            1               1       2       4
w ────▶( relu )────▶( relu )───────▶(×)────▶(×)────▶
                                     ▲       ▲
                 2               2   │       │
x ───────────────────────────▶●──────┘       │
                              │              │
                              │          2   │
                              └──────────────┘
"""

FIVE_OUTPUTS = """
                         4   ┌───┐
                   ┌────────▶│   │
                   │         │   │
                   │     6   │   │
                   │  ┌─────▶│   │
                   │  │      │   │
       ┌────────┐  │  │      │   │
       │        │──┘  │      │   │
       │        │     │      │   │
       │        │─────┘      │   │
    2  │        │        3   │   │  37
x ────▶│ 가르기 │───────────▶│ + │─────▶
       │        │            │   │
       │        │─────┐      │   │
       │        │     │      │   │
       │        │──┐  │      │   │
       └────────┘  │  │      │   │
                   │  │      │   │
                   │  │  10  │   │
                   │  └─────▶│   │
                   │         │   │
                   │     14  │   │
                   └────────▶│   │
                             └───┘
"""

NO_OPERANDS = """
         1       1
x ─────────▶(+)────▶
             ▲
         0   │
    (Σ)──────┘
"""

SIGMOID_LISTED = """
y
└─ (/) ▶ 0.622459 ◀ 1
   ├─ ▶ 1
   └─ (+) ▶ 1.60653 ◀ -0.387456
      ├─ ▶ 1
      └─ ( exp ) ▶ 0.606531 ◀ -0.387456
         └─ (×) ▶ -0.5 ◀ -0.235004
            ├─ ▶ -1
            └─ x ▶ 0.5 ◀ 0.235004
"""

SQUARE_LISTED = """
└─ (×) ▶ 9 ◀ 1
   ├─ #1 ▶ 3 ◀ 3
   │  └─ x ▶ 3 ◀ 6
   └─ #1↑ ▶ 3 ◀ 3
"""


LISTED_IN_PARTS = """
끝
└─ (×) ▶ 18 ◀ 1
   ├─ (+) #1↓ ▶ 6 ◀ 3
   └─ ▶ 3

(+) #1
├─ (×) ▶ 4 ◀ 3
│  ├─ ( relu ) #2↓ ▶ 2 ◀ 6
│  └─ #3↓ ▶ 2 ◀ 6
└─ #3↓ ▶ 2 ◀ 3

( relu ) #2
└─ #3↓ ▶ 2 ◀ 6

#3
└─ x ▶ 2 ◀ 15
"""

SINGLE_WIRES = """
a ◀────(+)◀──── c
    1   ▲   1
        │
    2   │
b ──────┘
"""


X, Y = Value(2, "x"), Value(3, "y")


def differentiated(value, seed=1.0):
    value.backward(seed)
    return value


def is_drawn(text):
    """Whether a text is a picture; a listing holds no level line that is longer than a hook."""
    return any(line in text for line in ("──▶", "···▶", "◀──", "◀···"))


@pytest.mark.parametrize(
    ("value", "options", "picture"),
    [
        (differentiated(apple()), {}, APPLE),
        (differentiated(apples_and_oranges()), {}, ORANGES),
        (differentiated(square()), {}, SQUARE),
        (square(), {}, SQUARE_PENDING),
        (differentiated(square()), {"direction": "forward"}, SQUARE_FORWARD),
        (differentiated(square()), {"direction": "backward"}, SQUARE_BACKWARD),
        (differentiated(squared_sum()), {}, SQUARED_SUM),
        (differentiated(used_three_times()), {}, USED_THREE_TIMES),
        (differentiated(sigmoid()), {"digits": 3}, SIGMOID),
        (differentiated(blocks()), {"digits": 3, "blocks": "collapsed"}, BLOCKS),
        (five_outputs(), {"direction": "forward", "blocks": "collapsed"}, FIVE_OUTPUTS),
        (X * Y + (X - Y), {"direction": "forward"}, TWO_BARS),
        ((X * 2) * (X + 1), {"direction": "forward"}, CONSTANTS_BESIDE_A_BAR),
        (tk.relu(tk.relu(Value(1, "w"))) * X * X, {"direction": "forward"}, A_LATE_JUNCTION),
        (differentiated(square()), {"quiz": True}, QUIZ),
        (sigmoid(), {"labels": "symbols", "direction": "forward"}, SIGMOID_SYMBOLS),
        (differentiated(tk.sum([Value(1, "한"), Value(2, "둘"), Value(3, "셋")]), 10), {}, SUM),
    ],
)
def test_picture(value, options, picture):
    assert value.draw(**options).text() == picture.strip("\n")


@pytest.mark.parametrize(("value", "listing"), [(sigmoid(), SIGMOID_LISTED), (square(), SQUARE_LISTED)])
def test_listing(monkeypatch, value, listing):
    monkeypatch.setattr(textual, "OPERATORS", 0)
    value.backward()
    assert value.draw().text() == listing.strip("\n")


def test_a_listing_in_parts(monkeypatch):
    monkeypatch.setattr(textual, "OPERATORS", 0)
    monkeypatch.setattr(textual, "DEPTH", 1)
    x = Value(2, "x")
    value = (tk.relu(x) * x + x) * 3
    value.name = "끝"
    value.backward()
    assert value.draw().text() == LISTED_IN_PARTS.strip("\n")


def picture_of(parts, wires):
    """A picture from (id, kind, text) and (source, target, value, derivative); the first operand is the main one."""
    picture = Picture({id: Part(id, kind, Label(text)) for id, kind, text in parts})
    for place, (source, target, *texts) in enumerate(wires):
        value, derivative = (None if text is None else Label(text) for text in texts)
        main = picture.parts[target].inputs == 0
        picture.connect(Wire(f"wire-{place}", source, target, value, derivative, main=main))
    return picture


def test_an_arrow_without_a_label_stays_on_its_line():
    z = (Value(2, "x") * Value(3, "y")).exp()
    z.backward()
    assert z.draw(labels="none").text().splitlines() == [
        "x ◀───▶(×)◀───▶( exp )◀───▶",
        "        ▲",
        "        │",
        "        │",
        "y ◀─────┘",
    ]


def test_a_listing_without_labels_has_arrows_only():
    x = Value(1, "x")
    assert tk.sum([x] * 500).draw(labels="none").text().splitlines()[:3] == [
        "└─ (+) ▶ ◀",
        "   ├─ #1 ▶ ◀",
        "   │  └─ x ▶ ◀",
    ]


def test_wires_of_one_direction_each():
    parts = [("a", "leaf", "a"), ("b", "leaf", "b"), ("plus", "operator", "+"), ("c", "output", "c")]
    wires = [("a", "plus", None, "1"), ("b", "plus", "2", None), ("plus", "c", None, "1")]
    assert textual.write(picture_of(parts, wires)) == SINGLE_WIRES.strip("\n")


def test_clouds_with_and_without_inputs():
    parts = [("hidden", "cloud", "복잡한 계산"), ("x", "leaf", "x"), ("other", "cloud", "임의의 계산")]
    parts += [("plus", "operator", "+"), ("out", "output", "")]
    wires = [("x", "other", "0", None), ("hidden", "plus", "4000", None), ("other", "plus", "200", None)]
    picture = picture_of(parts, [*wires, ("plus", "out", "4200", None)])
    assert textual.write(picture) == CLOUDS.strip("\n")


def test_an_operator_without_operands():
    parts = [("x", "leaf", "x"), ("sum", "operator", "Σ"), ("plus", "operator", "+"), ("out", "output", "")]
    wires = [("x", "plus", "1", None), ("sum", "plus", "0", None), ("plus", "out", "1", None)]
    assert textual.write(picture_of(parts, wires)) == NO_OPERANDS.strip("\n")


def test_a_single_value():
    assert Value(3, "x").draw(direction="forward").text() == "    3\nx ────▶"


def test_what_no_wire_leads_to_is_left_out():
    assert (tk.constant(3, "c") * tk.constant(4, "d")).draw(direction="backward").text() == ""


# ── What a picture says, as a list of parts that two readers and the picture itself can give ──────────


def meaning(outputs, inputs):
    """Number the parts in the order in which they are met from the outputs.

    ``inputs(part)`` gives the part's text and, for each wire that enters it, its labels and its source.
    The result is a row for each part; equal lists are the same picture.
    """
    numbers, rows, todo = {}, [], list(outputs)
    while todo:
        part = todo.pop(0)
        if part not in numbers:
            numbers[part] = len(numbers)
            text, wires = inputs(part)
            todo += [source for _, source in wires]
            rows.append((text, wires))
    return [(text, [(*labels, numbers[source]) for labels, source in wires]) for text, wires in rows]


def meaning_of(picture):
    def inputs(id):
        entering = [wire for wire in picture.wires if wire.target == id]
        return picture.parts[id].text, [((wire.value, wire.derivative, wire.pending), wire.source) for wire in entering]

    return meaning([part.id for part in picture.of_kind("output") if part.inputs], inputs)


# ── The reader of pictures ────────────────────────────────────────────────────────────────────────────

LEVEL, UPRIGHT = "─·◀▶", "│:▲▼"
RIGHT, LEFT, UP, DOWN = (0, 1), (0, -1), (-1, 0), (1, 0)
TURNS = {("┘", DOWN): LEFT, ("┐", UP): LEFT}


class Reader:
    """Reads a picture in characters: cells by row and column, a wide character's second cell empty."""

    def __init__(self, text):
        self.rows = []
        for line in text.split("\n"):
            cells = []
            for character in line:
                if columns(character) == 0:
                    cells[-1] += character
                else:
                    cells += [character, *[""] * (columns(character) - 1)]
            self.rows.append(cells)
        self.crossed = Counter()

    def at(self, row, column):
        inside = 0 <= row < len(self.rows) and 0 <= column < len(self.rows[row])
        return self.rows[row][column] if inside else " "

    def meaning(self):
        """Read on from the outputs, which stand right of the last column of lines."""
        ends = [
            (column, row) for row, cells in enumerate(self.rows) for column, c in enumerate(cells) if c in set(LEVEL)
        ]
        last, _ = max(ends)
        return meaning([("output", row, last + 1) for column, row in sorted(ends) if column == last], self.inputs)

    def inputs(self, part):
        kind, row, column = part
        ends = {"output": self.one, "junction": self.one, "face": self.around, "box": self.along}.get(kind)
        wires = ends(row, column) if ends else []
        return self.text(part), [(self.labels(cells), source) for cells, source in map(self.follow, wires)]

    def text(self, part):
        kind, row, column = part
        if kind == "output":
            return "".join(self.rows[row][column:]).strip()
        if kind == "name":
            return "".join(self.rows[row][: column + 1]).strip()
        if kind in ("face", "box"):  # the column is that of its right edge
            row = self.name_row(row, column) if kind == "box" else row
            left = self.left_edge(row, column)
            return "".join(self.rows[row][left + 1 : column]).strip()
        return ""

    def left_edge(self, row, column):
        facing = {")": "(", "]": "[", "}": "{", "│": "│"}[self.at(row, column)]
        return next(at for at in range(column - 1, -1, -1) if self.at(row, at) == facing)

    def box(self, row, column):
        """The first and the last row inside a tall box, and its left edge."""
        left = self.left_edge(row, column)
        top = next(y for y in range(row, -1, -1) if self.at(y, left) == "┌")
        bottom = next(y for y in range(row, len(self.rows)) if self.at(y, left) == "└")
        assert (self.at(top, column), self.at(bottom, column)) == ("┐", "┘")
        return top + 1, bottom - 1, left

    def name_row(self, row, column):
        top, bottom, left = self.box(row, column)
        (found,) = [y for y in range(top, bottom + 1) if "".join(self.rows[y][left + 1 : column]).strip()]
        return found

    def one(self, row, column):
        """The end of the one wire that enters at the left."""
        return [(row, column - 1, LEFT)]

    def around(self, row, column):
        """The ends of the wires that enter a circle, from the top down."""
        left = self.left_edge(row, column)
        middle = left + (column - left) // 2
        ends = [(row - 1, middle, UP, "▼│:"), (row, left - 1, LEFT, "▶─·"), (row + 1, middle, DOWN, "▲│:")]
        return [(y, x, way) for y, x, way, signs in ends if self.at(y, x) in signs]

    def along(self, row, column):
        """The ends of the wires that enter a tall box, from the top down."""
        top, bottom, left = self.box(row, column)
        return [(y, left - 1, LEFT) for y in range(top, bottom + 1) if self.at(y, left - 1) in ("▶", "─", "·")]

    def follow(self, end):
        """Follow a wire from its end at a part to its source: the cells on the way, and the source."""
        row, column, way = end
        cells = []
        while True:
            sign = self.at(row, column)
            straight = LEVEL if way == LEFT else UPRIGHT
            if sign == "●" and cells:
                return cells, ("junction", row, column)
            if sign in (")", "]", "}", "│") and way == LEFT:
                return cells, self.computing(row, column)
            if sign in ("├", "┌", "└") and way == LEFT:
                source, corner = self.up_or_down(row, column, sign)
                if source:
                    return cells, source
                row, column = corner
                continue
            if sign == " " and way == LEFT:
                named = self.at(row, column - 1) not in (" ", "┼", *UPRIGHT)
                return cells, ("name" if named else "number", row, column - 1)
            if sign == "┼":
                self.crossed[row, column] += 1
            else:
                assert sign in straight or (sign, way) in TURNS, f"{sign!r} is no line at {row}, {column}"
            way = TURNS.get((sign, way), way)
            cells.append((row, column, sign))
            row, column = row + way[0], column + way[1]

    def computing(self, row, column):
        """What a right edge belongs to; a tall box is known by the row of its name."""
        if self.at(row, column) == "│":
            return ("box", self.name_row(row, column), column)
        return ("face", row, column)

    def up_or_down(self, row, column, sign):
        """Where the bar leads that a wire comes from: to a junction's dot, or to the corner behind a port."""
        for way, corner in ((UP, "┐"), (DOWN, "┘")):
            if sign == {UP: "┌", DOWN: "└"}[way]:
                continue
            y = row + way[0]
            while self.at(y, column) in (*UPRIGHT, "├", "┼"):
                y += way[0]
            if self.at(y, column) == "●":
                return ("junction", y, column), None
            if self.at(y, column) == corner and sign != "├":
                return None, (y, column - 1)
        raise AssertionError(f"the bar at {row}, {column} leads to no junction")

    def labels(self, cells):
        """What stands over and under the level cells of a wire, and whether the wire is dashed."""
        (row, *_) = [y for y, _, sign in cells if sign in set("─·")] or [None]
        assert row is not None, "a wire has no level part"
        level = [column for y, column, _ in cells if y == row]
        heads = {sign for _, _, sign in cells} & set("◀▶▲▼")
        value, derivative = (self.label(y, min(level), max(level)) for y in (row - 1, row + 1))
        assert (value is not None) == bool(heads & set("▶▲▼"))
        assert (derivative is not None) == ("◀" in heads)
        return value, derivative, any(sign == "·" for _, _, sign in cells)

    def label(self, row, left, right):
        cells = "".join(self.at(row, column) or "" for column in range(left, right + 1))
        found = [word for word in re.split(r"[│:▲▼┌┐└┘├┼●─·]|  +", cells) if word.strip()]
        assert len(found) <= 1
        return found[0].strip() if found else None


# ── The reader of listings ────────────────────────────────────────────────────────────────────────────

LINE = re.compile(
    r"(?P<indent>(?:│  |   )*)(?:└─|├─)(?: (?P<name>(?![#▶◀]).*?))?(?: (?P<number>#\d+)(?P<mark>[↑↓]?))?"
    r"(?: ▶ (?P<value>.+?))?(?: ◀ (?P<derivative>.+))?"
)


def listing_meaning(text):
    """The picture that a listing tells of; parts that have a number are known by it."""
    parts, outputs, path, expanded = {}, [], [], Counter()
    for line in text.replace("\n\n", "\n!").split("\n"):
        begins, line = not path or line[0] == "!", line.removeprefix("!")
        found = LINE.fullmatch(line)
        if begins and not found and (number := re.search(r"#\d+$", line)):
            path = [number[0]]  # what was left for later
        elif begins:
            path = [f"output {len(outputs)}"]
            parts[path[0]] = ("" if found else line, [])
            outputs += path
        if not found:
            continue
        depth = len(found["indent"]) // 3
        part = found["number"] or f"part {len(parts)}"
        parts.setdefault(part, (re.sub(r"^[([{] ?(.*?) ?[)\]}]$", r"\1", found["name"] or ""), []))
        labels = (found["value"], found["derivative"], found["derivative"] == "?")
        parts[path[depth]][1].append((labels, part))
        if not found["mark"]:
            expanded[part] += 1
        path[depth + 1 :] = [part]
    assert all(count == 1 for count in expanded.values()), "a part is listed twice"
    return meaning(outputs, parts.__getitem__)


# ── Any picture ───────────────────────────────────────────────────────────────────────────────────────

NAMES = st.sampled_from(["", "x", "사과", "귤의 개수", "😀", "y1", "한글과 English", "L̄", "가" * 20, "∂L/∂y y²"])
SYMBOLS = st.sampled_from(["×", "+", "exp", "×2", "logsumexp", "√"])
NUMBERS = st.sampled_from(["0", "2.2", "-0.38746", "1.5e-7", "4,620", "∞", "은닉 = 3", "2.2 = 1.1 × 2"])


@st.composite
def pictures(draw, most=10):
    """A picture as ``depict`` makes them: shared values, blocks of several outputs, constants, one way or both."""
    forward, backward = draw(st.sampled_from([(True, True), (True, True), (True, False), (False, True)]))
    pending = draw(st.booleans())
    picture, units, flows = Picture(), [], []  # a unit: its part, its inputs, its outputs; values are numbers
    for number in range(draw(st.integers(1, 4))):
        units.append((Part(f"leaf-{number}", "leaf", Label(draw(NAMES))), [], [len(flows)]))
        flows.append(number == 0 or draw(st.integers(0, 3)) > 0)
    for number in range(draw(st.integers(0, most))):
        kind = draw(st.sampled_from(["operator", "operator", "operator", "block", "cloud"]))
        few = draw(st.sampled_from([1, 2, 2, 2, 3, 5]))
        inputs = [draw(st.integers(0, len(flows) - 1)) for _ in range(few)]
        outputs = [len(flows) + k for k in range(1 if kind == "operator" else draw(st.integers(1, 4)))]
        text = draw(SYMBOLS if kind == "operator" else NAMES.filter(bool))
        units.append((Part(f"{kind}-{number}", kind, Label(text)), inputs, outputs))
        flows += [any(flows[value] for value in inputs)] * len(outputs)
    uses = Counter(value for _, inputs, _ in units for value in inputs)
    ends = [value for value in range(len(flows)) if not uses[value] or draw(st.integers(0, 9)) == 0]
    uses.update(ends)
    start = {}

    def connect(id, target, value, main=True):
        back = Label("?" if pending else draw(NUMBERS)) if backward and flows[value] else None
        if back:
            back.pending = pending
        if forward or back:
            over = Label(draw(NUMBERS)) if forward else None
            picture.connect(Wire(id, start[value], target, over, back, main))

    for part, inputs, outputs in units:
        picture.parts[part.id] = part
        for place, value in enumerate(inputs):
            connect(f"wire-{part.id}-{place}", part.id, value, main=draw(st.booleans()))
        for value in outputs:
            start[value] = part.id
            if uses[value] > 1:
                picture.parts[f"join-{value}"] = Part(f"join-{value}", "junction")
                connect(f"wire-{value}", f"join-{value}", value)
                start[value] = f"join-{value}"
    for value in ends:
        picture.parts[f"out-{value}"] = Part(f"out-{value}", "output", Label(draw(NAMES)))
        connect(f"wire-{value}-out", f"out-{value}", value)
    return picture


@given(pictures())
def test_every_wire_can_be_followed(picture):
    text = textual.write(picture)
    assume(is_drawn(text))
    reader = Reader(text)
    assert reader.meaning() == meaning_of(picture)
    assert max(reader.crossed.values(), default=1) == 1  # by one level wire; what it crosses is upright


@given(pictures(), st.integers(1, 5))
def test_a_listing_tells_the_same(picture, depth):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textual, "OPERATORS", -1)
        patch.setattr(textual, "DEPTH", depth)
        text = textual.write(picture)
    assert not is_drawn(text)
    assert listing_meaning(text) == meaning_of(picture)


@given(pictures())
def test_rows_are_stripped_and_no_wider_than_promised(picture):
    rows = textual.write(picture).split("\n")
    assert rows == [row.rstrip() for row in rows]
    assert max(map(columns, rows)) <= textual.COLUMNS
    assert rows[0].strip()
    assert rows[-1].strip()


# ── The reader itself ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("2.2", "2.3"),  # another number
        ("소비세 ◀──", "소비세 ───"),  # a missing head
        ("사과의 개수 ◀───────┘", "사과의 개수 ◀────── ┘"),  # a broken line
        ("사과의 개수 ◀─────", "사과의 개수 ◀·····"),  # dashed
        ("(×)◀─────▶(×)", "(×)◀─────▶(+)"),  # another operator
        ("1.1   ▲    1", "1.1   │    1"),  # a missing head below an operator
        ("100       200", "200       100"),
    ],
)
def test_the_reader_sees_a_wrong_picture(right, wrong):
    text = APPLE.strip("\n")
    truth = meaning_of(differentiated(apple()).draw().picture)
    assert Reader(text).meaning() == truth
    assert right in text
    try:
        read = Reader(text.replace(right, wrong, 1)).meaning()
    except AssertionError:
        return
    assert read != truth


# ── Names and other text ──────────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_name_stands_whole_and_breaks_nothing(leaf, inner, end):
    x, y = Value(3, leaf), Value(4, leaf)
    h = x * y
    h.name = inner
    out = h + x
    out.name = end
    picture = out.draw().picture
    text = textual.write(picture)
    labels = Counter(plain(part.text).rstrip() for part in picture.parts.values() if part.text.strip())
    labels += Counter(plain(wire.value) for wire in picture.wires)
    for label, times in labels.items():
        assert text.count(label) >= times
    characters = text.replace("\n", "")
    assert not [c for c in characters if category(c) in ("Cc", "Cs", "Zl", "Zp")]
    turning = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert not [c for c in characters if bidirectional(c) in turning]


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_only_the_columns_of_a_name_count(first, last):
    def drawn(first, last):
        x = Value(3, first)
        out = tk.tanh(x * x + Value(2, "y"))
        out.name = last
        picture = out.draw().picture
        return textual.write(picture), picture.of_kind("leaf")[0].text, picture.of_kind("output")[0].text

    text, name, end = drawn(first, last)
    assume(columns(name) and columns(end) and end == end.rstrip() and name.strip())
    name, end = map(manner(f"{name} {end}"), (name, end))
    assume(end == end.rstrip())  # a sign that is written as a word ends in a space: "not "
    other, *_ = drawn("n" * columns(name), "m" * columns(end))
    other = other.replace("n" * columns(name), name, 1) if name else other
    head, found, tail = other.rpartition("m" * columns(end))
    assert found
    assert text == head + end + tail


@pytest.mark.parametrize(
    "name", ["\u200d", "\u0301", "\u0301abc", "", " ", "👨‍👩‍👧", "│┼─┘", "a\u202eb\x00\n\t\x1b[31m", "x" * 10_000]
)
def test_hostile_names(name):
    text = (Value(3, name) * Value(2, "y")).draw(direction="forward").text()
    rows = text.split("\n")
    assert len(rows) == 5
    assert [row[-5:] for row in (rows[1], rows[4])] == ["────▶", "─────"[:4] + "┘"]
    assert "\x1b" not in text


# ── Large ones ────────────────────────────────────────────────────────────────────────────────────────


def chain(length):
    """x + v0 + v1 + …, as a picture."""
    parts, wires, last = [("leaf", "leaf", "x")], [], "leaf"
    for k in range(length):
        parts += [(f"leaf-{k}", "leaf", f"v{k}"), (f"op-{k}", "operator", "+")]
        wires += [(last, f"op-{k}", str(k), "1"), (f"leaf-{k}", f"op-{k}", "1", "1")]
        last = f"op-{k}"
    return picture_of([*parts, ("out", "output", "")], [*wires, (last, "out", str(length), "1")])


def total(length):
    parts = [(f"leaf-{k}", "leaf", f"v{k}") for k in range(length)]
    wires = [(f"leaf-{k}", "op", str(k), "1") for k in range(length)]
    return picture_of([*parts, ("op", "operator", "Σ"), ("out", "output", "")], [*wires, ("op", "out", "0", "1")])


def test_a_picture_may_be_so_wide_so_high_and_of_so_many_operators():
    assert is_drawn(textual.write(chain(20)))
    assert not is_drawn(textual.write(chain(40)))
    assert is_drawn(textual.write(total(textual.LANES)))
    assert not is_drawn(textual.write(total(textual.LANES + 1)))
    x = Value(1, "x")
    assert is_drawn(tk.sum([tk.tanh(x) for _ in range(textual.OPERATORS - 1)]).draw().text())
    assert not is_drawn(tk.sum([tk.tanh(x) for _ in range(textual.OPERATORS)]).draw().text())


def test_ten_thousand_operators_are_listed_quickly():
    picture = chain(10_000)
    started = time.process_time()
    text = textual.write(picture)
    assert time.process_time() - started < 2
    lines = text.split("\n")
    assert len([line for line in lines if "─ " in line]) == len(picture.wires)
    assert max(map(columns, lines)) <= 3 * textual.DEPTH + 30
    assert Counter(re.findall(r" (v\d+) ", text)) == {f"v{place}": 1 for place in range(10_000)}


def test_a_value_that_is_used_ten_thousand_times_is_listed_once():
    x = Value(1, "x")
    lines = tk.sum([x] * 10_000).draw().text().split("\n")
    assert lines[:4] == ["└─ (+) ▶ 10000 ◀ ?", "   ├─ #1 ▶ 1 ◀ ?", "   │  └─ x ▶ 1 ◀ ?", "   ├─ #1↑ ▶ 1 ◀ ?"]
    assert len(lines) == 10_002


def test_figures_in_a_terminal_keep_to_signs_of_cp949():
    for name, figure in figures().items():
        if name != "fig-5-01-apple-folded.svg":  # its names are an apple and a bag of money
            figure.draw().text().encode("cp949")  # a true minus, say, is for pictures and pages


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x₁ + x₂²", "x₁ + x₂²"),  # cp949 has them
        ("x₅y", "x_5·y"), ("x⁻¹y", "x^-1·y"), ("2⁻¹⁰", "2^-10"), ("aₙ₊₁b", "a_(n+1)b"), ("eˣ⁺¹y", "e^(x+1)y"),
        ("−∛x ⋅ ⌊y⌋", "-cbrtx · floor(y)"), ("␉␊␋␡", "?¶??"),
    ],
)  # fmt: skip
def test_what_cp949_lacks_is_written_out(text, written):
    assert plain(text) == written
    assert written.encode("cp949")
