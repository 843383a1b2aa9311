"""Graphs as JSON text: structure, names, numbers and gradients, to keep or to read elsewhere.

The text is one object. ``nodes`` lists the graph in topological order, each node on a line of its own::

    {"format": "tinygrad_kr graph", "version": 1, "nodes": [
    {"value": 3.0, "name": "x", "grad": 2.0},
    {"value": 2.0, "constant": true},
    {"op": "mul", "parents": [0, 1], "value": 6.0, "grad": 1.0}
    ], "outputs": [2]}

A node with an ``op`` is a row of the table (``k`` is the output of a row with several), ``parents`` are places in
the list. JSON has no inf and nan: they are the texts "inf", "-inf" and "nan". Local derivatives are not written;
they follow from the row and the numbers. Blocks are not written either: they belong to pictures.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..text.numerals import shown, spelled
from .added import known, row
from .graph import topological
from .kernels import kernel
from .ops import Op
from .value import Constant, Value

__all__ = ["from_json", "load_graph", "save_graph", "to_json"]

FORMAT, VERSION = "tinygrad_kr graph", 1
KEYS = {"format", "version", "nodes", "outputs"}
LEAF_KEYS = {"value", "name", "grad", "op", "constant"}
RESULT_KEYS = {"value", "name", "grad", "op", "k", "parents"}
NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}

ULPS = 64
"""How far a value may be from what its operands give here: mathematics libraries differ in the last digits."""

ULPS_OF_FUNCTIONS = 2.0**32
"""The same where a Python function computes it: a solver, here or elsewhere, stops at a millionth or earlier."""


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────


def save_graph(outputs: Value | Iterable[Value], path: str | os.PathLike[str]) -> None:
    """Write a graph to a JSON file, whole or not at all.

    Args:
        outputs: the Value to save with all it was computed from, or several. What is to be at hand after loading,
            a parameter for instance, is given as an output too.
        path: where to; a file that is there is replaced.

    Raises:
        TypeError: if an output is not a Value.
        ValueError: if there is no output, or a node can't be saved; the sentence names it.
        OSError: if the file can't be written.

    >>> x = Value(3.0, "x")
    >>> save_graph([x * x, x], "graph.json")
    >>> load_graph("graph.json")
    [Value(9), Value(3, name='x')]
    """
    from ..text.files import write_whole

    write_whole(Path(path), to_json(outputs).encode())


def to_json(outputs: Value | Iterable[Value]) -> str:
    """A graph as JSON text; :func:`from_json` makes the graph again.

    Args:
        outputs: the Value to write with all it was computed from, or several (a list, an array).

    Raises:
        TypeError: if an output is not a Value.
        ValueError: if there is no output; if a node's operation is not a row of the table; or if a leaf was set after
            the node was computed from it.

    >>> print(to_json(Value(3.0, "x") * 2))
    {"format": "tinygrad_kr graph", "version": 1, "nodes": [
    {"value": 3.0, "name": "x"},
    {"value": 2.0, "constant": true},
    {"op": "mul", "parents": [0, 1], "value": 6.0}
    ], "outputs": [2]}
    """
    ends = _ends(outputs)
    order = topological(ends)
    places = {node: place for place, node in enumerate(order)}
    nodes = ",\n".join([_record(node, places) for node in order])
    head = f'"format": "{FORMAT}", "version": {VERSION}'
    return f'{{{head}, "nodes": [\n{nodes}\n], "outputs": {[places[end] for end in ends]}}}'


def _ends(outputs: Value | Iterable[Value]) -> list[Value]:
    if isinstance(outputs, Value):
        return [outputs]
    if not hasattr(outputs, "__iter__"):
        raise TypeError(f"a graph to save needs Values as outputs, not the {type(outputs).__name__} {shown(outputs)}")
    ends = list(getattr(outputs, "flat", outputs))
    for end in ends:
        if not isinstance(end, Value):
            raise TypeError(f"a graph to save needs Values as outputs, not the {type(end).__name__} {shown(end)}")
    if not ends:
        raise ValueError("a graph to save needs at least one output, but got none")
    return ends


def _record(node: Value, places: dict[Value, int]) -> str:
    """One node as JSON has it."""
    op = node.op
    parts = []
    if op is not None:
        parents = node.parents
        _refuse_unfit(node, op, parents)
        parts.append(f'"op": "{op.name}"')
        if op.k is not None:
            parts.append(f'"k": {op.k}')
        parts.append(f'"parents": {[places[parent] for parent in parents]}')
    parts.append(f'"value": {_jsonable(node.data)}')
    name, grad = node.name, node.grad
    if name is not None:
        parts.append(f'"name": {_text(name)}')
    if op is None and isinstance(node, Constant):
        parts.append('"constant": true')
    if grad is not None:
        parts.append(f'"grad": {_jsonable(grad)}')
    return f"{{{', '.join(parts)}}}"


def _refuse_unfit(node: Value, op: Op, parents: Sequence[Value]) -> None:
    row = known(op.name)
    if row is not op and (row is None or op.k is None or op is not row.output(op.k)):
        raise ValueError(
            f"can't save {node!r}: its operation {op.name!r} is not a row of tinygrad_kr.engine.ops.TABLE, and not "
            "what @operation has defined last under that name"
        )
    numbers = [parent.data for parent in parents]
    again = _forward(op, numbers)
    if not _agree(op, numbers, node.data, again):
        raise ValueError(
            f"can't save {node!r}: {op.name} of its operands is {_shown(again)} now, for a leaf was set after it was "
            "computed; compute the expression again and save that"
        )


def _jsonable(number: float) -> str:
    return repr(number) if number - number == 0.0 else f'"{number}"'


def _text(name: str) -> str:
    """JSON that keeps Korean readable; only lone surrogates, which no file can hold, are escaped."""
    text = json.dumps(name, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────


def load_graph(path: str | os.PathLike[str]) -> list[Value]:
    """Read a graph from a file that :func:`save_graph` wrote.

    Args:
        path: the file.

    Returns:
        The outputs, in the order in which they were saved.

    Raises:
        OSError: if the file can't be read.
        ValueError: if it holds no valid graph; the sentence names the file, the place and what was expected.

    >>> save_graph(Value(3.0, "x") * 2, "graph.json")
    >>> (y,) = load_graph("graph.json")
    >>> y, y.parents[0].name
    (Value(6), 'x')
    """
    content = Path(path).read_bytes()
    try:
        return from_json(_decoded(content))
    except ValueError as error:
        raise ValueError(f"can't load {os.fspath(path)!r}: {error}") from None


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8; expected a file that save_graph() wrote") from None


def from_json(text: str) -> list[Value]:
    """The graph that :func:`to_json` wrote.

    Every part is checked, and every value is computed again from its operands: a text that was damaged or changed by
    hand is refused. Numbers are those of the text, to the last digit.

    Args:
        text: the JSON text.

    Returns:
        The outputs, in the order in which they were given.

    Raises:
        TypeError: if ``text`` is not a text.
        ValueError: if it is no valid graph; the sentence names the place and what was expected.

    >>> (y,) = from_json(to_json(Value(3.0, "x") * 2))
    >>> y.backward()
    >>> y.parents
    (Value(3, grad=2, name='x'), constant(2))
    >>> from_json(to_json(y).replace("6.0", "7.0"))
    Traceback (most recent call last):
    ValueError: node 2: its value is 7, but mul of its operands is 6
    """
    if not isinstance(text, str):
        raise TypeError(f"from_json() needs a text, not the {type(text).__name__} {shown(text)}")
    whole = _parsed(text)
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise ValueError(f'this is not a graph; expected an object whose "format" is {FORMAT!r}')
    version = whole.get("version")
    if type(version) is not int or version < 1:
        raise ValueError(f"the version is {shown(version)}; expected a whole number from 1")
    if version > VERSION:
        raise ValueError(f"the version is {version}, and this tinygrad_kr reads up to {VERSION}; update tinygrad_kr")
    _refuse_keys("the graph", whole, KEYS)
    nodes: list[Value] = []
    records = _listed(whole.get("nodes"), "nodes")
    try:
        for record in records:
            nodes.append(_node(record, nodes))
    except ValueError as error:
        raise ValueError(f"node {len(nodes)}: {error}") from None
    ends = _listed(whole.get("outputs"), "outputs")
    if not ends:
        raise ValueError("outputs is empty; expected the place of at least one node")
    return [nodes[_place(end, len(nodes), "output")] for end in ends]


class Twice(NamedTuple):
    """An object of the text in which a key stands twice."""

    key: str


def _parsed(text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Twice:
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        keys = [key for key, _ in pairs]
        return Twice(next(key for place, key in enumerate(keys) if key in keys[:place]))

    def whole(digits: str) -> int | float:
        return int(digits) if len(digits) < 20 else float(digits)

    def constant(token: str) -> float:
        raise ValueError(f'{token} is not JSON; expected the text "inf", "-inf" or "nan"')

    load = partial(json.loads, text.removeprefix("\ufeff"), object_pairs_hook=unique, parse_constant=constant)
    try:
        try:
            parsed = load()
        except ValueError:  # int() refuses thousands of digits; it is quicker where it does not
            parsed = load(parse_int=whole)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is not JSON: {error}") from None
    except RecursionError:
        raise ValueError("this is not a graph: its brackets are nested too deeply") from None
    if isinstance(parsed, Twice):
        raise ValueError(f"the graph: the key {shown(parsed.key)} stands twice")
    return parsed


def _node(record: Any, before: Sequence[Value]) -> Value:
    """The node of a record; its operands are among those before it."""
    if isinstance(record, Twice):
        raise ValueError(f"the key {shown(record.key)} stands twice")
    if not isinstance(record, dict):
        raise ValueError(f"it is {shown(record)}; expected an object")
    is_leaf = record.get("op") is None
    _refuse_keys("a leaf" if is_leaf else "a result", record, LEAF_KEYS if is_leaf else RESULT_KEYS)
    if "value" not in record:
        raise ValueError("it has no value; expected a number")
    data = _number(record["value"], "value")
    grad = None if record.get("grad") is None else _number(record["grad"], "grad")
    name = record.get("name")
    if name is not None and not isinstance(name, str):
        raise ValueError(f"its name is {shown(name)}; expected a text or null")
    if is_leaf:
        is_constant = record.get("constant", False)
        if type(is_constant) is not bool:
            raise ValueError(f"its constant is {shown(is_constant)}; expected true or false")
        kind = Constant if is_constant else Value
        return kind.rebuild(data, name, grad)
    places, count = _listed(record.get("parents"), "parents"), len(before)
    parents = tuple([
        before[place if place.__class__ is int and 0 <= place < count else _place(place, count, "parent")]
        for place in places
    ])  # fmt: skip
    op = _row(record["op"], record.get("k"), len(parents))
    return _result(op, parents, data, grad, name)


def _result(op: Op, parents: tuple[Value, ...], data: float, grad: float | None, name: str | None) -> Value:
    """The node of an operation, once its value is checked."""
    numbers = [parent.data for parent in parents]
    again = _forward(op, numbers)
    if again != data and not _agree(op, numbers, data, again):
        raise ValueError(f"its value is {_shown(data)}, but {op.name} of its operands is {_shown(again)}")
    bound = (*op.families(numbers), data) if kernel(op).binds else ()
    return Value.rebuild(data, name, grad, op, parents, bound)


def _row(name: Any, k: Any, count: int) -> Op:
    """The row of that name and output, which takes ``count`` operands."""
    if not isinstance(name, str):
        raise ValueError(
            f"there is no operation {shown(name)}; expected the name of a row of tinygrad_kr.engine.ops.TABLE"
        )
    op = known(name)
    if op is None:
        from . import linear  # noqa: F401  # its rows are added when it is first used

        op = row(name)
    if k is None and op.k is None and count == len(op.inputs) and not op.variadic:
        return op
    if op.variadic:
        if count % len(op.inputs):
            raise ValueError(f"{name} takes {len(op.inputs)} families of equal length, not {count} parents in all")
    elif count != len(op.inputs):
        raise ValueError(f"{name} takes {len(op.inputs)} parents, not {count}")
    if op.k is None:
        if k is not None:
            raise ValueError(f"{name} has one output and needs no k, but has k = {shown(k)}")
        return op
    return op.output(_place(k, count, "k"))


def _listed(thing: Any, name: str) -> list[Any]:
    if not isinstance(thing, list):
        raise ValueError(f"{name} is {shown(thing)}; expected a list")
    return thing


def _place(thing: Any, count: int, name: str) -> int:
    if type(thing) is not int or not 0 <= thing < count:
        raise ValueError(f"{name} is {shown(thing)}; expected a whole number from 0, less than {count}")
    return thing


def _number(thing: Any, name: str) -> float:
    number: float
    if thing.__class__ is float and thing - thing == 0.0:
        number = thing
        return number
    if isinstance(thing, str) and thing in NOT_FINITE:
        return NOT_FINITE[thing]
    if type(thing) not in (int, float):
        raise ValueError(f'its {name} is {shown(thing)}; expected a number, or the text "inf", "-inf" or "nan"')
    try:
        number = float(thing)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"its {name} is too large for a float; expected less than 1.8e308")
    return number


def _refuse_keys(what: str, record: dict[str, Any], known: set[str]) -> None:
    for key in () if record.keys() <= known else record:
        if key not in known:
            raise ValueError(f"{what} has no {shown(key)}; expected {', '.join(sorted(known))}")


# ── Checking ──────────────────────────────────────────────────────────────────────────────────────────


def _forward(op: Op, numbers: list[float]) -> float:
    forward: Callable[..., float] = kernel(op).forward
    return forward(*op.families(numbers)) if op.variadic else forward(*numbers)


def _agree(op: Op, numbers: list[float], data: float, again: float) -> bool:
    """Whether two libraries may have computed these two results of one operation.

    A sum may cancel, so that it is only as exact as its largest operand.
    """
    if data == again or (data != data and again != again):
        return True
    size = abs(again) + (max(map(abs, numbers), default=0.0) if op.variadic else 0.0)
    ulps = ULPS_OF_FUNCTIONS if op.functions else ULPS
    return abs(data - again) <= ulps * (sys.float_info.epsilon * size + 5e-324) and math.isfinite(size)


def _shown(number: float) -> str:
    """A number to the last digit, short where it is round."""
    short = spelled(number)
    return short if number != number or float(short) == number else repr(number)
