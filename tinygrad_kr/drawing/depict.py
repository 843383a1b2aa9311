"""From a graph to its picture: which operators, ends and wires there are, and what stands at them.

The graph is taken apart into *units*: a node each, or a closed block with everything inside it. A value
that several units use gets a junction, from where a wire goes to each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from ..engine.blocks import Block, blocks_of
from ..engine.conditions import at_kink
from ..engine.formula import branches, is_symmetric, truths
from ..engine.graph import topological
from ..engine.value import Constant, Value
from ..text.lettering import clipped, printable
from ..text.numerals import numeral, shown
from ..words import mathtext
from ..words.names import detached
from .labels import Label, Labels, Numbers, labels_for
from .layout import MAXIMUM_LISTED, refuse_crowds
from .picture import NAME_COLUMNS, Group, Kind, Note, Options, Part, Picture, State, Wire

__all__ = ["depict"]

TRUTH = {"ko": ("거짓", "참"), "en": ("False", "True")}
CLOSE_ABOVE = 60
"""Blocks close by themselves in graphs of more operators than this."""

Unit: TypeAlias = Value | Block


def depict(outputs: Value | Sequence[Value], options: Options, labels: Labels | None = None) -> Picture:
    """The picture of the graph behind a value.

    Args:
        outputs: the value at the right end, or several.
        options: how to draw it.
        labels: what to write at the wires, where it is none of the styles that ``options`` names.

    Raises:
        ValueError: if ``options`` speak of a value or a block that is not in the graph.

    >>> picture = depict(Value(2.0, "x") * Value(3.0, "y"), Options())
    >>> [wire.labels for wire in picture.wires]
    [('2', '?'), ('3', '?'), ('6', '?')]
    """
    listed = [outputs] if isinstance(outputs, Value) else list(dict.fromkeys(outputs))
    return _Depiction(listed, options, labels).picture


class _Depiction:
    """The steps from a graph to its picture, over what they share."""

    def __init__(self, outputs: list[Value], options: Options, labels: Labels | None = None) -> None:
        self.options = options
        self.picture = Picture()
        self.cut, self.ends = _part_to_draw(outputs, options.around, options.depth)
        self.order = topological(self.ends, leaves=self.cut)
        # A constant that was a leaf is a branch of it that nothing comes back on.
        self.detached = {} if options.living else detached(self.order)
        self.index = {node: place for place, node in enumerate(self.order)}
        self.folded = {node: place for node in self.order if (place := self._foldable(node)) is not None}
        self.owner, self.open = self._blocks()
        self.members: dict[Unit, list[Value]] = {}
        for node in self.order:
            self.members.setdefault(self._unit(node), []).append(node)
        # Before any work is done on a graph that is too large for every writer.
        refuse_crowds(sum(isinstance(unit, Block) or unit.op is not None for unit in self.members), MAXIMUM_LISTED)
        self.labels = labels or labels_for(
            options.labels, outputs, self.cut, options.seed, options.digits, options.grouping, self.owner, self.ends
        )
        self.numbers = Numbers(outputs, self._numeral)
        self.active = self._on_the_way()
        self.blanks, self.asked = self._blanks(), 0
        self.marked = self._drawn("marked", options.marked)
        self._draw()

    # ── Which units there are ─────────────────────────────────────────────────────────────────────────

    def _operands(self, node: Value) -> list[tuple[int, Value]]:
        """The operands that are drawn as wires, with their places; none where the picture is cut off."""
        if node in self.cut:
            return []
        return [(k, parent) for k, parent in enumerate(node.parents) if self.folded.get(node) != k]

    def _foldable(self, node: Value) -> int | None:
        """The place of a plain number that is written into the operator's circle: ×2, +1, **2."""
        if node.op is None or node in self.cut or not node.op.infix or len(node.parents) != 2:
            return None
        plain = [parent.__class__ is Constant and parent.name is None for parent in node.parents]
        if plain == [False, True] and (self.options.constants == "folded" or "**" in node.op.infix):
            return 1
        if plain == [True, False] and self.options.constants == "folded":
            return 0
        return None

    def _blocks(self) -> tuple[dict[Value, Block], list[tuple[Block, set[Value]]]]:
        """Which closed block owns a node, and the open blocks with what is inside, the outermost first."""
        insides = {block: self._inside(block) for block in blocks_of(self.order)}
        for block, inside in insides.items():
            if self._state(block) == "cloud":  # what only goes into a cloud is lost in it
                inside |= self._leaves_for(inside)
        names = {block.name for block in insides}
        if isinstance(self.options.blocks, Mapping) and (unknown := set(self.options.blocks) - names):
            listed = ", ".join(map(repr, sorted(names))) or "none"
            raise ValueError(f"blocks has {shown(min(unknown))}, which is not in the graph; its blocks are {listed}")
        owner: dict[Value, Block] = {}
        opened: list[tuple[Block, set[Value]]] = []
        for block, inside in sorted(insides.items(), key=lambda item: -len(item[1])):
            state = self._state(block)
            if not inside or state == "hidden" or any(node in owner for node in inside):
                continue
            if state == "expanded":
                opened.append((block, inside))
            else:
                owner |= dict.fromkeys(inside, block)
        return owner, opened

    def _inside(self, block: Block) -> set[Value]:
        """The nodes inside a block, as far as they are drawn; a leaf that others use too stays outside."""
        inside = {node for node in block.inside() if node in self.index}
        shared = {
            parent
            for node in self.order
            if node not in inside
            for _, parent in self._operands(node)
            if parent.op is None and parent in inside
        }
        return inside - shared

    def _state(self, block: Block) -> State:
        state = self.options.blocks
        if isinstance(state, Mapping):
            return state.get(block.name, "expanded")
        if state is None:
            operators = sum(node.op is not None for node in self.order)
            is_overview = operators > CLOSE_ABOVE or self.options.labels == "none"
            return "collapsed" if is_overview else "expanded"
        return state

    def _unit(self, node: Value) -> Unit:
        return self.owner.get(node, node)

    def _units(self) -> list[tuple[Unit, list[tuple[int, Value]]]]:
        """The units in topological order, each with the values that go in (and their places as operands)."""
        inputs: dict[Unit, list[tuple[int, Value]]] = {}
        for node in self.order:
            block = self.owner.get(node)
            if block is None:
                inputs[node] = [(k, self.detached.get(parent, parent)) for k, parent in self._operands(node)]
                continue
            known = inputs.setdefault(block, [])
            for _, parent in self._operands(node):
                if self.owner.get(parent) is not block and parent not in (value for _, value in known):
                    known.append((len(known), parent))
        for unit, known in inputs.items():
            if isinstance(unit, Block):  # in the order in which the block was given them
                given = {value: place for place, value in enumerate(unit.inputs)}
                known.sort(key=lambda entry: given.get(entry[1], len(given)))
                known[:] = [(k, value) for k, (_, value) in enumerate(known)]
        order: list[tuple[Unit, list[tuple[int, Value]]]] = []
        seen: set[Unit] = set()
        stack: list[tuple[Unit, bool]] = [(self._unit(end), False) for end in reversed(self.ends)]
        while stack:
            unit, done = stack.pop()
            if done:
                order.append((unit, inputs[unit]))
            elif unit not in seen:
                seen.add(unit)
                stack.append((unit, True))
                stack.extend((self._unit(value), False) for _, value in reversed(inputs[unit]))
        return order

    # ── Which derivatives flow ────────────────────────────────────────────────────────────────────────

    def _on_the_way(self) -> set[Value]:
        """The nodes that backward arrows lead to: those that depend on a leaf that is asked for."""
        wanted = None if self.options.wrt is None else self._drawn("wrt", self.options.wrt)
        active: set[Value] = set()
        for node in self.order:
            parents = [parent for _, parent in self._operands(node)]
            leaf = not parents and node.__class__ is not Constant
            if (leaf if wanted is None else node in wanted) or any(parent in active for parent in parents):
                active.add(node)
        return active

    def _blanks(self) -> set[Value]:
        """The values whose derivatives the reader is to fill in."""
        if isinstance(self.options.quiz, bool):
            return set(self.order) if self.options.quiz else set()
        return self._drawn("quiz", self.options.quiz)

    def _drawn(self, option: str, values: Iterable[Value]) -> set[Value]:
        """The values of an option, which have to be in the picture."""
        for value in values:
            if value not in self.index:
                raise ValueError(
                    f"{option} has {value!r}, which is not in the graph that is drawn; give what it came from"
                )
        return set(values)

    def _flows_back(self, node: Value) -> bool:
        """Whether a wire that carries ``node`` has a backward arrow."""
        return self.options.direction != "forward" and node in self.active

    def _edges(self, unit: Unit, k: int, value: Value) -> list[tuple[Value, int]]:
        """The edges of the graph that a wire into a unit stands for: nodes and places of operands."""
        if isinstance(unit, Value):
            return [(unit, k)]
        inside = [node for node in self.members[unit] if node not in self.cut]
        return [(node, place) for node in inside for place, parent in enumerate(node.parents) if parent is value]

    def _contribution(self, unit: Unit, k: int, value: Value) -> Label | None:
        """What stands under the wire that brings ``value`` to a unit."""
        if not self._flows_back(value) or (isinstance(unit, Value) and unit.parents[k] is not value):
            return None
        if isinstance(unit, Value):
            return self.labels.contribution(unit, k)
        return self.labels.through(unit, self._edges(unit, k, value), value)

    def _total(self, node: Value) -> Label | None:
        return self.labels.total(node) if self._flows_back(node) else None

    # ── Drawing ───────────────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        units = self._units()
        uses: dict[Value, int] = dict.fromkeys(self.order, 0)
        for value in [*self.ends, *(value for _, inputs in units for _, value in inputs)]:
            uses[value] += 1
        start: dict[Value, str] = {}  # the part where the wires to a node's uses start
        depth: dict[Unit, int] = {}
        places: dict[Unit, list[str]] = {}  # the parts and wires that belong to a unit
        for unit, inputs in units:
            here = self._part(unit)
            depth[unit] = 1 + max((depth[self._unit(value)] for _, value in inputs), default=0)
            main = _main_operands([depth[self._unit(value)] for _, value in inputs])
            stem = here.removeprefix("op-")
            for is_main, (k, value) in zip(main, inputs):
                amount = self.numbers.amount(self._edges(unit, k, value))
                derivative = self._contribution(unit, k, value)
                truth = self._truth(unit, k, value)
                id = f"wire-{stem}-{k}"
                self._wire(id, start[value], here, value, derivative, amount, is_main, truth, self._is_idle(unit, k))
            places[unit] = [here]
            for node in self.members[unit]:
                if uses[node]:
                    start[node] = here
                if uses[node] > 1:
                    start[node] = f"join-{self.index[node]}"
                    self.picture.parts[start[node]] = Part(start[node], "junction")
                    self._wire(
                        f"wire-{self.index[node]}",
                        here,
                        start[node],
                        node,
                        self._total(node),
                        self.numbers.adjoint.get(node),
                    )
                    places[unit] += [start[node], f"wire-{self.index[node]}"]
        for end in self.ends:
            self._out(end, start[end])
        self._frames(units, places)
        self.picture.notes = [Note.of(box) for box in self.labels.definitions()]

    def _part(self, unit: Unit) -> str:
        """Add the part that a unit is drawn as, and return its id."""
        if isinstance(unit, Block):
            name = printable(unit.name)
            kind: Kind = "cloud" if self._state(unit) == "cloud" else "block"
            number = list(dict.fromkeys(self.owner.values())).index(unit)
            part = Part(f"block-{number}", kind, Label(clipped(name, NAME_COLUMNS)), name)
        elif unit.op is None or unit in self.cut:
            part = self._end(f"leaf-{self.index[unit]}", "leaf", unit, "⋯" if unit in self.cut else "")
        else:
            symbol = unit.op.symbol
            if unit in self.folded:
                k = self.folded[unit]
                number_text = self._numeral(unit.parents[k].data)
                symbol = f"{symbol}{number_text}" if k else f"{number_text}{symbol}"
            title = f"{unit.op.name} · {unit.op.ko} · {unit.op.en}"
            if at_kink(unit):
                title += " · 꺾이는 점이라 약속에 따른 미분입니다 · a kink: the derivative is by convention"
            is_root = symbol[0] in "√∛"  # tiny in Korean faces
            part = Part(
                f"op-{self.index[unit]}",
                "operator",
                Label.of(mathtext.Word(symbol)) if is_root else Label(symbol),
                title,
                symmetric=is_symmetric(unit.op.forward, unit.op.inputs),
            )
        part.marked = not self.marked.isdisjoint(self.members[unit])
        self.picture.parts[part.id] = part
        return part.id

    def _out(self, node: Value, source: str) -> None:
        part = self._end(f"out-{self.index[node]}", "output", node, "")
        if node.op is None:
            part.text = Label()  # a leaf has its name at the left end already
        self.picture.parts[part.id] = part
        self._wire(
            f"wire-{self.index[node]}-out", source, part.id, node, self._total(node), self.numbers.adjoint.get(node)
        )

    def _end(self, id: str, kind: Kind, node: Value, otherwise: str) -> Part:
        """A leaf or an output, by name; in symbols the wire carries the name, and the end needs none."""
        whole = otherwise if node.name is None else printable(node.name)
        label = Label.of(mathtext.name(clipped(whole, NAME_COLUMNS)))
        is_on_wire = self.options.direction != "backward" and label == self.labels.value(node)
        if node not in (self.options.notes or {}):
            return Part(id, kind, Label() if is_on_wire else label, whole)
        note = printable(self.options.notes[node])  # type: ignore[index]
        behind = mathtext.Word(clipped(note, NAME_COLUMNS), "number")
        boxes = [behind] if is_on_wire or not whole else [mathtext.name(clipped(whole, NAME_COLUMNS)), " ", behind]
        return Part(id, kind, Label.of(mathtext.row(*boxes)), f"{whole} {note}".strip())

    def _wire(
        self,
        id: str,
        source: str,
        target: str,
        node: Value,
        derivative: Label | None,
        amount: float | None,
        main: bool = True,
        instead: Label | None = None,
        is_idle: bool = False,
    ) -> None:
        """Connect two parts by a wire that carries ``node``, in the directions that are drawn."""
        value = None if self.options.direction == "backward" else instead or self.labels.value(node)
        is_inner = self.picture.parts[source].kind in ("operator", "block", "cloud") and node not in self.ends
        if value and value.box is None and node.name is not None and is_inner:
            name = mathtext.name(clipped(printable(node.name), NAME_COLUMNS // 2))
            if mathtext.text(name) != value:  # in symbols a word is its own value
                value = Label.of(mathtext.row(name, mathtext.Word(f" = {value}", "value")))
        if derivative is not None and node in self.blanks:
            self.asked += 1
            derivative = derivative.blank(self.asked)
        if value is not None or derivative is not None:
            self.picture.connect(Wire(id, source, target, value, derivative, main, amount, is_idle=is_idle))

    def _is_idle(self, unit: Unit, k: int) -> bool:
        """Whether an operand is the branch of a choice that was not taken. A living page chooses anew."""
        if not isinstance(unit, Value) or unit.op is None or unit.op.variadic or self.options.living:
            return False
        choice, variables = branches(unit.op.forward), unit.op.variables
        if choice is None:
            return False
        asked, *others = choice
        return variables[k] in others[unit.parents[variables.index(asked)].data != 0.0]

    def _truth(self, unit: Unit, k: int, value: Value) -> Label | None:
        """What stands over the wire of a condition that is a plain number: whether it holds."""
        if not isinstance(unit, Value) or unit.op is None or value.name is not None or value.op is not None:
            return None
        if self.options.living or unit.op.variadic or unit.op.variables[k] not in truths(unit.op.forward):
            return None
        return Label(TRUTH[self.options.language][value.data != 0.0])

    def _frames(self, units: Iterable[tuple[Unit, object]], places: Mapping[Unit, list[str]]) -> None:
        """A group for each open block, inside the smallest one around it."""
        sizes = {f"group-{place}": len(inside) for place, (_, inside) in enumerate(self.open)}
        made: list[tuple[str, set[Value]]] = []
        for id, (block, inside) in zip(sizes, self.open):
            around = [other for other, members in made if inside <= members]
            # Labels t and the like, which only the block uses, stand in its frame.
            framed = inside | {leaf for leaf in self._leaves_for(inside) if leaf.__class__ is Constant}
            parts = {part for unit, _ in units if self.members[unit][0] in framed for part in places[unit]}
            wires = [wire.id for wire in self.picture.wires if {wire.source, wire.target} <= parts]
            parts |= {wire.id for wire in self.picture.wires if wire.id in parts}
            text = clipped(printable(block.name), NAME_COLUMNS)
            members = [part for part in self.picture.parts if part in parts]
            group = Group(id, Label(text), printable(block.name), [*members, *wires], around[-1] if around else None)
            self.picture.groups.append(group)
            made.append((id, inside))

    def _leaves_for(self, inside: set[Value]) -> set[Value]:
        """The leaves that only the inside of a block uses."""
        users: dict[Value, set[Value]] = {}
        for node in self.order:
            for _, parent in self._operands(node):
                if parent.op is None:
                    users.setdefault(parent, set()).add(node)
        return {value for value, nodes in users.items() if nodes <= inside}

    def _numeral(self, number: float) -> str:
        return numeral(number, self.options.digits, self.options.grouping)


def _main_operands(levels: list[int]) -> list[bool]:
    """Which operands continue the main line: the deepest ones; the first where all are leaves."""
    deepest = max(levels, default=0)
    if deepest <= 1:
        return [k == 0 for k in range(len(levels))]
    return [level > 1 for level in levels]


def _part_to_draw(outputs: list[Value], around: Value | None, depth: int | None) -> tuple[set[Value], list[Value]]:
    """Where the picture is cut off at the left (nodes drawn as leaves), and where it ends at the right."""
    if around is None:
        return (set() if depth is None else _steps_back(outputs, depth)), outputs
    order = topological(outputs)
    users: dict[Value, list[Value]] = {node: [] for node in order}
    for node in order:
        for parent in dict.fromkeys(node.parents):
            users[parent].append(node)
    if around not in users:
        raise ValueError(f"around={around!r} is not in the graph that is drawn; give a value it was computed from")
    depth = depth or 1
    near, edge = {around}, [around]
    for _ in range(depth):
        edge = list(dict.fromkeys(user for node in edge for user in users[node] if user not in near))
        near.update(edge)
    behind, edge = {around}, [around]
    for _ in range(depth):
        edge = list(dict.fromkeys(parent for node in edge for parent in node.parents if parent not in behind))
        behind.update(edge)
    drawn = near | (behind - set(edge))
    cut = {parent for node in drawn for parent in node.parents if parent not in drawn and parent.op is not None}
    ends = [node for node in order if node in near and (node in outputs or not set(users[node]) <= near)]
    return cut, ends


def _steps_back(outputs: list[Value], depth: int) -> set[Value]:
    """The nodes that many steps before the outputs."""
    seen, edge = set(outputs), list(outputs)
    for _ in range(depth):
        edge = list(dict.fromkeys(parent for node in edge for parent in node.parents if parent not in seen))
        seen.update(edge)
    return {node for node in edge if node.op is not None}
