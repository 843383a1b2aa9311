"""Random Values, expressions and functions for property tests with hypothesis.

Expressions are drawn from the rows of the table: what they compute, where they are defined and where they have kinks is
read there. Raw steps are drawn first, each by itself, and are then fitted together: an operand that does not fit is
replaced, a step that fits nowhere is left out. So next to nothing is thrown away, and hypothesis can shrink the raw
steps one by one.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from itertools import product
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..engine.kernels import Kernel, kernel
from ..engine.ops import OPS, TABLE, Op
from ..engine.value import Constant, Value
from ..text.numerals import shown, to_float
from .programs import Expression, Function, Step, check_name, families

if TYPE_CHECKING:
    from .testing import Gradient


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
    from hypothesis import Phase, given, reject, settings
    from hypothesis import strategies as st
    from hypothesis.errors import FailedHealthCheck, Unsatisfiable
    from hypothesis.strategies import SearchStrategy
except ImportError:
    raise ImportError(
        "tinygrad_kr.strategies needs hypothesis; install it with: pip install 'tinygrad_kr[property]'"
    ) from None

__all__ = ["Domain", "expressions", "functions", "gradient_property", "numbers", "profile", "values"]

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
        TypeError: if a bound is no number.
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


def _moderate(first: int) -> SearchStrategy[float]:
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
        return _moderate(0)
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
        name: numbers(domain) if domain is not None else _moderate(place) if differentiable else wild
        for place, (name, domain) in enumerate(_variables(variables).items())
    }
    fits = _regular if differentiable else _anything
    raw_steps = _raw_steps(_rows(operations), _size(max_size))
    return drawn(domains, raw_steps, fits, keep=variables is not None)


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
    raw_steps = _raw_steps(rows, _size(max_size))

    @st.composite
    def function(draw: st.DrawFn) -> Function:
        steps = fitted(points, draw(raw_steps), _regular)
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


# ── Property tests ────────────────────────────────────────────────────────────────────────────────────


def gradient_property(
    domain: Any = None,
    *,
    gradient: Gradient = None,
    tolerance: float = 0.0,
    **domains: Domain,
) -> Callable[..., Any]:
    """Turn a function into a property test of its gradient: a decorator.

    Args:
        domain: where the arguments are drawn from: (low, high) or a hypothesis strategy for all of them, a dict with
            one for each, or nothing for moderate numbers. Strategies may draw arrays.
        gradient, tolerance: as for :func:`tinygrad_kr.assert_gradients`.
        domains: the same by name: ``@gradient_property(x=(0.1, 5))``.

    Returns:
        A decorator. It makes a test without arguments, which pytest collects under the function's name; calling it
        runs it. It tries as many points as the loaded hypothesis profile says; points at which there is no derivative
        do not fail, and points at which nothing can be compared or f raises an ArithmeticError or a ValueError are
        outside its domain: they do not count. If there are hardly any others, the test fails and says so.

    Raises:
        TypeError: if a domain is none, or is for an argument that the function does not have.
        ValueError: if low is above high.

    >>> import tinygrad_kr as tg
    >>> @gradient_property(x=(0.1, 5))
    ... def test_entropy(x):
    ...     return -x * tg.log(x)
    >>> test_entropy()
    """
    if callable(domain) and not isinstance(domain, SearchStrategy):  # written without parentheses
        tested: Callable[[], None] = gradient_property()(domain)
        return tested

    for each in [*(domain.values() if isinstance(domain, Mapping) else [domain]), *domains.values()]:
        numbers(each)

    def decorate(f: Callable[..., Any]) -> Callable[[], None]:
        from .testing import any_compared, fail_if_wrong

        if not callable(f):
            raise TypeError(f"gradient_property() decorates a function, not {shown(f)}")
        names = _arguments(f, [*(domain if isinstance(domain, Mapping) else ()), *domains])
        given_domains = dict(domain) if isinstance(domain, Mapping) else dict.fromkeys(names, domain)
        given_domains |= domains
        for name in given_domains:
            if name not in names:
                called = getattr(f, "__name__", "the function")
                raise TypeError(f"{called}() has no argument {name!r} to give a domain; it has {', '.join(names)}")

        points = _Points()

        def test(**drawn: Any) -> None:
            __tracebackhide__ = True
            points.tried += 1
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", RuntimeWarning)  # of points beside the function's domain
                    report = fail_if_wrong(f, [drawn[name] for name in names], gradient, tolerance)
            except (ArithmeticError, ValueError) as error:
                if _is_refusal(error):
                    raise
                points.reason = f"it raised {type(error).__name__}: {error}"
                reject()
            if not any_compared(report):
                points.reason = f"{report.rows[0].derivative}: {report.rows[0].note}"
                reject()
            points.compared += 1

        for attribute in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(test, attribute, getattr(f, attribute, getattr(test, attribute)))
        code = getattr(f, "__code__", None)
        if code is not None:  # tracebacks show the user's function where hypothesis shows the test's
            test.__code__ = test.__code__.replace(co_filename=code.co_filename, co_firstlineno=code.co_firstlineno)
        keywords = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
        test.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        drawing = {
            name: _moderate(place) if given_domains.get(name) is None else numbers(given_domains[name])
            for place, name in enumerate(names)
        }
        # What the explain phase tells of lines is about lines of this package.
        phases = [phase for phase in settings().phases if phase is not Phase.explain]
        test._hypothesis_internal_use_settings = settings(phases=phases)  # type: ignore[attr-defined]
        made: Callable[[], None] = given(**drawing)(test)

        @wraps(made)
        def run() -> None:
            __tracebackhide__ = True
            points.tried, points.compared = 0, 0
            # Decorators above this one (settings, seed, example) and pytest leave their word on the outermost function.
            vars(made).update({name: word for name, word in vars(run).items() if name != "__wrapped__"})
            try:
                made()
            except (FailedHealthCheck, Unsatisfiable):
                if not points.reason or points.compared > points.tried // 2:
                    raise  # for another reason
                few = f"only {points.compared} of {points.tried} points" if points.compared else "no point"
                raise AssertionError(
                    f"{few} of the domain can be compared with numerical derivatives ({points.reason}); "
                    f"choose a domain inside which {getattr(f, '__name__', 'the function')}() is defined"
                ) from None

        return run

    return decorate


@dataclass
class _Points:
    """How many points were tried and compared, and why the last one that was not compared was not."""

    tried: int = 0
    compared: int = 0
    reason: str = ""


def _is_refusal(error: BaseException) -> bool:
    """Whether the gradient check itself refuses what it was given; other errors are the function's."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and place.tb_frame.f_globals.get("__name__") == f"{__package__}.check"


def _arguments(f: Callable[..., Any], domains: Iterable[str]) -> list[str]:
    """The names of the arguments without a default."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # written in C
        return [*domains] or ["x"]
    names = [
        parameter.name
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and parameter.default is parameter.empty
    ]
    if not names:
        raise TypeError(f"{getattr(f, '__name__', 'the function')}() has no arguments to differentiate by")
    return names


# ── Drawing raw steps, and fitting them together ──────────────────────────────────────────────────────


class Raw(NamedTuple):
    """A step as it is drawn: a row, and how operands are picked.

    A pick is a number, or an int that counts what there is from the newest step back to the first variable.
    """

    op: Op
    picks: tuple[int | float, ...]


Lanes: TypeAlias = "list[float]"
"""The numbers of a node, one for each point at which the expression is looked at."""

Fits: TypeAlias = Callable[[Op, Sequence["int | float"], Sequence[Lanes]], bool]
"""Whether a row may be applied: (row, operands, their numbers)."""

FIRST: tuple[int | float, ...] = (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 5, 8, 2.0, -1.0)
SECOND: tuple[int | float, ...] = (0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 2.0, -1.0, 0.5, 3.0, -2.5)
FURTHER: tuple[tuple[int | float, ...], ...] = ((), (), (1,), (0, 2), (2, 2), (3, 1, 4), (0.5,))
"""What the first operand is picked from (mostly the newest step, so that most steps are used), the second, and the
others of rows that take any number."""

NUMBERS = (2.0, 0.5, 3.0)
"""Numbers that are tried as last operand where nothing else fits."""


def _raw_steps(rows: Sequence[Op], max_size: int) -> SearchStrategy[list[Raw]]:
    # A step is few choices (the list's, the row, and these three), so that hypothesis can take it out as a whole.
    first, second, further = map(st.sampled_from, (FIRST, SECOND, FURTHER))
    step = st.builds(lambda op, a, b, rest: Raw(op, (a, b, *rest)), st.sampled_from(rows), first, second, further)
    return st.lists(step, min_size=1, max_size=max_size)


def drawn(
    domains: Mapping[str, SearchStrategy[Any]], raw_steps: SearchStrategy[list[Raw]], fits: Fits, keep: bool
) -> SearchStrategy[Expression]:
    """Expressions of what fits.

    Args:
        domains: the variables, and what their numbers are drawn from.
        raw_steps: what the steps are fitted together from.
        fits: decides what fits.
        keep: whether variables stay that are not used.
    """

    @st.composite
    def expression(draw: st.DrawFn) -> Expression:
        xs = [float(draw(domain)) for domain in domains.values()]
        raw = draw(raw_steps)
        for points in (xs, *([base + k / 4 for k in range(len(xs))] for base in (0.5, 1.5, -1.5))):
            steps = fitted([[x] for x in points], raw, fits)
            if steps:
                return Expression(tuple(domains), tuple(points), steps).pruned(keep)
        return reject()

    return expression()


def fitted(leaves: Sequence[Lanes], raw: Iterable[Raw], fits: Fits) -> tuple[Step, ...]:
    """The steps that the raw ones become.

    Args:
        leaves: the numbers of every variable, one for each point.
        raw: the raw steps; one that fits nowhere is left out.
        fits: decides what fits.

    >>> steps = fitted([[2.0]], [Raw(TABLE["mul"], (0, 0)), Raw(TABLE["log"], (1, 0))], _regular)
    >>> [(step.op.name, step.operands) for step in steps]
    [('mul', (0, 0)), ('log', (0,))]
    """
    count, nodes, steps = len(leaves), list(leaves), list[Step]()
    for op, picks in raw:
        order = [*reversed(range(count, len(nodes))), *range(count)]  # the newest first
        for operands in _ways(op, picks, order):
            row = op.output(len(order) % len(operands)) if op.k is not None else op
            lanes = [nodes[a] if isinstance(a, int) else [a] * len(nodes[0]) for a in operands]
            if fits(row, operands, lanes):
                steps.append(Step(row, operands))
                nodes.append([kernel(row).forward(*families(row, point)) for point in zip(*lanes)])
                break
    return tuple(steps)


def _ways(op: Op, picks: Sequence[int | float], order: Sequence[int]) -> Iterator[tuple[int | float, ...]]:
    """The operands that were picked, and then others."""
    inputs, size = len(op.inputs), len(order)
    count = max(len(picks) // inputs * inputs, inputs) if op.variadic else inputs
    picks = [*picks, *range(count)][:count]
    taken = [pick if isinstance(pick, int) else None for pick in picks]
    if None not in taken or (count > 1 and any(place is not None for place in taken)):
        yield tuple(order[pick % size] if isinstance(pick, int) else pick for pick in picks)
    first, *rest = [place or 0 for place in taken]
    for turn in range(size):
        for further in range(size if rest else 1):
            yield (order[(first + turn) % size], *(order[(place + further) % size] for place in rest))
        if count == 2 and not op.variadic:
            yield from ((order[(first + turn) % size], number) for number in NUMBERS)


# ── What fits ─────────────────────────────────────────────────────────────────────────────────────────

MARGIN, LARGE, STEEP = 0.01, 1e3, 30.0
"""How far from kinks and edges, how large a result and how steep a local derivative a regular step may be."""


def _anything(op: Op, operands: Sequence[int | float], lanes: Sequence[Lanes]) -> bool:
    return True


def _regular(op: Op, operands: Sequence[int | float], lanes: Sequence[Lanes]) -> bool:
    """Whether a row may be applied: well inside its domain, away from its kinks, nothing large or steep."""
    moving = [isinstance(operand, int) for operand in operands]
    wanted = tuple(map(any, families(op, moving))) if op.variadic else tuple(moving)
    return all(_regular_at(op, point, moving, wanted) for point in zip(*lanes))


def _regular_at(op: Op, point: Sequence[float], moving: Sequence[bool], wanted: tuple[bool, ...]) -> bool:
    domain, kinks = _conditions(op)
    inputs, size = families(op, point), len(point) // len(op.inputs) if op.variadic else 1
    operands = [(point[i::size], moving[i::size]) for i in range(size)]
    if domain is not None:
        for xs, moves in operands:
            for aside in (0.0, MARGIN, -MARGIN):
                if not domain(*(x + aside if move else x for x, move in zip(xs, moves)), 0.0):
                    return False
    try:
        z = kernel(op).forward(*inputs)
        slopes = kernel(op).closing(wanted)(*inputs, z)(1.0)
    except (ArithmeticError, ValueError):  # an operation of one's own may raise where it has no value
        return False
    if not abs(z) <= LARGE or not all(abs(slope) <= STEEP for slope in slopes):
        return False
    return all(abs(kink(*xs, z)) > MARGIN for xs, _ in operands for kink in kinks)


@cache
def _conditions(op: Op) -> tuple[Callable[..., Any] | None, list[Callable[..., float]]]:
    """A row's domain and kinks as functions of one operand of each family, and the output."""

    def compiled(formula: str) -> Callable[..., float]:
        return Kernel(op.replace(inputs=(*op.variables, "z"), forward=formula, k=None)).forward

    return compiled(op.domain) if op.domain else None, [compiled(kink) for kink in op.kinks]
