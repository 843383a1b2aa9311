"""Step by step: which arrows of a picture can be seen at each moment of the two passes."""

from __future__ import annotations

from dataclasses import dataclass

from .picture import Picture

__all__ = ["Reveal", "moments"]


@dataclass(frozen=True)
class Reveal:
    """What can be seen at one moment.

    Attributes:
        values: the ids of the wires whose value is known.
        derivatives: the ids of the wires whose derivative is known.
        current: the id of the part that is at work.
    """

    values: frozenset[str]
    derivatives: frozenset[str]
    current: str


def moments(picture: Picture) -> list[Reveal]:
    """The moments of the forward pass, then of the backward pass: one for each operator.

    Args:
        picture: what is revealed.

    >>> from tinygrad_kr import Value
    >>> from tinygrad_kr.drawing.depict import depict
    >>> from tinygrad_kr.drawing.picture import Options
    >>> y = Value(2.0, "x") * Value(3.0, "y")
    >>> [len(moment.derivatives) for moment in moments(depict(y, Options()))]
    [0, 1, 3]
    """
    parts = picture.parts
    workers = [part.id for part in parts.values() if part.kind in ("operator", "block", "cloud")]
    forward = [wire for wire in picture.wires if wire.value is not None]
    backward = [wire for wire in picture.wires if wire.derivative is not None]
    behind = _behind(picture)

    values = {wire.id for wire in forward if behind[wire.source] is None}
    derivatives: set[str] = set()
    shown: list[Reveal] = []
    if forward:
        for worker in workers:
            values |= {wire.id for wire in forward if behind[wire.source] == worker}
            shown.append(Reveal(frozenset(values), frozenset(), worker))
    seeds = [wire for wire in backward if parts[wire.target].kind == "output"]
    if seeds:
        derivatives |= {wire.id for wire in seeds}
        shown.append(Reveal(frozenset(values), frozenset(derivatives), seeds[0].target))
    for worker in reversed(workers):
        arrived = {wire.id for wire in backward if wire.target == worker}
        if not arrived:
            continue
        derivatives |= arrived
        # A stem carries its sum as soon as every branch has brought its share.
        done = True
        while done:
            done = False
            for wire in backward:
                branches = [other.id for other in backward if other.source == wire.target]
                stem = parts[wire.target].kind == "junction"
                if stem and wire.id not in derivatives and set(branches) <= derivatives:
                    derivatives.add(wire.id)
                    done = True
        shown.append(Reveal(frozenset(values), frozenset(derivatives), worker))
    return shown


def _behind(picture: Picture) -> dict[str, str | None]:
    """For each part the operator whose result leaves it: itself, or the one before a junction; None for leaves."""
    source: dict[str, str | None] = {}
    for part in picture.parts.values():
        source[part.id] = part.id if part.kind in ("operator", "block", "cloud") else None
    for wire in picture.wires:  # in topological order
        if picture.parts[wire.target].kind == "junction":
            source[wire.target] = source[wire.source]
    return source
