"""Rows that people add with ``@operation``: where they are found, and how rows travel in pickles.

A row of the table is pickled by its name, so that a graph saved today meets tomorrow's table. A name that people have
given may mean something else tomorrow, or nothing in another process. So such a row says what it is, its formulas and
fingerprints of its functions, and brings itself along for whoever does not know it.
"""

from __future__ import annotations

import copyreg
import sys

from .carrying import carried, opened
from .ops import TABLE, Op

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CellType
    from typing import Any, TypeAlias

__all__ = ["ADDED", "definition", "fingerprint", "known", "row", "same"]

Definition: TypeAlias = "tuple[tuple[str, ...], str, tuple[str, ...]]"
"""What an added row is: its formulas, the version of Python, and the fingerprints of its Python functions."""

ADDED: dict[str, Op] = {}
"""Rows that people have added, by name; the last one of a name counts."""


def known(name: str) -> Op | None:
    """The row of that name, of the table or added; None if there is none.

    >>> known("mul") is TABLE["mul"], known("gamma")
    (True, None)
    """
    return TABLE.get(name) or ADDED.get(name)


def row(name: str, k: int | None = None, was: Definition | None = None) -> Op:
    """The row of that name (and output), of the table or added with ``@operation``; graphs in files name their rows.

    Args:
        name: the row's name.
        k: the output, for a row with one output a class.
        was: the definition of an added row when the file was written.

    Raises:
        ValueError: if there is none, or an added row was another one when the file was written.

    >>> row("mul").symbol
    '×'
    """
    op = known(name)
    if op is None:
        raise ValueError(
            f"there is no operation {name!r} in this version of tinygrad_kr; if you have defined it with @operation, "
            "run that definition first (a pickle brings functions along where cloudpickle is installed)"
        )
    if was is not None and not same(was, definition(op)):
        raise ValueError(
            f"the operation {name!r} has been defined anew since this graph was pickled, with another formula or "
            "function; run the definition of then first, or compute the graph again"
        )
    return op if k is None else op.output(k)


def _reduce(op: Op) -> tuple[object, ...]:
    from pickle import dumps

    if op.name in TABLE:
        return row, (op.name, op.k)
    if op.whole is not op:
        return Op.output, (op.whole, op.k)
    fields = {name: getattr(op, name) for name in Op.FIELDS}
    written = carried(op, fields) if op.functions else dumps(fields)
    return _again, (op.name, definition(op), written, ADDED.get(op.name) is op, _home(op))


def _home(op: Op) -> str:
    """The module that an added row comes from."""
    written = (getattr(function, "written", None) for function in op.functions.values())
    return next((function.__module__ or "" for function in written if function is not None), "")


def _again(name: str, was: Definition, written: bytes | None, is_added: bool, home: str) -> Op:
    """An added row: this process's own, if it has one; otherwise the one that the pickle brings, or its module has."""
    if known(name) is None and written is not None:
        from . import formula

        op = Op(**opened(written))
        if not is_added:
            return op
        formula.OWN.update({called: function.arity for called, function in op.functions.items()})  # type: ignore[attr-defined]
        ADDED[name] = op
    elif known(name) is None and home not in ("", "__main__"):
        __import__(home)  # it is defined again there
    return row(name, None, was)


copyreg.pickle(Op, _reduce)  # type: ignore[arg-type]


def definition(op: Op) -> Definition:
    """The formulas of a row, and the fingerprints of the functions that they call."""
    prints = tuple(getattr(op.functions[name], "fingerprint", "") for name in sorted(op.functions))
    return (op.forward, *op.partials), f"{sys.version_info[0]}.{sys.version_info[1]}", prints


def same(was: Definition, now: Definition) -> bool:
    """Whether two definitions may be one; the code of a function can't be compared across versions of Python."""
    return was[0] == now[0] and (was[1] != now[1] or was[2] == now[2])


def fingerprint(function: Any) -> str:
    """A digest of a function's code, and of the numbers, texts and functions that it closes over at this moment.

    What it finds in the module (a helper, a global variable) is not part of it.

    >>> double = fingerprint(lambda x: 2 * x)
    >>> double == fingerprint(lambda x: 2 * x), double == fingerprint(lambda x: 3 * x)
    (True, False)
    """
    from hashlib import sha256

    return sha256("\n".join(_parts(function, set())).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet: the function's own, while it is being decorated
        return None


def _parts(thing: Any, seen: set[int]) -> Iterator[str]:
    """Texts that tell one definition from another, the same in every process."""
    from inspect import unwrap
    from types import CodeType, FunctionType

    thing = unwrap(thing) if callable(thing) else thing
    if id(thing) in seen:
        return
    if isinstance(thing, FunctionType):
        seen.add(id(thing))
        yield from _parts(thing.__code__, seen)
        yield from _parts(thing.__defaults__, seen)
        for cell in thing.__closure__ or ():
            yield from _parts(_content(cell), seen)
    elif isinstance(thing, CodeType):
        yield from (thing.co_code.hex(), repr(thing.co_names), repr(thing.co_freevars))
        for constant in thing.co_consts:
            yield from _parts(constant, seen)
    elif isinstance(thing, tuple):
        for part in thing:
            yield from _parts(part, seen)
    elif isinstance(thing, frozenset):
        yield repr(sorted(map(repr, thing)))
    elif thing is None or isinstance(thing, (bool, int, float, complex, str, bytes)):
        yield repr(thing)
    else:
        yield f"{type(thing).__module__}.{type(thing).__qualname__}"
