"""One call of a function on fresh inputs: what it recorded, and the sweeps over that."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..engine import modes
from ..engine.graph import has_outside, ordered
from ..engine.modes import new_age, recording
from ..engine.ops import TABLE
from ..engine.value import Constant, Value, apply
from ..text.numerals import shown, to_result
from .series import expand
from .sweeps import forward, forward_on_values, reverse, reverse_on_values
from .trees import filled, is_array, leaves, mapped

__all__ = ["Argnums", "Call", "check_function", "fresh", "moves", "number", "place_of"]

Argnums = int | str | Sequence[int | str]
"""The arguments to differentiate by: places, or names."""


class Call:
    """One call of a function on fresh inputs, and the sweeps over what it recorded.

    Args:
        who: the transform, as messages say it.
        f, args, kwargs: the function, and what it is called with.
        argnums: the arguments to differentiate by.
        is_scalar: whether the function has to return one number.
        has_aux: whether it returns a pair, of which the second part is not differentiated.

    Attributes:
        trees: the arguments to differentiate by.
        inputs: a fresh node for each number in them.
        output: what the function returned.
        outputs: the numbers in it, as Values.
        order: the nodes behind these, each after its parents.
        aux: the second part of what the function returned; its Values are numbers, unless there are others' in them.
    """

    who: str
    name: str
    single: bool
    trees: list[Any]
    output: Any
    outputs: list[Value]
    order: list[Value]
    aux: Any

    def __init__(
        self, who: str, f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any],
        argnums: Argnums, is_scalar: bool = False, has_aux: bool = False,
    ) -> None:  # fmt: skip
        self.who, self.name = who, getattr(f, "__name__", type(f).__name__)
        self.single = isinstance(argnums, (int, str))
        given: dict[int | str, Any] = dict(enumerate(args))
        given.update(kwargs)
        chosen: Iterable[int | str] = (argnums,) if isinstance(argnums, (int, str)) else argnums
        places = [place_of(who, f, argument, given, len(args)) for argument in chosen]
        self.trees = [given[place] for place in places]
        self.inputs: list[Value] = []
        inputs: dict[int | str, list[Value]] = {}
        self._since = new_age()
        with recording():
            for place, tree in zip(places, self.trees):
                if place not in inputs:  # an argument that is named twice goes in once
                    inputs[place] = [_input(leaf) for leaf in leaves(tree, f"an argument of {who}()")]
                    given[place] = filled(tree, inputs[place])
                self.inputs += inputs[place]
            by_place = [given.pop(k) for k in range(len(args))]
            self.output = f(*by_place, **given)  # type: ignore[arg-type]  # what is left has names
        aux = self._split() if has_aux else None
        if is_scalar:
            self._check_scalar()
        for x in self.inputs:
            if not x.parents:
                x.__class__ = Constant  # the function has run: to everyone else, a number is a number again
        results = leaves(self.output, f"the result of {self.name}(), in {who}(),", to_result)
        self.outputs = [leaf if isinstance(leaf, Value) else Constant(leaf) for leaf in results]
        self.order = ordered(self.outputs, self._since)
        self._nested = self._is_nested(self.order)
        self.aux = self._auxiliary(aux) if has_aux else None

    def _split(self) -> Any:
        """Take what is not differentiated from the result."""
        if not isinstance(self.output, tuple) or len(self.output) != 2:
            raise TypeError(
                f"{self.who}(has_aux=True) needs a function that returns a pair (result, aux), and {self.name}() "
                f"returned the {type(self.output).__name__} {shown(self.output)}"
            )
        self.output, aux = self.output
        return aux

    def _auxiliary(self, aux: Any) -> Any:
        """What is not differentiated, as others may have it."""
        values: list[Value] = []
        mapped(aux, lambda value: values.append(value) or value)  # type: ignore[func-returns-value]
        if not self._is_nested(ordered(values, self._since)):
            return mapped(aux, number)
        return aux if modes.is_recording() else mapped(aux, lambda value: Constant(value.data))

    def _is_nested(self, order: Iterable[Value]) -> bool:
        """Whether somebody else may ask for derivatives of these nodes."""
        return any(x.parents for x in self.inputs) or has_outside(order, self._since)

    @property
    def has_python(self) -> bool:
        """Whether there are operations whose partials are Python functions, which know Values but no series."""
        return any(node.op is not None and node.op.functions for node in self.order if not self._is_old(node))

    def _is_old(self, node: Value) -> bool:
        return node.op is not None and node.age < self._since

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
            lambda: reverse(self.order, self.outputs, list(map(number, seeds)), self.inputs),
            lambda: reverse_on_values(self.order, self.outputs, seeds, self.inputs),
            seeds,
        )

    def push_forward(self, tangents: Sequence[Any]) -> list[Any]:
        """The derivatives of all outputs, along a direction of the inputs."""
        return self._computed(
            lambda: forward(self.order, self.outputs, self.inputs, list(map(number, tangents))),
            lambda: forward_on_values(self.order, self.outputs, self.inputs, tangents),
            tangents,
        )

    def matrix(self) -> list[list[Any]]:
        """The derivatives of every output by every input: a sweep for each of the fewer."""
        if len(self.outputs) <= len(self.inputs):
            return [self.pull_back_some([k]) for k in range(len(self.outputs))]
        columns = [self.push_forward_some([k]) for k in range(len(self.inputs))]
        return [list(row) for row in zip(*columns)] if columns else [[] for _ in self.outputs]

    def pull_back_some(self, places: Sequence[int]) -> list[Any]:
        """The derivatives of the sum of some outputs by all inputs; the other outputs are not gone over."""
        some, since = [self.outputs[place] for place in places], self._since
        ones = [1.0] * len(some)
        return self._computed(
            lambda: reverse(ordered(some, since), some, ones, self.inputs),
            lambda: reverse_on_values(ordered(some, since), some, ones, self.inputs),
        )

    def push_forward_some(self, places: Sequence[int]) -> list[Any]:
        """The derivatives of all outputs along some inputs, each of which moves by 1."""
        some, order = [self.inputs[place] for place in places], self.order
        ones = [1.0] * len(some)
        return self._computed(
            lambda: forward(order, self.outputs, some, ones),
            lambda: forward_on_values(order, self.outputs, some, ones),
        )

    def expand(self, order: int, scale: int) -> list[Any]:
        """The Taylor coefficients of the output along scale · t."""
        (x,), (y,) = self.inputs, self.outputs
        return self._computed(
            lambda: expand(self.order, y, x, order, False, float(scale)),
            lambda: expand(self.order, y, x, order, True, float(scale)),
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


def place_of(who: str, f: Callable[..., Any], argument: object, given: dict[int | str, Any], count: int) -> int | str:
    """The place or name of an argument; a place is counted from the end where it is negative.

    Args:
        who: what asks, as messages say it.
        f: the function that is called.
        argument: the place or the name.
        given: its arguments, by place or by name. A parameter that is asked for and left out goes in as its default.
        count: how many have a place.

    Raises:
        TypeError: if there is no such argument.

    >>> place_of("f", lambda x, y: x, "y", {0: 2.0, 1: 3.0}, 2), place_of("f", lambda x, y=3.0: x, "y", {0: 2.0}, 1)
    (1, 'y')
    """
    if isinstance(argument, str):
        return argument if argument in given else _named(who, f, argument, given, count)
    if not isinstance(argument, int):
        raise TypeError(f"{who}(argnums=…) needs places or names of arguments, not {shown(argument)}")
    if not -count <= argument < count:
        raise TypeError(
            f"{who}(argnums={argument}) has no such argument: the function was called with {count} positional "
            f"argument{'s' * (count != 1)}; one that was given by name is named: argnums='x'"
        )
    return argument % count


def _named(who: str, f: Callable[..., Any], name: str, given: dict[int | str, Any], count: int) -> int | str:
    try:
        parameters = inspect.signature(f).parameters
    except (TypeError, ValueError):  # a function of C may have none
        parameters = {}  # type: ignore[assignment]
    parameter = parameters.get(name)
    if parameter is None or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        known = ", ".join(parameters) or "its names are not known"
        raise TypeError(f"{who}(argnums={shown(name)}) has no such argument: the function's are {known}")
    place = [*parameters].index(name)
    if parameter.kind is not parameter.KEYWORD_ONLY and place < count:
        return place
    if parameter.default is parameter.empty:
        raise TypeError(f"{who}(argnums={shown(name)}): the function was called without {name}")
    given[name] = parameter.default
    return name


def fresh(result: Value | float) -> Value:
    """A result as a Value of its own: setting a leaf's data (or name) later must not reach into it.

    >>> x = Value(1.0)
    >>> fresh(x) is x, fresh(2.0)
    (False, constant(2))
    """
    if not isinstance(result, Value):
        return Constant(result)
    return apply(TABLE["sum"], (result,)) if result.op is None and moves(result) else result


def check_function(who: str, f: object, argnums: Argnums = 0) -> None:
    """Refuse what can't be differentiated, before it is called.

    Args:
        who: the transform, as messages say it.
        f: the function.
        argnums: the arguments to differentiate by.

    Raises:
        TypeError: if ``f`` is no function, or ``argnums`` are neither places nor names.
        ValueError: if there is no argument to differentiate by.

    >>> check_function("grad", 3.0)
    Traceback (most recent call last):
    TypeError: grad() needs a function, not the float 3.0; give f, not f(x)
    """
    if not callable(f):
        advice = "for a graph that is there, take gradients(y, x)" if isinstance(f, Value) else "give f, not f(x)"
        raise TypeError(f"{who}() needs a function, not the {type(f).__name__} {shown(f)}; {advice}")
    if not isinstance(argnums, (int, str)) and not hasattr(argnums, "__iter__"):
        raise TypeError(f"{who}(argnums=…) needs places or names of arguments, not {shown(argnums)}")
    if not isinstance(argnums, (int, str)) and hasattr(argnums, "__len__") and not len(argnums):
        raise ValueError(f"{who}(argnums={shown(argnums)}) names no argument to differentiate by; name at least one")
