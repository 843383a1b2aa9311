"""*How* it looks in a terminal: values over the wires and derivatives under them, in characters.

Every wire runs along a lane of its own, and the lanes lie in the order in which the operands were written.
Upright lines (an operator reaches up or down to its other operand, a junction to its branches) keep to
columns in which no label stands. So wires may cross (``┼``) but never share a line, and nothing can hide a
label. All places follow from the picture alone: no layout engine is asked.

A graph that is too large for this is listed as a tree instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..text.lettering import columns
from ..text.signs import manner
from .labels import Label
from .picture import Note, Part, Picture, Wire

__all__ = ["write"]

OPERATORS, LANES, COLUMNS = 60, 100, 240
"""A picture that needs more than these is listed."""

DEPTH = 20
"""A listing is indented this far; what is deeper follows under a number."""

CROWD = 2
"""An operator with more operands than this is a tall box; the others stand on one line."""

SHORTEST = 3
"""How long the level part of a wire is at least, besides its heads."""

FACES = {"operator": ("(", ")"), "block": ("[", "]"), "cloud": ("{", "}")}
"""What stands around the name of a part that computes."""


def write(picture: Picture) -> str:
    """The picture as text for a terminal, without trailing spaces and without a last newline.

    A line between two heads carries a value forward and a derivative back; a dotted one waits for its
    derivative. ``●`` is a value that is used several times, ``┼`` two wires that only cross, ``[ ]`` a closed
    block and ``{ }`` a cloud. What letters stand for is said below. Frames of open blocks are not drawn, nor parts
    that no wire leads to.

    Args:
        picture: what to draw.

    >>> from tinygrad_kr import Value
    >>> price = Value(100, "사과") * Value(2, "개수")
    >>> price.backward()
    >>> print(price.draw().text())
           100       200
    사과 ◀─────▶(×)◀─────▶
            2    ▲    1
                 │
            2    │
    개수 ◀───────┘
           100
    """
    picture = _in_plain_signs(_with_marks(picture))
    return "\n".join([_written(picture), *([""] if picture.notes else []), *picture.notes])


def _with_marks(picture: Picture) -> Picture:
    """The picture with an exclamation mark at what stands out."""

    def marked(label: Label) -> Label:
        return Label(f"{label}!") if label else label

    parts = {id: replace(part, text=marked(part.text)) if part.marked else part for id, part in picture.parts.items()}
    wires = [replace(wire, value=wire.value and marked(wire.value)) if wire.marked else wire for wire in picture.wires]
    return replace(picture, parts=parts, wires=wires)


def _in_plain_signs(picture: Picture) -> Picture:
    """The picture with labels that print anywhere."""
    labels = [part.text for part in picture.parts.values()] + [text for wire in picture.wires for text in wire.labels]
    write = manner(" ".join([*labels, *picture.notes]))
    definitions = [Note(write(note)) for note in picture.notes if not note.number]
    if write is str:  # as they are
        return replace(picture, notes=definitions)

    def rewritten(label: Label | None) -> Label | None:
        if label is None:
            return None
        text = Label(write(label))
        text.pending, text.answer = label.pending, label.answer
        return text

    parts = {id: replace(part, text=Label(write(part.text))) for id, part in picture.parts.items()}
    wires = [replace(w, value=rewritten(w.value), derivative=rewritten(w.derivative)) for w in picture.wires]
    return replace(picture, parts=parts, wires=wires, notes=definitions)


def _written(picture: Picture) -> str:
    """The picture, or the listing, without its notes."""
    web = _Web(picture)
    if sum(part.kind in FACES for part in picture.parts.values()) <= OPERATORS:
        lanes = _lanes(picture, web)
        if len(set(lanes.values())) <= LANES:
            plan = _Plan(picture, web, lanes)
            if plan.width <= COLUMNS:
                return _drawn(plan)
    return "\n".join(_Listing(picture, web).lines())


class _Web:
    """Which wires meet at each part, in the order written, and which of them keep to the part's lane.

    Attributes:
        parts: those of the picture.
        entering, leaving: part id → its wires.
        trunk: part id → the wire that carries on along the part's lane.
    """

    def __init__(self, picture: Picture) -> None:
        self.parts = picture.parts
        self.entering: dict[str, list[Wire]] = {id: [] for id in picture.parts}
        self.leaving: dict[str, list[Wire]] = {id: [] for id in picture.parts}
        for wire in picture.wires:
            self.entering[wire.target].append(wire)
            self.leaving[wire.source].append(wire)
        self.trunk = {id: wires[(len(wires) - 1) // 2] for id, wires in self.leaving.items() if wires}

    def branches_off(self, wire: Wire) -> bool:
        """Whether the wire leaves the lane of its source."""
        return self.trunk[wire.source] is not wire

    def starts_lane(self, wire: Wire) -> bool:
        """Whether nothing comes before the wire on its lane."""
        return self.branches_off(wire) or not self.entering[wire.source]

    def ports(self, part: str) -> list[Wire]:
        """The wires besides the trunk that leave a part of several outputs."""
        if self.parts[part].kind == "junction":
            return []
        return [wire for wire in self.leaving[part] if self.branches_off(wire)]

    def is_tall(self, part: str) -> bool:
        """Whether more wires meet at a part than one line has room for."""
        return len(self.entering[part]) > CROWD or self.ports(part) != []

    def straight(self, part: str) -> Wire:
        """The wire that enters a part along the part's lane: the middle one, of the main ones where it can be."""
        entering = self.entering[part]
        if self.is_tall(part):
            return entering[(len(entering) - 1) // 2]
        main = [wire for wire in entering if wire.main] or entering
        whole = [wire for wire in main if not self.branches_off(wire)] or main
        return whole[len(whole) // 2]

    def on_lane(self, part: str) -> Wire:
        """A wire on the part's lane: one that enters it, or the one that leaves where none does."""
        return self.straight(part) if self.entering[part] else self.trunk[part]


# ── Lanes and ranks: the places of wires and parts, counted ───────────────────────────────────────────


def _lanes(picture: Picture, web: _Web) -> dict[str, int]:
    """The lane of each wire, counted from the top.

    Seen from the output, the trunks form a tree. Its tips, in the order written, are the beginnings of the
    lanes; every other wire carries on the lane that its source stands on.
    """
    lanes: dict[str, int] = {}
    stack = [wire for end in picture.of_kind("output") for wire in web.entering[end.id]][::-1]
    while stack:
        wire = stack.pop()
        if web.starts_lane(wire):
            lanes[wire.id] = len(lanes)
        else:
            stack.extend(reversed(web.entering[wire.source]))
    for wire in picture.wires:  # each after those that enter its source
        if wire.id not in lanes:
            lanes[wire.id] = lanes[web.straight(wire.source).id]
    return lanes


def _sides(web: _Web, lanes: dict[str, int], part: str) -> tuple[list[Wire], list[Wire]]:
    """The ports of a part that lead up to higher lanes, and those that lead down; each the nearest first."""
    lane = lanes[web.on_lane(part).id]
    ports = sorted(web.ports(part), key=lambda wire: abs(lanes[wire.id] - lane))
    return [wire for wire in ports if lanes[wire.id] < lane], [wire for wire in ports if lanes[wire.id] > lane]


def _rows(picture: Picture, web: _Web, lanes: dict[str, int]) -> dict[str, int]:
    """The row of each wire's line: lanes are as far apart as labels and ports need, and an empty row."""
    over, under = dict.fromkeys(lanes.values(), 0), dict.fromkeys(lanes.values(), 0)
    for wire in picture.wires:
        lane = lanes[wire.id]
        over[lane] = max(over[lane], wire.value is not None)
        under[lane] = max(under[lane], wire.derivative is not None)
    for part in picture.parts:
        if web.ports(part):
            lane, (up, down) = lanes[web.on_lane(part).id], _sides(web, lanes, part)
            over[lane] = max(over[lane], 2 * len(up) + 1)  # and the edge of the box
            under[lane] = max(under[lane], 2 * len(down) + 1)
    row, rows = 0, {}
    for lane in sorted(over):
        row += over[lane] + 1
        rows[lane] = row
        row += under[lane] + 1
    return {id: rows[lane] for id, lane in lanes.items()}


def _ranks(picture: Picture, web: _Web) -> dict[str, int]:
    """The rank of each part that a wire leads to: how far to the right it stands.

    What computes stands as far left as it can, and outputs at the right end; junctions and leaves without a
    name stand right before their use.
    """
    wired = [part for part in picture.parts.values() if part.inputs or part.outputs]
    rank = {part.id: int(part.kind in FACES) for part in wired}  # a cloud may have nothing before it
    for wire in picture.wires:
        rank[wire.target] = max(rank[wire.target], rank[wire.source] + 1)
    last = max(rank.values(), default=0)
    rank |= {part.id: last for part in wired if part.kind == "output"}
    for part in reversed(wired):
        if part.kind == "junction" or (part.kind == "leaf" and not part.text):
            rank[part.id] = min(rank[wire.target] for wire in web.leaving[part.id]) - 1
    dense = {old: new for new, old in enumerate(sorted(set(rank.values())))}
    return {id: dense[old] for id, old in rank.items()}


# ── The plan: rows and columns of characters ──────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Spot:
    """The columns that a part takes on its line, first and last, and the one where upright lines meet it."""

    left: int
    middle: int
    right: int


class _Plan:
    """Where everything stands.

    Attributes:
        row: wire id → the row of its line.
        port: wire id → the row where it leaves its source.
        spots: part id → its columns.
        gaps: wire id → the first column of the gap its labels stand in, and the gap's width.
        bends: wire id → the column where it changes from its port to its own line.
        width: of the whole.
    """

    def __init__(self, picture: Picture, web: _Web, lanes: dict[str, int]) -> None:
        self.picture = picture
        self.web = web
        self.row = _rows(picture, web, lanes)
        self.port = dict(self.row)
        for part in picture.parts:
            if web.ports(part):
                up, down = _sides(web, lanes, part)
                self.port |= {wire.id: self.line(part) - 2 * place for place, wire in enumerate(up, 1)}
                self.port |= {wire.id: self.line(part) + 2 * place for place, wire in enumerate(down, 1)}
        self.spots: dict[str, _Spot] = {}
        self.gaps: dict[str, tuple[int, int]] = {}
        self.bends: dict[str, int] = {}
        self.width = 0
        rank = _ranks(picture, web)
        for here in range(len(set(rank.values()))):
            self._leave_gap([wire for wire in picture.wires if rank[wire.target] == here])
            self._stand([picture.parts[id] for id in rank if rank[id] == here])

    def line(self, part: str) -> int:
        """The row that a part stands on."""
        return self.row[self.web.on_lane(part).id]

    def is_level(self, wire: Wire) -> bool:
        """Whether the wire enters its target from the left, and not from above or below."""
        return self.web.is_tall(wire.target) or self.row[wire.id] == self.line(wire.target)

    def reach(self, part: str) -> tuple[int, int]:
        """The first and the last row of a part and all that it reaches for."""
        entering = [self.row[wire.id] for wire in self.web.entering[part]]
        leaving = [self.port[wire.id] for wire in self.web.leaving[part]]
        return min(entering + leaving), max(entering + leaving)

    def _leave_gap(self, arriving: list[Wire]) -> None:
        """Leave room for the labels of the wires that arrive at the next rank."""
        if arriving:
            gap = max(SHORTEST, *(_cells(_filled(label)) + 2 for wire in arriving for label in wire.labels))
            self.gaps |= {wire.id: (self.width, gap) for wire in arriving}
            self.width += gap

    def _stand(self, parts: list[Part]) -> None:
        """Give the parts of one rank their columns; beside each, one is left for the head of an arrow."""
        computing = [part for part in parts if part.kind in FACES]
        bars = [part.id for part in parts if part.kind == "junction"]
        bars += [wire.id for part in computing for wire in self.web.ports(part.id)]
        self._stand_names([part for part in parts if part.kind == "leaf" and part.text])
        self._stand_computing(computing)
        self._stand_bars(bars)
        self._stand_nameless([part for part in parts if part.kind == "leaf" and not part.text], beside_bars=bool(bars))
        self._stand_outputs([part for part in parts if part.kind == "output"])

    def _stand_names(self, names: list[Part]) -> None:
        """Names end in one column, with a space after them."""
        widest = max((_cells(part.text) for part in names), default=0)
        for part in names:
            space = self.width + widest
            self.spots[part.id] = _Spot(space - _cells(part.text), space, space)
        self.width += widest + 2 if names else 0

    def _stand_computing(self, parts: list[Part]) -> None:
        """What computes stands centred over each other."""
        widths = {part.id: _cells(self.face(part)) for part in parts}
        widest = max(widths.values(), default=0)
        for id, width in widths.items():
            left = self.width + 1 + (widest - width) // 2
            self.spots[id] = _Spot(left, left + (width - 1) // 2, left + width - 1)
        self.width += widest + 2 if parts else 0

    def _stand_bars(self, ids: list[str]) -> None:
        """The bars of junctions and the bends behind ports share columns where they don't reach past each other.

        Those that lead up come first, the highest before the others, and those that lead down last, the
        lowest before the others: so fewer of them cross.
        """
        bars = {id: self._bar(id) for id in ids}
        spans: list[list[tuple[int, int]]] = [[] for _ in bars]
        for id, (_, top, bottom) in sorted(bars.items(), key=lambda bar: _turn(*bar[1])):
            column = next(k for k, taken in enumerate(spans) if all(bottom < t or b < top for t, b in taken))
            spans[column].append((top, bottom))
            middle = self.width + 3 * column + 1
            if id in self.row:
                self.bends[id] = middle
            else:
                self.spots[id] = _Spot(middle, middle, middle)
        self.width += 3 * sum(map(bool, spans))

    def _bar(self, id: str) -> tuple[int, int, int]:
        """The row where a junction's bar or a wire's bend starts, and its first and last row."""
        if id in self.row:
            return self.port[id], min(self.port[id], self.row[id]), max(self.port[id], self.row[id])
        return self.line(id), *self.reach(id)

    def _stand_nameless(self, leaves: list[Part], beside_bars: bool) -> None:
        """A leaf without a name takes no column: its wire begins in the last one, but not right beside a bar."""
        if leaves:
            self.width = max(self.width + beside_bars, 1)
        for part in leaves:
            self.spots[part.id] = _Spot(self.width - 2, self.width - 2, self.width - 2)

    def _stand_outputs(self, outputs: list[Part]) -> None:
        """An output's name stands at the right end, after a space."""
        for part in outputs:
            self.spots[part.id] = _Spot(self.width + 1, self.width + 1, self.width + 1)
        self.width += max((_cells(part.text) + 2 for part in outputs), default=0)

    def face(self, part: Part) -> str:
        """A part as it stands on its line: (×), ( exp ), [ softmax ], or │ Σ │ where it is a tall box."""
        return f"│ {part.text} │" if self.web.is_tall(part.id) else _face(part)


def _turn(start: int, top: int, bottom: int) -> tuple[int, int]:
    """The place of a bar among others, from the left."""
    return (0, top) if start == bottom else (2, -bottom) if start == top else (1, top)


def _face(part: Part) -> str:
    """A part in a line of text.

    >>> _face(Part("op-1", "operator", "×")), _face(Part("block-1", "block", "softmax"))
    ('(×)', '[ softmax ]')
    """
    if part.kind not in FACES:
        return part.text
    left, right = FACES[part.kind]
    return f"{left}{part.text}{right}" if _cells(part.text) == 1 else f"{left} {part.text} {right}"


def _filled(label: Label) -> str:
    """A label as it stands at its wire: in brackets where it is a blank to fill in."""
    return label if label.answer is None else f"[{label}]"


def _cells(text: str) -> int:
    """How many cells of a terminal a text is given: its columns, but one where it is all marks of no width."""
    return max(columns(text), int(text != ""))


# ── Drawing by the plan ───────────────────────────────────────────────────────────────────────────────


class _Canvas:
    """Rows of terminal cells. A text stands in the first cell that it covers; the others are empty."""

    def __init__(self, rows: int, width: int) -> None:
        self.cells = [[" "] * width for _ in range(rows)]

    def put(self, row: int, column: int, text: str) -> None:
        """Write a text from a cell on."""
        if cells := _cells(text):
            self.cells[row][column : column + cells] = [text + " " * (cells - columns(text)), *[""] * (cells - 1)]

    def across(self, row: int, left: int, right: int, line: str) -> None:
        """Draw a level line, both ends included."""
        self.cells[row][left : right + 1] = [line] * (right + 1 - left)

    def down(self, column: int, top: int, bottom: int, line: str) -> None:
        """Draw an upright line, both ends included; it crosses the level lines that are there."""
        for cells in self.cells[top : bottom + 1]:
            cells[column] = line if cells[column] == " " else "┼"

    def __str__(self) -> str:
        return "\n".join("".join(cells).rstrip() for cells in self.cells).strip("\n")


def _drawn(plan: _Plan) -> str:
    """The picture by its plan: level lines first, so that what is upright crosses them."""
    picture = plan.picture
    canvas = _Canvas(max(plan.row.values(), default=0) + 2, plan.width)
    for wire in picture.wires:
        _draw_line(canvas, plan, wire)
    for wire in picture.wires:
        if wire.id in plan.bends:
            _draw_bend(canvas, plan, wire)
    for id in plan.spots:
        _draw_part(canvas, plan, picture.parts[id])
    for wire in picture.wires:
        _draw_heads(canvas, plan, wire)
        _draw_labels(canvas, plan, wire)
    return str(canvas)


def _draw_line(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    """The level parts of a wire."""
    line = "·" if wire.pending else "─"
    left, end = plan.spots[wire.source].right + 1, plan.spots[wire.target]
    if wire.id in plan.bends:
        canvas.across(plan.port[wire.id], left, plan.bends[wire.id] - 1, line)
        left = plan.bends[wire.id] + 1
    canvas.across(plan.row[wire.id], left, (end.left if plan.is_level(wire) else end.middle) - 1, line)


def _draw_bend(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    """The upright part of a wire that changes from its port to its own line."""
    column, port, row = plan.bends[wire.id], plan.port[wire.id], plan.row[wire.id]
    canvas.down(column, min(port, row), max(port, row), ":" if wire.pending else "│")
    canvas.put(port, column, "┘" if row < port else "┐")
    canvas.put(row, column, "┌" if row < port else "└")


def _draw_heads(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    """The heads of a wire's two arrows, beside the parts they point at."""
    row, line, end = plan.row[wire.id], plan.line(wire.target), plan.spots[wire.target]
    if wire.derivative is not None:
        canvas.put(plan.port[wire.id], plan.spots[wire.source].right + 1, "◀")
    if wire.value is not None and plan.is_level(wire):
        canvas.put(row, end.left - 1, "▶")
    elif wire.value is not None:
        canvas.put(*((line - 1, end.middle, "▼") if row < line else (line + 1, end.middle, "▲")))


def _draw_labels(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    """The value above the line and the derivative below it, in the middle of their gap."""
    row, (left, gap) = plan.row[wire.id], plan.gaps[wire.id]
    for label, at in ((wire.value, row - 1), (wire.derivative, row + 1)):
        if label is not None:
            canvas.put(at, left + (gap - _cells(_filled(label))) // 2, _filled(label))


def _draw_part(canvas: _Canvas, plan: _Plan, part: Part) -> None:
    """A name, or what computes or branches with its upright lines."""
    line, left = plan.line(part.id), plan.spots[part.id].left
    if part.kind == "junction":
        _draw_junction(canvas, plan, part.id)
    elif plan.web.is_tall(part.id):
        _draw_box(canvas, plan, part)
    elif part.kind in FACES:
        _draw_operands(canvas, plan, part.id)
        canvas.put(line, left, plan.face(part))
    elif part.text:
        canvas.put(line, left + (part.kind == "output"), part.text)


def _draw_operands(canvas: _Canvas, plan: _Plan, operator: str) -> None:
    """The upright ends of the wires that enter an operator from above or below."""
    line, column = plan.line(operator), plan.spots[operator].middle
    for wire in plan.web.entering[operator]:
        row = plan.row[wire.id]
        if row != line:
            canvas.down(column, min(row, line), max(row, line), ":" if wire.pending else "│")
            canvas.put(row, column, "┐" if row < line else "┘")


def _draw_junction(canvas: _Canvas, plan: _Plan, junction: str) -> None:
    """The bar from which the branches of a value leave, and the point where the value arrives."""
    branches, column = plan.web.leaving[junction], plan.spots[junction].middle
    top, bottom = plan.reach(junction)
    canvas.down(column, top, bottom, ":" if all(wire.pending for wire in branches) else "│")
    for wire in branches:
        row = plan.row[wire.id]
        canvas.put(row, column, "┌" if row == top else "└" if row == bottom else "├")
    canvas.put(plan.line(junction), column, "●")


def _draw_box(canvas: _Canvas, plan: _Plan, part: Part) -> None:
    """A part as high as the wires that meet at it are apart."""
    left, face = plan.spots[part.id].left, plan.face(part)
    inner = _cells(face) - 2
    top, bottom = plan.reach(part.id)
    for row in range(top, bottom + 1):
        canvas.put(row, left, "│" + " " * inner + "│")
    canvas.put(top - 1, left, "┌" + "─" * inner + "┐")
    canvas.put(bottom + 1, left, "└" + "─" * inner + "┘")
    canvas.put(plan.line(part.id), left, face)


# ── The listing of what is too large to draw ──────────────────────────────────────────────────────────


class _Listing:
    """The picture as a tree, a line for each wire: where it comes from, its value and its derivative.

    A value that is used several times has a number: what it comes from is listed where it is first met
    (``#1``), and referred to from then on (``#1↑``). What lies too deep follows as a tree of its own (``#2↓``).
    """

    def __init__(self, picture: Picture, web: _Web) -> None:
        self.picture = picture
        self.web = web
        self.numbers: dict[str, int] = {}
        self.met: dict[str, str] = {}  # part id → where its operands are listed: above ↑ or below ↓
        self.waiting = deque(part.id for part in picture.of_kind("output") if part.inputs)

    def lines(self) -> Iterator[str]:
        """The lines of every tree."""
        while self.waiting:
            if self.met:
                yield ""  # between trees
            root = self.waiting.popleft()
            self.met[root] = "↑"
            if heading := self._name(root):
                yield heading
            yield from self._tree(root)

    def _tree(self, root: str) -> Iterator[str]:
        """The lines below a part, its first operand's first."""
        stack = self._operands(root, "")
        while stack:
            wire, indent, hook = stack.pop()
            mark = self._mark(wire.source, len(indent))
            value = "" if wire.value is None else f"▶ {wire.value}".rstrip()
            derivative = "" if wire.derivative is None else f"◀ {_filled(wire.derivative)}".rstrip()
            yield " ".join(filter(None, (indent + hook, self._name(wire.source, mark), value, derivative)))
            if not mark:
                stack += self._operands(wire.source, indent + ("│  " if hook == "├─" else "   "))

    def _operands(self, part: str, indent: str) -> list[tuple[Wire, str, str]]:
        """What is listed below a part, the last line first."""
        entering = self.web.entering[part]
        return [(wire, indent, hook) for wire, hook in zip(reversed(entering), ["└─"] + ["├─"] * len(entering))]

    def _mark(self, part: str, indent: int) -> str:
        """Where the operands of a part are listed: above, below, or (no mark) right here."""
        if part in self.met:
            return self.met[part]
        if indent < 3 * DEPTH or not self.web.entering[part]:
            self.met[part] = "↑"
            return ""
        self.met[part] = "↓"
        self.waiting.append(part)
        return "↓"

    def _name(self, id: str, mark: str = "") -> str:
        """A part as a line names it; a number where it is referred to."""
        part = self.picture.parts[id]
        name = _face(part)
        if len(self.web.leaving[id]) > 1 or part.kind == "junction" or mark or id in self.numbers:
            name += f" #{self.numbers.setdefault(id, len(self.numbers) + 1)}{mark}"
        return name.strip()
