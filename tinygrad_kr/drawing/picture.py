"""*What* is drawn: a small model of operators, ends, wires and groups, and the options for making it.

It knows nothing of positions or of SVG, nor of where it came from (``depict.py``). Ids are generated
(``op-3``, ``wire-3-0``) and never made from names; all text in a picture is printable already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..engine.value import Value
from ..text.numerals import shown
from ..text.options import Language, check
from ..words.mathtext import Word
from .labels import STYLES, Label, Style

__all__ = ["STATES", "Badge", "Direction", "Group", "Note", "Options", "Part", "Picture", "State", "Wire"]

Direction = Literal["both", "forward", "backward"]
Kind = Literal["operator", "leaf", "output", "junction", "block", "cloud"]
State = Literal["expanded", "collapsed", "cloud", "hidden"]
STATES = ("expanded", "collapsed", "cloud", "hidden")

NAME_COLUMNS = 40
"""Names longer than this are cut in the picture; a tooltip has more of them."""

TITLE_COLUMNS = 10_000
"""Titles and tooltips longer than this are cut, too."""


class Badge(Label):
    """A number in the place of a formula, which stands below the picture; as a text it is the formula.

    Attributes:
        number: which note it refers to.
    """

    number: int

    @classmethod
    def of_note(cls, number: int, formula: Label) -> Badge:
        """The number of a note, in the place of its formula."""
        badge = cls(formula)
        badge.number, badge.box = number, Word(str(number), "number")
        return badge


class Note(Label):
    """A formula below the picture.

    Attributes:
        number: the one that stands for it at a wire; 0 where it is what a letter of the labels means.
        shapes: the shapes of what is in it, written behind it.
    """

    number: int = 0
    shapes: str = ""


@dataclass
class Part:
    """Something with a place of its own: an operator, a leaf, an output, a junction or a closed block.

    Attributes:
        id: ``op-3``, ``leaf-0``, ``out-5``, ``join-2``, ``block-1``; the number is the node's (or the block's),
            in topological order.
        kind: what it is. A junction is where a value that is used several times branches.
        text: the symbol in the circle or the name at the end, cut to a readable length.
        title: the whole text, for a tooltip.
        inputs, outputs: how many wires come in at the left and leave at the right.
        symmetric: whether the order in which its operands come in makes no difference.
        marked: whether it stands out.
    """

    id: str
    kind: Kind
    text: Label = field(default_factory=Label)
    title: str = ""
    inputs: int = 0
    outputs: int = 0
    symmetric: bool = False
    marked: bool = False


@dataclass
class Wire:
    """A value on its way from one part to another, and the derivative on its way back.

    Attributes:
        id: ``wire-3-0`` for the first operand of operator 3, ``wire-3`` for a value before it branches
            or leaves.
        source, target: the ids of the parts it connects.
        value: what stands over the forward arrow; None where no forward arrow is drawn.
        derivative: what stands under the backward arrow; None where no backward arrow is drawn.
        amount: the derivative as a number, where it is known.
        is_double: whether it has two arrows, side by side; set when it is connected.
        is_ahead: whether its value is still to come, at one moment of a pass.
        is_idle: whether it is the branch of a choice that was not taken.
        main: whether the wire continues the main line of its target, which is drawn straight.
        marked: whether its value stands out: that of a leaf that does.
    """

    id: str
    source: str
    target: str
    value: Label | None
    derivative: Label | None
    main: bool = True
    amount: float | None = None
    is_double: bool = False
    marked: bool = False
    is_ahead: bool = False
    is_idle: bool = False

    @property
    def pending(self) -> bool:
        """Whether the derivative has not been computed yet."""
        return self.derivative is not None and self.derivative.pending

    @property
    def labels(self) -> tuple[Label, ...]:
        """What stands at the wire."""
        return tuple(text for text in (self.value, self.derivative) if text is not None)


@dataclass
class Group:
    """An open block: a frame around some parts and wires.

    Attributes:
        id: ``group-0``.
        text: its name, cut to a readable length; ``title`` is the whole.
        members: the ids of the parts and wires inside, those of inner groups too.
        inside: the id of the group around it, if any.
    """

    id: str
    text: Label
    title: str
    members: list[str]
    inside: str | None = None


@dataclass
class Picture:
    """Everything that is drawn, in the order written: parts, the wires between them, and groups of them.

    Notes are formulas that stand below; the wires that numbered ones belong to carry a :class:`Badge`.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def of_kind(self, kind: Kind) -> list[Part]:
        """The parts of one kind, in order."""
        return [part for part in self.parts.values() if part.kind == kind]

    def connect(self, wire: Wire) -> None:
        """Add a wire between parts that are there."""
        wire.marked = self.parts[wire.source].kind == "leaf" and self.parts[wire.source].marked
        wire.is_double = wire.value is not None and wire.derivative is not None
        self.wires.append(wire)
        self.parts[wire.source].outputs += 1
        self.parts[wire.target].inputs += 1


@dataclass(frozen=True)
class Options:
    """How a graph is drawn; :func:`tinygrad_kr.draw` documents the fields."""

    direction: Direction = "both"
    labels: Style = "numbers"
    seed: str | None = None
    wrt: Sequence[Value] | None = None
    constants: Literal["inputs", "folded"] = "inputs"
    blocks: State | Mapping[str, State] | None = None
    around: Value | None = None
    depth: int | None = None
    digits: int = 6
    grouping: bool = False
    quiz: bool | Sequence[Value] = False
    marked: Sequence[Value] = ()
    language: Language = "ko"
    living: bool = False
    """Whether numbers will change, as on a page: constants stay apart from the leaves that they were."""
    notes: Mapping[Value, str] | None = None

    def __post_init__(self) -> None:
        _choose("direction", self.direction, ("both", "forward", "backward"))
        _choose("labels", self.labels, STYLES)
        check(language=self.language)
        _choose("constants", self.constants, ("inputs", "folded"))
        for name, number in (("digits", self.digits), ("depth", self.depth)):
            if number is not None and (not isinstance(number, int) or number < 1):
                raise ValueError(f"{name}={shown(number)} is not possible; expected a whole number from 1")
        for state in self.blocks.values() if isinstance(self.blocks, Mapping) else [self.blocks]:
            if state is not None:
                _choose("blocks", state, STATES)
        if self.around is not None and not isinstance(self.around, Value):
            raise TypeError(f"around needs a Value, not the {type(self.around).__name__} {shown(self.around)}")
        for option, values in (("wrt", self.wrt), ("quiz", self.quiz), ("marked", self.marked)):
            if values is None or isinstance(values, bool):
                continue
            is_list = isinstance(values, Iterable) and not isinstance(values, str)
            for wrong in [value for value in values if not isinstance(value, Value)] if is_list else [values]:
                needed = f"{option} needs Values of the graph, as in {option}=[x]"
                raise TypeError(f"{needed}, not the {type(wrong).__name__} {shown(wrong)}")
        for value, note in (self.notes or {}).items():
            if not isinstance(value, Value) or not isinstance(note, str):
                raise TypeError(f"notes needs texts by Values, {{x: '± 0.1'}}, not {shown({value: note})}")


def _choose(option: str, given: object, choices: Sequence[str]) -> None:
    if given not in choices:
        raise ValueError(f"{option}={shown(given)} is unknown; choose one of {', '.join(map(repr, choices))}")
