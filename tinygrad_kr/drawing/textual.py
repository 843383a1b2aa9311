"""*How* it looks in a terminal: values over the wires, derivatives under them, in characters.

Every wire runs along a lane of its own, and lanes lie in the order in which the operands were written. What
is upright keeps to columns that hold no label: an operator reaches up or down to its other operand, a
junction to its branches. So wires cross (``┼``) but never share a line, and nothing can hide a label. The
places follow from the picture alone; no layout engine is asked.

A graph that is too large for this is listed as a tree instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .lettering import columns
from .picture import Part, Picture, Wire

__all__ = ["write"]

OPERATORS, LANES, COLUMNS = 60, 100, 240
"""A picture that needs more than these is listed."""

CROWD = 2
"""An operator with more operands than this is a tall box; the others are circles on a lane."""

SHORTEST = 3
"""How long a line is at least, besides its heads."""


def write(picture: Picture, time_limit: float = 20.0, engine: str = "graphviz-pure") -> str:
    """The picture as text for a terminal, without trailing spaces or a last newline.

    Args:
        picture: what to draw.
        time_limit, engine: as every writer of pictures has them; a text needs no layout engine.

    >>> from tinygrad_kr import Value
    >>> price = Value(100, "사과") * Value(2, "개수")
    >>> price.backward()
    >>> print(price.draw().text())
           100       200
    사과 ◀─────▶(×)◀─────▶
            2    ▲    1
                 │
            2    │
    개수 ◀───────╯
           100
    """
    if len(picture.of_kind("operator")) <= OPERATORS:
        web = _Web(picture)
        lanes = _lanes(picture, web)
        if len(set(lanes.values())) <= LANES:
            plan = _Plan(picture, web, lanes)
            if plan.width <= COLUMNS:
                return _draw(plan)
    return "\n".join(_listing(picture))


class _Web:
    """Which wires meet at each part, in the order written, and which of them go straight on.

    Attributes:
        entering, leaving: part id → its wires.
        trunk: part id → the wire that carries on along the part's own lane.
    """

    def __init__(self, picture: Picture) -> None:
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

    def straight(self, part: str) -> Wire:
        """The wire that enters a part on the part's own lane: of its main operands the middle one."""
        entering = self.entering[part]
        if len(entering) > CROWD:
            return entering[(len(entering) - 1) // 2]
        main = [wire for wire in entering if wire.main] or entering
        grown = [wire for wire in main if not self.branches_off(wire)] or main
        return grown[len(grown) // 2]


def _lanes(picture: Picture, web: _Web) -> dict[str, int]:
    """The lane of each wire, counted from the top.

    Seen from the output, the trunks form a tree. Its tips in the order written are the lanes; each further
    wire carries on the lane of one that enters its source.
    """
    lanes: dict[str, int] = {}
    stack = [wire for part in picture.of_kind("output") for wire in web.entering[part.id]][::-1]
    while stack:
        wire = stack.pop()
        if web.starts_lane(wire):
            lanes[wire.id] = len(lanes)
        else:
            stack.extend(reversed(web.entering[wire.source]))
    for wire in picture.wires:
        if wire.id not in lanes:
            lanes[wire.id] = lanes[web.straight(wire.source).id]
    return lanes


def _ranks(picture: Picture, web: _Web) -> dict[str, int]:
    """Which column of parts each part stands in: operators as far left, junctions as far right as can be."""
    rank = {part.id: int(part.kind == "operator") for part in picture.parts.values() if _is_wired(part)}
    for wire in picture.wires:
        rank[wire.target] = max(rank[wire.target], rank[wire.source] + 1)
    last = max(rank.values(), default=0)
    for part in picture.parts.values():
        if part.kind == "output" and part.id in rank:
            rank[part.id] = last
        if part.kind == "junction" and web.leaving[part.id]:
            rank[part.id] = min(rank[wire.target] for wire in web.leaving[part.id]) - 1
    dense = {old: new for new, old in enumerate(sorted(set(rank.values())))}
    return {id: dense[old] for id, old in rank.items()}


def _is_wired(part: Part) -> bool:
    return part.inputs > 0 or part.outputs > 0


@dataclass(frozen=True)
class _Spot:
    """The columns that a part takes on its line, and the one where upright lines meet it."""

    left: int
    middle: int
    right: int


class _Plan:
    """Where everything is: rows and columns of characters."""

    def __init__(self, picture: Picture, web: _Web, lanes: dict[str, int]) -> None:
        self.picture = picture
        self.web = web
        self.row = _rows(picture, lanes)
        self.spots: dict[str, _Spot] = {}
        self.label_left: dict[str, int] = {}
        self.label_width: dict[str, int] = {}
        self._arrange()

    def line(self, part: str) -> int:
        """The row of the lane that a part stands on."""
        wire = self.web.straight(part) if self.web.entering[part] else self.web.trunk[part]
        return self.row[wire.id]

    def reach(self, part: str) -> tuple[int, int]:
        """The first and the last row that a part and its upright lines take."""
        rows = [self.line(part)]
        if self.picture.parts[part].kind == "operator":
            rows += [self.row[wire.id] for wire in self.web.entering[part]]
        if self.picture.parts[part].kind == "junction":
            rows += [self.row[wire.id] for wire in self.web.leaving[part]]
        return min(rows), max(rows)

    def is_tall(self, part: str) -> bool:
        return len(self.web.entering[part]) > CROWD

    def _arrange(self) -> None:
        """Give every part and every label its columns, from left to right."""
        rank = _ranks(self.picture, self.web)
        members: dict[int, list[Part]] = {}
        for id, column in sorted(rank.items(), key=lambda item: item[1]):
            members.setdefault(column, []).append(self.picture.parts[id])
        arriving: dict[int, list[Wire]] = {}
        for wire in self.picture.wires:
            arriving.setdefault(rank[wire.target], []).append(wire)
        x = 0
        for column, parts in members.items():
            wires = arriving.get(column, [])
            if wires:
                widest = max(columns(label) for wire in wires for label in wire.labels)
                gap = max(SHORTEST, widest + 2)
                for wire in wires:
                    self.label_left[wire.id] = x
                    self.label_width[wire.id] = gap
                x += gap
            x = self._stand(parts, x)
        self.width = x

    def _stand(self, parts: list[Part], x: int) -> int:
        """Place the parts of one column from ``x`` on; return where the column ends."""
        names = [part for part in parts if part.kind == "leaf"]
        wide = max((columns(part.text) for part in names), default=0)
        edge = x + wide if wide else x - 1  # a space after the names
        for part in names:
            self.spots[part.id] = _Spot(edge - columns(part.text), edge, edge)
        x = edge + 2 if names else x
        circles = [part for part in parts if part.kind == "operator"]
        wide = max((columns(_face(part)) for part in circles), default=0)
        for part in circles:
            own = columns(_face(part))
            left = x + 1 + (wide - own) // 2
            self.spots[part.id] = _Spot(left, left + (own - 1) // 2, left + own - 1)
        x += wide + 2 if circles else 0
        tracks: list[int] = []
        for part in sorted((part for part in parts if part.kind == "junction"), key=lambda part: self.reach(part.id)):
            top, bottom = self.reach(part.id)
            track = next((k for k, taken in enumerate(tracks) if taken < top), len(tracks))
            tracks[track : track + 1] = [bottom]
            middle = x + 3 * track + 1
            self.spots[part.id] = _Spot(middle, middle, middle)
        x += 3 * len(tracks)
        ends = [part for part in parts if part.kind == "output"]
        for part in ends:
            self.spots[part.id] = _Spot(x + 1, x + 1, x + 1)
        return x + max((columns(part.text) + 2 for part in ends), default=0)


def _rows(picture: Picture, lanes: dict[str, int]) -> dict[str, int]:
    """The row of each wire's line: lanes are as far apart as their labels and an empty row need."""
    over = {lanes[wire.id] for wire in picture.wires if wire.value is not None}
    under = {lanes[wire.id] for wire in picture.wires if wire.derivative is not None}
    row, rows = 0, []
    for lane in range(len(set(lanes.values()))):
        row += 1 + (lane in over)
        rows.append(row)
        row += 1 + (lane in under)
    return {id: rows[lane] for id, lane in lanes.items()}


def _face(part: Part) -> str:
    """An operator as it stands on its lane.

    >>> _face(Part("op-1", "operator", "×")), _face(Part("op-2", "operator", "exp"))
    ('(×)', '( exp )')
    """
    return f"({part.text})" if columns(part.text) == 1 else f"( {part.text} )"


class _Canvas:
    """Rows of terminal cells. A text stands in its first cell, and the cells that it covers are empty."""

    def __init__(self, rows: int, width: int) -> None:
        self.cells = [[" "] * width for _ in range(rows)]

    def put(self, row: int, column: int, text: str) -> None:
        """Write a text from a cell on."""
        wide = max(1, columns(text))
        self.cells[row][column : column + wide] = [text + " " * (wide - columns(text)), *[""] * (wide - 1)]

    def across(self, row: int, left: int, right: int, line: str) -> None:
        """Draw a level line, both ends included."""
        self.cells[row][left : right + 1] = [line] * (right + 1 - left)

    def down(self, column: int, top: int, bottom: int, line: str) -> None:
        """Draw an upright line, both ends included; it crosses level lines."""
        for cells in self.cells[top : bottom + 1]:
            cells[column] = line if cells[column] == " " else "┼"

    def __str__(self) -> str:
        return "\n".join("".join(cells).rstrip() for cells in self.cells).strip("\n")


def _draw(plan: _Plan) -> str:
    """The picture on its lanes."""
    picture = plan.picture
    canvas = _Canvas(max(plan.row.values(), default=0) + 2, plan.width)
    for wire in picture.wires:
        _draw_wire(canvas, plan, wire)
    for part in picture.parts.values():
        if _is_wired(part):
            _draw_part(canvas, plan, part)
    for wire in picture.wires:
        _draw_heads(canvas, plan, wire)
        _draw_labels(canvas, plan, wire)
    return str(canvas)


def _is_level(plan: _Plan, wire: Wire) -> bool:
    """Whether the wire enters its target from the left, and not from above or below."""
    return plan.is_tall(wire.target) or plan.row[wire.id] == plan.line(wire.target)


def _draw_wire(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    row, end = plan.row[wire.id], plan.spots[wire.target]
    right = end.left - 1 if _is_level(plan, wire) else end.middle - 1
    canvas.across(row, plan.spots[wire.source].right + 1, right, "╌" if wire.pending else "─")


def _draw_heads(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    row, start, end = plan.row[wire.id], plan.spots[wire.source], plan.spots[wire.target]
    if wire.derivative is not None:
        canvas.put(row, start.right + 1, "◀")
    if wire.value is None:
        return
    if _is_level(plan, wire):
        canvas.put(row, end.left - 1, "▶")
    elif row < plan.line(wire.target):
        canvas.put(plan.line(wire.target) - 1, end.middle, "▼")
    else:
        canvas.put(plan.line(wire.target) + 1, end.middle, "▲")


def _draw_labels(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    for label, row in ((wire.value, plan.row[wire.id] - 1), (wire.derivative, plan.row[wire.id] + 1)):
        if label is not None:
            canvas.put(row, plan.label_left[wire.id] + (plan.label_width[wire.id] - columns(label)) // 2, label)


def _draw_part(canvas: _Canvas, plan: _Plan, part: Part) -> None:
    row, spot = plan.line(part.id), plan.spots[part.id]
    if part.kind == "junction":
        _draw_junction(canvas, plan, part)
    elif part.kind == "operator" and plan.is_tall(part.id):
        _draw_box(canvas, plan, part)
    elif part.kind == "operator":
        for wire in plan.web.entering[part.id]:
            if not _is_level(plan, wire):
                _draw_spine(canvas, plan, wire)
        canvas.put(row, spot.left, _face(part))
    elif part.text:
        canvas.put(row, spot.left + (part.kind == "output"), part.text)


def _draw_spine(canvas: _Canvas, plan: _Plan, wire: Wire) -> None:
    """The upright end of a wire that enters an operator from above or below."""
    row, line, column = plan.row[wire.id], plan.line(wire.target), plan.spots[wire.target].middle
    canvas.down(column, min(row, line), max(row, line), "╎" if wire.pending else "│")
    canvas.put(row, column, "╮" if row < line else "╯")


def _draw_junction(canvas: _Canvas, plan: _Plan, part: Part) -> None:
    column, (top, bottom) = plan.spots[part.id].middle, plan.reach(part.id)
    pending = any(wire.pending for wire in plan.web.entering[part.id])
    canvas.down(column, top, bottom, "╎" if pending else "│")
    for wire in plan.web.leaving[part.id]:
        row = plan.row[wire.id]
        canvas.put(row, column, "╭" if row == top else "╰" if row == bottom else "├")
    canvas.put(plan.line(part.id), column, "●")


def _draw_box(canvas: _Canvas, plan: _Plan, part: Part) -> None:
    spot, (top, bottom) = plan.spots[part.id], plan.reach(part.id)
    inner = spot.right - spot.left - 1
    for row in range(top, bottom + 1):
        canvas.put(row, spot.left, "│" + " " * inner + "│")
    canvas.put(top - 1, spot.left, "╭" + "─" * inner + "╮")
    canvas.put(bottom + 1, spot.left, "╰" + "─" * inner + "╯")
    canvas.put(plan.line(part.id), spot.left + 1, _face(part)[1:-1])


# ── The listing ───────────────────────────────────────────────────────────────────────────────────────


def _listing(picture: Picture) -> Iterator[str]:
    yield "todo"
