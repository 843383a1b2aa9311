"""What values are called in words and pictures: by their names, made harmless, or by letters that no value has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import count

from ..engine.value import Constant, Value
from ..text.lettering import clipped, printable
from .mathtext import name, text

__all__ = ["called", "detached", "letters", "loss", "numbered"]

LONGEST = 20
"""A name is cut to this many columns."""


def called(node: Value, longest: int = LONGEST) -> str:
    """The name that people gave a value, in one short line; empty where there is none.

    >>> called(Value(1.0, " a ")), called(Value(1.0))
    ('a', '')
    """
    return clipped(printable(node.name or "").strip(), longest)


def detached(order: Iterable[Value]) -> dict[Value, Value]:
    """The leaf that a constant was before ``detach()``, or ``where`` without taking it: it has its name and number.

    Args:
        order: the nodes of a graph.

    >>> x = Value(2.0, "x")
    >>> detached([x, kept := x.detach(), Value(2.0)])[kept] is x
    True
    """
    leaves = [node for node in order if node.op is None and node.name is not None]
    moving = {(leaf.name, leaf.data): leaf for leaf in leaves if leaf.__class__ is not Constant}
    return {
        leaf: moving[leaf.name, leaf.data]
        for leaf in leaves
        if leaf.__class__ is Constant and (leaf.name, leaf.data) in moving
    }


def letters(alphabet: str, last: str, taken: Collection[str | None]) -> Iterator[str]:
    """Letters for values without a name: those of an alphabet, then one letter with numbers.

    Args:
        alphabet: the letters, in the order in which they are given out.
        last: the letter that goes on with numbers.
        taken: names that something else has.

    >>> from itertools import islice
    >>> list(islice(letters("ab", "v", {"a", "v₁"}), 3))
    ['b', 'v_2', 'v_3']
    """
    read = {text(name(label)) for label in taken if label}  # v_1 and v₁ are one name to a reader
    yield from (letter for letter in alphabet if letter not in read)
    yield from (letter for k in count(1) if text(name(letter := f"{last}_{k}")) not in read)


def loss(taken: Collection[str]) -> str:
    """The letter for what is differentiated beyond the outputs: L, as in ∂L/∂y, or another where a value is called so.

    >>> loss({"x", "y"}), loss({"L", "x"})
    ('L', 'E')
    """
    return next(letters("LEJ", "L", taken))


def numbered(label: str, number: int | None) -> str:
    """A label and the number of a use of the value: x①.

    >>> numbered("x_1", 2), numbered("x", None)
    ('x₁②', 'x')
    """
    if number is None:
        return label
    return text(name(label)) + (chr(0x245F + number) if number <= 20 else f"({number})")
