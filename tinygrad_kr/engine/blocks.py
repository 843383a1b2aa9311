"""Named parts of a graph: a sigmoid, a Softmax, a layer.

A block is a name for what lies between some inputs and some outputs. It changes nothing about values and
derivatives; drawings show it as a frame around its operators, or closed, as one operator of its own.
Programs that use no blocks pay nothing: blocks are kept beside the graph, under their outputs, and go
when these go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar, overload
from weakref import WeakKeyDictionary, ref

from ..text.numerals import shown
from .formula import parse
from .graph import topological
from .value import Value

__all__ = ["Block", "block", "blocks_of", "name_block", "names_blocks", "without_blocks"]

P = ParamSpec("P")
R = TypeVar("R")


class Block:
    """A named part of a graph.

    Attributes:
        name: what it is called in pictures.
        inputs: the Values that go in.
        derivative: for a block with one output ``y``, the partial derivative in closed form, a formula for
            each input; empty where the author gave none.
    """

    def __init__(
        self, name: str, inputs: Sequence[Value], outputs: Sequence[Value], derivative: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.inputs = tuple(inputs)
        self.derivative = tuple(derivative)
        self._outputs = tuple(map(ref, outputs))

    @property
    def outputs(self) -> tuple[Value, ...]:
        """The Values that come out, as far as they are still there."""
        return tuple(value for output in self._outputs if (value := output()) is not None)

    @property
    def letters(self) -> tuple[str, ...]:
        """What ``derivative`` calls the inputs, and the output ``y``."""
        several = len(self.inputs) > 1
        return (*(f"x{k + 1}" if several else "x" for k in range(len(self.inputs))), "y")

    def inside(self) -> set[Value]:
        """The nodes between inputs and outputs: the outputs, and all they were computed from up to the inputs."""
        return set(topological(self.outputs, leaves=set(self.inputs))) - set(self.inputs)

    def __repr__(self) -> str:
        return f"Block({self.name!r}, {len(self.inputs)} → {len(self._outputs)})"


_blocks: WeakKeyDictionary[Value, list[Block]] = WeakKeyDictionary()


def blocks_of(nodes: Iterable[Value]) -> list[Block]:
    """The blocks that have one of these nodes as an output; inner ones before those around them.

    >>> blocks_of([Value(1.0)])
    []
    """
    if not _blocks:
        return []
    return list(dict.fromkeys(block for node in nodes for block in _blocks.get(node, ())))


@overload
def block(name: str, *, derivative: str | Sequence[str] = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
@overload
def block(
    name: str,
    *,
    inputs: Iterable[Value] | Value,
    outputs: Iterable[Value] | Value,
    derivative: str | Sequence[str] = ...,
) -> Block: ...
def block(
    name: str,
    *,
    inputs: Iterable[Value] | Value | None = None,
    outputs: Iterable[Value] | Value | None = None,
    derivative: str | Sequence[str] = (),
) -> Any:
    """Give a part of a graph a name.

    As a decorator, ``@block("sigmoid")`` makes a block of every call: from the Values among its arguments
    to the Values it returns (in lists, tuples, dicts and arrays too). As a function,
    ``block("sigmoid", inputs=x, outputs=y)`` names a part that is there already.

    Args:
        name: what it is called in pictures.
        inputs: the Value or Values that go in.
        outputs: those that come out.
        derivative: for a block of one output, its partial derivative in closed form: a formula in the inputs
            (``x``, or ``x1``, ``x2`` … where there are several) and the output ``y``; one for each input.

    Returns:
        A decorator, or the :class:`Block`.

    Raises:
        TypeError: if the name is not a text, or inputs or outputs are not Values.
        ValueError: if an output does not depend on any input, an input depends on the block's inside, or
            there are not as many derivatives as inputs.

    >>> @block("sigmoid", derivative="y * (1 - y)")
    ... def sigmoid(x):
    ...     return 1 / (1 + (-x).exp())
    >>> y = sigmoid(Value(0.5, "x"))
    >>> blocks_of([y])
    [Block('sigmoid', 1 → 1)]
    """
    if not isinstance(name, str):
        raise TypeError(f"a block's name is a text, not the {type(name).__name__} {shown(name)}")
    formulas = [derivative] if isinstance(derivative, str) else list(derivative)
    for formula in formulas:
        parse(formula)
    if inputs is None and outputs is None:
        return _decorator(name, formulas)
    if inputs is None or outputs is None:
        raise TypeError(f"block({name!r}) needs both inputs= and outputs=, or neither as a decorator")
    made = Block(name, _given(name, "inputs", inputs), _given(name, "outputs", outputs), formulas)
    _refuse_loops(made)
    _refuse_strangers(made)
    _keep(made)
    return made


def _decorator(name: str, derivative: Sequence[str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            result = function(*args, **kwargs)
            if names_blocks() and (made := _between(name, _values([args, kwargs]), _values([result]), derivative)):
                _refuse_strangers(made)
                _keep(made)
            return result

        return call

    return decorate


_naming: ContextVar[bool] = ContextVar("naming", default=True)


def names_blocks() -> bool:
    """Whether calls make blocks.

    >>> names_blocks()
    True
    """
    return _naming.get()


@contextmanager
def without_blocks() -> Iterator[None]:
    """Make no blocks meanwhile: for graphs that are only computed, and not drawn.

    >>> with without_blocks():
    ...     y = block("double")(lambda x: x * 2)(Value(1.0))
    >>> blocks_of([y])
    []
    """
    token = _naming.set(False)
    try:
        yield
    finally:
        _naming.reset(token)


def name_block(name: str, inputs: Iterable[Value], outputs: Iterable[Value]) -> None:
    """Name a part of a graph that was just computed, by someone who knows what it was computed from.

    >>> x = Value(1.0)
    >>> y = x * 2
    >>> name_block("double", [x], [y])
    >>> blocks_of([y])
    [Block('double', 1 → 1)]
    """
    if names_blocks() and (made := _between(name, inputs, outputs)):
        _keep(made)


def _given(name: str, what: str, values: Iterable[Value] | Value) -> list[Value]:
    listed = [values] if isinstance(values, Value) else list(getattr(values, "flat", values))
    for value in listed:
        if not isinstance(value, Value):
            raise TypeError(f"block({name!r}) needs Values as {what}, not the {type(value).__name__} {shown(value)}")
    if not listed:
        raise ValueError(f"block({name!r}) has no {what}; give at least one Value")
    return list(dict.fromkeys(listed))


def _between(
    name: str, inputs: Iterable[Value], outputs: Iterable[Value], derivative: Sequence[str] = ()
) -> Block | None:
    """The block from some Values to what was computed from them, if there is such a thing."""
    inputs = dict.fromkeys(inputs)
    # Plain numbers have no graph, and what was handed through is no part of the block.
    outputs = [value for value in dict.fromkeys(outputs) if value.op is not None and value not in inputs]
    return Block(name, list(inputs), outputs, derivative) if inputs and outputs else None


def _keep(made: Block) -> None:
    for output in made.outputs:
        _blocks.setdefault(output, []).append(made)


def _refuse_strangers(made: Block) -> None:
    """Every output has to come out of the inputs, and a derivative has to belong to an input."""
    if made.derivative and (len(made.derivative) != len(made.inputs) or len(made.outputs) != 1):
        raise ValueError(
            f"block({made.name!r}) got {len(made.derivative)} derivatives for {len(made.inputs)} inputs and "
            f"{len(made.outputs)} outputs; expected one output and a formula for each input"
        )
    given = set(made.inputs)
    for output in made.outputs:
        if output in given or not any(node in given for node in topological([output], leaves=given)):
            raise ValueError(
                f"block({made.name!r}): the output {output!r} does not depend on its inputs; "
                "give the Values that it was computed from"
            )


def _refuse_loops(made: Block) -> None:
    """A block closes to one operator only if nothing leaves it and comes in again."""
    inside = made.inside()
    for value in made.inputs:
        stack, seen = list(value.parents), set(value.parents)
        while stack:
            node = stack.pop()
            if node in inside and node.op is not None:
                raise ValueError(
                    f"block({made.name!r}): the input {value!r} depends on {node!r}, which is inside the block; "
                    "leave that input out, or split the block"
                )
            fresh = [parent for parent in node.parents if parent not in seen]
            seen.update(fresh)
            stack.extend(fresh)


def _values(things: Iterable[Any]) -> Iterator[Value]:
    """The Values in nested lists, tuples, dicts and arrays, from the left."""
    stack = list(things)[::-1]
    while stack:
        thing = stack.pop()
        if isinstance(thing, Value):
            yield thing
        elif isinstance(thing, dict):
            stack.extend(list(thing.values())[::-1])
        elif isinstance(thing, (list, tuple)):
            stack.extend(thing[::-1])
        elif getattr(getattr(thing, "dtype", None), "kind", "") == "O":
            stack.extend(list(thing.flat)[::-1])
