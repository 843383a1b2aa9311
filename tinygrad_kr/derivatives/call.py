"""One call of a function on fresh inputs: what it recorded, and the sweeps over that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine import modes
from ..engine.graph import walk
from ..engine.modes import new_age, recording
from ..engine.ops import TABLE
from ..engine.value import Constant, Value, apply
from ..text.numerals import shown, to_result
from .series import expand
from .sweeps import forward, forward_on_values, reverse, reverse_on_values
from .trees import filled, is_array, leaves

__all__ = ["Call", "fresh", "moves", "number"]


class Call:
    """One call of a function on fresh inputs, and the sweeps over what it recorded.

    Attributes:
        trees: the arguments to differentiate by.
        inputs: a fresh node for each number in them.
        output: what the function returned.
        outputs: the numbers in it, as Values.
    """

    def __init__(
        self, who: str, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any],
        argnums: int | Sequence[int], is_scalar: bool = False,
    ) -> None:  # fmt: skip
        self.who, self.name = who, getattr(f, "__name__", type(f).__name__)
        self.single = isinstance(argnums, int)
        places = [_place(who, k, len(args)) for k in ((argnums,) if isinstance(argnums, int) else argnums)]
        self.trees = [args[k] for k in places]
        self.inputs: list[Value] = []
        given, inputs = list(args), dict[int, list[Value]]()
        self._since = new_age()
        with recording():
            for k, tree in zip(places, self.trees):
                if k not in inputs:  # an argument that is named twice goes in once
                    inputs[k] = [_input(leaf) for leaf in leaves(tree, f"an argument of {who}()")]
                    given[k] = filled(tree, inputs[k])
                self.inputs += inputs[k]
            self.output = f(*given, **kwargs)
        if is_scalar:
            self._check_scalar()
        for x in self.inputs:
            if not x.parents:
                x.__class__ = Constant  # the function has run: to everyone else, a number is a number again
        results = leaves(self.output, f"the result of {self.name}(), in {who}(),", to_result)
        self.outputs = [leaf if isinstance(leaf, Value) else Constant(leaf) for leaf in results]
        self._order = [*walk(self.outputs, self._since)]
        self._nested = any(x.parents for x in self.inputs) or any(map(self._is_outside, self._order))

    @property
    def has_python(self) -> bool:
        """Whether there are operations whose partials are Python functions, which know Values but no series."""
        return any(node.op is not None and node.op.functions for node in self._order if not self._is_old(node))

    def _is_old(self, node: Value) -> bool:
        return node.op is not None and node.age < self._since

    def _is_outside(self, node: Value) -> bool:
        """Whether a node is somebody else's: a leaf that moves, or what was recorded before the call."""
        return (node.op is None or self._is_old(node)) and moves(node)

    def _check_scalar(self) -> None:
        """Refuse a result that is no single number."""
        if isinstance(self.output, (list, tuple, dict)) or (is_array(self.output) and self.output.ndim):
            raise TypeError(
                f"{self.who}() needs a function that returns one real number, and {self.name}() returned the "
                f"{type(self.output).__name__} {shown(self.output)}; use jacobian() for several outputs"
            )

    def as_arguments(self, results: Sequence[Any]) -> Any:
        """A result for each input, built as the arguments are."""
        rest = iter(results)
        parts = tuple(filled(tree, rest) for tree in self.trees)
        return parts[0] if self.single else parts

    def values(self) -> list[Any]:
        """The numbers that the function returned."""
        return self._computed(lambda: [output.data for output in self.outputs], lambda: self.outputs)

    def pull_back(self, seeds: Sequence[Any]) -> list[Any]:
        """The derivatives by all inputs, for an upstream derivative of each output."""
        return self._computed(
            lambda: reverse(self._order, self.outputs, list(map(number, seeds)), self.inputs),
            lambda: reverse_on_values(self._order, self.outputs, seeds, self.inputs),
            seeds,
        )

    def push_forward(self, tangents: Sequence[Any]) -> list[Any]:
        """The derivatives of all outputs, along a direction of the inputs."""
        return self._computed(
            lambda: forward(self._order, self.outputs, self.inputs, list(map(number, tangents))),
            lambda: forward_on_values(self._order, self.outputs, self.inputs, tangents),
            tangents,
        )

    def matrix(self) -> list[list[Any]]:
        """The derivatives of every output by every input: a sweep for each of the fewer."""
        since = self._since
        if len(self.outputs) <= len(self.inputs):
            return [
                self._computed(
                    lambda y=y: reverse(walk([y], since), [y], [1.0], self.inputs),  # type: ignore[misc]
                    lambda y=y: reverse_on_values(walk([y], since), [y], [1.0], self.inputs),  # type: ignore[misc]
                )
                for y in self.outputs
            ]
        columns = [
            self._computed(
                lambda x=x: forward(self._order, self.outputs, [x], [1.0]),  # type: ignore[misc]
                lambda x=x: forward_on_values(self._order, self.outputs, [x], [1.0]),  # type: ignore[misc]
            )
            for x in self.inputs
        ]
        return [list(row) for row in zip(*columns)] if columns else [[] for _ in self.outputs]

    def expand(self, order: int, scale: int) -> list[Any]:
        """The Taylor coefficients of the output along scale · t."""
        (x,), (y,) = self.inputs, self.outputs
        return self._computed(
            lambda: expand(self._order, y, x, order, False, float(scale)),
            lambda: expand(self._order, y, x, order, True, float(scale)),
        )

    def _computed(
        self, on_floats: Callable[[], Sequence[Any]], on_values: Callable[[], Sequence[Any]], given: Sequence[Any] = ()
    ) -> list[Any]:
        """Floats; where there are Values of others in it, Values, which are constants inside ``no_grad()``."""
        if not self._nested and not any(map(moves, given)):
            return list(on_floats())
        if not modes.is_recording():
            return list(map(Constant, on_floats()))
        with recording():
            return list(map(fresh, on_values()))


def _input(leaf: Value | float) -> Value:
    """A node for one number of an argument: nobody else's, so that a derivative by it is by nothing else."""
    if not moves(leaf):
        return Value(number(leaf), leaf.name if isinstance(leaf, Value) else None)
    node = apply(TABLE["sum"], (leaf,))
    node.name = leaf.name  # type: ignore[union-attr]
    return node


def moves(leaf: Value | float) -> bool:
    """Whether a derivative by it can be asked for.

    >>> moves(Value(1.0)), moves(Constant(1.0)), moves(1.0)
    (True, False, False)
    """
    return isinstance(leaf, Value) and leaf.__class__ is not Constant


def number(leaf: Value | float) -> float:
    """The number of a Value, or the number.

    >>> number(Value(1.0)), number(2.0)
    (1.0, 2.0)
    """
    return leaf.data if isinstance(leaf, Value) else leaf


def _place(who: str, argnum: object, count: int) -> int:
    """The place of an argument, counted from the end where it is negative."""
    if not isinstance(argnum, int):
        raise TypeError(f"{who}(argnums=…) needs an int or a sequence of ints, not {shown(argnum)}")
    if not -count <= argnum < count:
        raise TypeError(
            f"{who}(argnums={argnum}) has no such argument: the function was called with {count} positional "
            f"argument{'s' * (count != 1)}; arguments given by name are not differentiated"
        )
    return argnum % count


def fresh(result: Value | float) -> Value:
    """A result as a Value of its own: setting a leaf's data (or name) later must not reach into it.

    >>> x = Value(1.0)
    >>> fresh(x) is x, fresh(2.0)
    (False, constant(2))
    """
    if not isinstance(result, Value):
        return Constant(result)
    return apply(TABLE["sum"], (result,)) if result.op is None and moves(result) else result
