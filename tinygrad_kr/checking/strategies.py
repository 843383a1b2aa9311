"""Random Values, expressions and functions for property tests with hypothesis.

Expressions are drawn from the rows of the table: what they compute, where they are defined and where they have kinks is
read there. Raw steps are drawn first, each by itself, and are then fitted together (``fitting.py``). So next to nothing
is thrown away, and hypothesis can shrink the raw steps one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import inf
from typing import Any, TypeAlias

from ..engine.ops import OPS, TABLE, Op
from ..engine.value import Constant, Value
from ..text.numerals import shown, to_float
from .fitting import FIRST, FURTHER, SECOND, Fits, Raw, anything, fitted, regular
from .programs import Expression, Function, check_name


def _register() -> None:
    """Tell hypothesis of Values and of the profiles. It calls this when it is imported itself (an entry point).

    It stands before the import of hypothesis, because that is when it is called if this module is imported first.
    """
    from hypothesis import settings, strategies

    strategies.register_type_strategy(Value, lambda thing: values())
    strategies.register_type_strategy(Constant, lambda thing: values().map(Value.detach))
    for name, examples in PROFILES.items():
        settings.register_profile(f"tinygrad_kr-{name}", max_examples=examples, deadline=None, derandomize=name == "ci")


PROFILES = {"ci": 200, "long": 20_000}
"""How many examples each profile tries."""

try:
    from hypothesis import reject, settings
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError:
    raise ImportError(
        "tinygrad_kr.strategies needs hypothesis; install it with: pip install 'tinygrad_kr[property]'"
    ) from None

__all__ = ["Domain", "expressions", "functions", "numbers", "profile", "values"]

Domain: TypeAlias = "tuple[float, float] | SearchStrategy[Any] | None"
"""What a variable is drawn from: (low, high), a strategy, or None for moderate numbers."""


def profile(name: str) -> None:
    """Load one of the package's hypothesis profiles: ``"ci"`` or ``"long"``.

    ``ci`` tries 200 examples, the same at every run; ``long`` tries 20 000, others at every run. Neither has a
    deadline. With pytest, ``--hypothesis-profile=tinygrad_kr-ci`` does the same without any code.

    Args:
        name: which one.

    Raises:
        ValueError: if there is no such profile.

    >>> profile("nightly")
    Traceback (most recent call last):
    ValueError: there is no profile 'nightly'; choose one of 'ci', 'long'
    """
    if name not in PROFILES:
        raise ValueError(f"there is no profile {shown(name)}; choose one of {', '.join(map(repr, PROFILES))}")
    settings.load_profile(f"tinygrad_kr-{name}")


# ── Numbers and Values ────────────────────────────────────────────────────────────────────────────────


def values(
    min_value: float | None = None,
    max_value: float | None = None,
    *,
    name: str | SearchStrategy[str] | None = None,
    allow_nan: bool = False,
    allow_infinity: bool = False,
) -> SearchStrategy[Value]:
    """Leaves: Values of a random number.

    Args:
        min_value, max_value: the smallest and the largest number; any finite float where left out.
        name: their name, or a strategy of names.
        allow_nan, allow_infinity: whether nan, inf and -inf are among them.

    Returns:
        A strategy. ``st.from_type(Value)`` is ``values()``.

    Raises:
        TypeError: if a bound is not a number.
        ValueError: if min_value is above max_value, or one of them is nan.

    >>> from hypothesis import given
    >>> @given(values(0, 1, name="x"))
    ... def test(x):
    ...     assert 0 <= x.data <= 1 and x.name == "x"
    >>> test()
    """
    low, high = (None if bound is None else to_float(bound, "a bound of values()") for bound in (min_value, max_value))
    if not (-inf if low is None else low) <= (inf if high is None else high):
        raise ValueError(
            f"there are no values between {shown(min_value)} and {shown(max_value)}; give min_value ≤ max_value"
        )
    floats = st.floats(low, high, allow_nan=allow_nan, allow_infinity=allow_infinity)
    if name is None:
        return st.builds(Value, floats)
    return st.builds(Value, floats, name if isinstance(name, SearchStrategy) else st.just(name))


PLAIN = (1.0, 2.0, 3.0, 0.5, -1.0, 0.0)
"""What moderate numbers shrink to. At 0, and where variables are equal, too much is right by chance: 0 comes last, and
every variable begins with another one."""


def moderate(first: int) -> SearchStrategy[float]:
    """Floats between -3 and 3, many of which are short."""
    first %= len(PLAIN) - 1
    plain = (*PLAIN[first:], *PLAIN[:first])
    wide = st.floats(-3, 3).map(lambda x: x if abs(x) > 1e-6 else 0.0)
    return st.one_of(st.sampled_from(plain), wide.map(lambda x: round(x, 2) + 0.0), wide)


def numbers(domain: Domain = None) -> SearchStrategy[Any]:
    """What a variable is drawn from.

    Args:
        domain: (low, high), a strategy, which is returned as it is, or None for floats between -3 and 3, many of which
            are short.

    Raises:
        TypeError: if it is none of these.
        ValueError: if low is above high.

    >>> numbers((0, 1))
    floats(min_value=0.0, max_value=1.0)
    >>> numbers((2, 1))
    Traceback (most recent call last):
    ValueError: the domain (2, 1) is empty; give (low, high) with low ≤ high
    """
    if isinstance(domain, SearchStrategy):
        return domain
    if domain is None:
        return moderate(0)
    try:
        low, high = domain
        low, high = float(low), float(high)
    except (TypeError, ValueError):
        raise TypeError(f"a domain is (low, high) or a hypothesis strategy, not {shown(domain)}") from None
    if not low <= high:
        raise ValueError(f"the domain {shown(domain)} is empty; give (low, high) with low ≤ high")
    return st.floats(low, high)


# ── Expressions ───────────────────────────────────────────────────────────────────────────────────────


def expressions(
    variables: int | Sequence[str] | Mapping[str, Domain] | None = None,
    operations: Iterable[str | Op] | None = None,
    max_size: int = 8,
    differentiable: bool = True,
) -> SearchStrategy[Expression]:
    """Random expressions, in which variables and intermediate results are used any number of times.

    A failing one shrinks to fewer steps, to operations that stand earlier in the table, and to plain numbers. It prints
    as Python code, to be run after ``import tinygrad_kr as tg``.

    Args:
        variables: how many (x, y, z …), their names, or a dict from names to domains (as for :func:`numbers`); one to
            three where left out, of which those that are not used are dropped.
        operations: names of rows of the table, or rows; all where left out.
        max_size: the largest number of operations.
        differentiable: every operation is inside its domain and away from its kinks and from the edges of its domain,
            and neither large nor steep. If false, anything goes: zeros and kinks are likely, inf and nan possible.

    Returns:
        A strategy of :class:`~tinygrad_kr.checking.programs.Expression`.

    Raises:
        TypeError, ValueError: if an argument is not as described.

    >>> from hypothesis import given
    >>> @given(expressions(operations=["mul", "exp"], max_size=3))
    ... def test(expression):
    ...     output = expression.graph()
    ...     output.backward()
    ...     assert output.grad == 1.0
    >>> test()
    """
    wild = st.one_of(st.sampled_from([0.0, 1.0, -1.0]), st.floats(allow_nan=False, allow_infinity=False))
    domains = {
        name: numbers(domain) if domain is not None else moderate(place) if differentiable else wild
        for place, (name, domain) in enumerate(_variables(variables).items())
    }
    fits = regular if differentiable else anything
    raw = raw_steps(_rows(operations), _size(max_size))
    return drawn(domains, raw, fits, keep=variables is not None)


def functions(
    variables: int | Sequence[str] = 1, operations: Iterable[str | Op] | None = None, max_size: int = 5
) -> SearchStrategy[Function]:
    """Random functions that are differentiable everywhere, and moderate between -2 and 2.

    They are made of the operations that are defined everywhere and have no kinks.

    Args:
        variables: how many (x, y, z …), or their names.
        operations: which operations, as for :func:`expressions`; all smooth ones where left out.
        max_size: the largest number of operations.

    Returns:
        A strategy of :class:`~tinygrad_kr.checking.programs.Function`, which takes numbers and Values.

    Raises:
        TypeError, ValueError: if an argument is not as described, or an operation has a kink or a domain.

    >>> from hypothesis import given
    >>> @given(functions(), numbers((-2, 2)))
    ... def test(f, x):
    ...     assert f(x) == f(Value(x)).data
    >>> test()
    """
    rows = _rows(operations)
    if operations is None:
        rows = tuple(op for op in rows if _smooth(op))
    for op in rows:
        if not _smooth(op):
            reason = f"is defined for {op.domain}" if op.domain else "has kinks"
            raise ValueError(f"functions() are differentiable everywhere, and {op.name} {reason}; leave it out")
    names = list(_variables(variables))
    corners = [*product((-2.0, 0.5, 2.0), repeat=min(len(names), 3))]
    points = [[corner[k % len(corner)] for corner in corners] for k in range(len(names))]
    raw = raw_steps(rows, _size(max_size))

    @st.composite
    def function(draw: st.DrawFn) -> Function:
        steps = fitted(points, draw(raw), regular)
        if not steps:
            reject()
        return Function(Expression(tuple(names), tuple(lanes[0] for lanes in points), steps).pruned(keep=True))

    return function()


def _size(max_size: object) -> int:
    """The largest number of operations, if it is one."""
    if not isinstance(max_size, int) or isinstance(max_size, bool):
        raise TypeError(f"max_size is a number of operations, 1 or more, not {shown(max_size)}")
    if max_size < 1:
        raise ValueError(f"max_size is a number of operations, 1 or more, not {shown(max_size)}")
    return max_size


def _smooth(op: Op) -> bool:
    return not op.domain and not op.kinks


def _variables(variables: Any) -> dict[str, Domain]:
    """Names and domains."""
    if variables is None:
        variables = 3
    if isinstance(variables, int):
        if variables < 1:
            raise ValueError(f"an expression needs at least one variable, not {variables}")
        names = "xyzw" if variables <= 4 else [f"x{k + 1}" for k in range(variables)]
        return dict.fromkeys(names[:variables])
    if isinstance(variables, str) or not isinstance(variables, Iterable):
        raise TypeError(f"variables are a number, a list of names or a dict of domains, not {shown(variables)}")
    names = [*variables]
    if not names:
        raise ValueError("an expression needs at least one variable, not none")
    for name in names:
        check_name(name)
        if names.count(name) > 1:
            raise ValueError(f"the name {name!r} is given twice; give every variable a name of its own")
    domains = dict(variables) if isinstance(variables, Mapping) else dict.fromkeys(names)
    return domains


def _rows(operations: Iterable[str | Op] | None) -> tuple[Op, ...]:
    if operations is None:
        return OPS
    if isinstance(operations, str):
        raise TypeError(f"operations are a list of names, not the str {operations!r}; write [{operations!r}]")
    rows = []
    for operation in operations:
        if not isinstance(operation, Op) and operation not in TABLE:
            raise ValueError(
                f"there is no operation {shown(operation)}; tinygrad_kr.engine.ops.TABLE has {', '.join(TABLE)}"
            )
        rows.append(operation if isinstance(operation, Op) else TABLE[operation])
    if not rows:
        raise ValueError("an expression needs at least one operation, not none")
    return tuple(rows)


# ── Drawing raw steps ─────────────────────────────────────────────────────────────────────────────────


def raw_steps(rows: Sequence[Op], max_size: int) -> SearchStrategy[list[Raw]]:
    """Lists of raw steps of some rows."""
    # A step is few choices (the list's, the row, and these three), so that hypothesis can take it out as a whole.
    first, second, further = map(st.sampled_from, (FIRST, SECOND, FURTHER))
    step = st.builds(lambda op, a, b, rest: Raw(op, (a, b, *rest)), st.sampled_from(rows), first, second, further)
    return st.lists(step, min_size=1, max_size=max_size)


def drawn(
    domains: Mapping[str, SearchStrategy[Any]], steps: SearchStrategy[list[Raw]], fits: Fits, keep: bool
) -> SearchStrategy[Expression]:
    """Expressions of what fits.

    Args:
        domains: the variables, and what their numbers are drawn from.
        steps: raw ones, which are fitted together.
        fits: decides what fits.
        keep: whether variables stay that are not used.
    """

    @st.composite
    def expression(draw: st.DrawFn) -> Expression:
        xs = [float(draw(domain)) for domain in domains.values()]
        raw = draw(steps)
        for points in (xs, *([base + k / 4 for k in range(len(xs))] for base in (0.5, 1.5, -1.5))):
            fitting = fitted([[x] for x in points], raw, fits)
            if fitting:
                return Expression(tuple(domains), tuple(points), fitting).pruned(keep)
        return reject()

    return expression()
