"""Property tests of gradients with hypothesis: a function becomes a test at random points."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from ..text.numerals import shown
from .strategies import Domain, moderate, numbers  # first, because it says how to install hypothesis

from hypothesis import Phase, given, reject, settings  # isort: skip
from hypothesis.errors import FailedHealthCheck, Unsatisfiable  # isort: skip
from hypothesis.strategies import SearchStrategy  # isort: skip

if TYPE_CHECKING:
    from .failures import Gradient

__all__ = ["gradient_property"]


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
        from .failures import any_compared, fail_if_wrong  # which load NumPy

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
            name: moderate(place) if given_domains.get(name) is None else numbers(given_domains[name])
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
