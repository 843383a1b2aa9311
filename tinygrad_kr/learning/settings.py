"""Settings: numbers such as a learning rate, each checked whenever it is set."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

from ..text.numerals import numeral, shown, to_float

__all__ = ["Setting", "count", "fraction", "fractions", "not_negative", "positive", "refuse_spelling", "spelled"]

P = ParamSpec("P")
T = TypeVar("T")


def positive(given: Any, what: str) -> float:
    """A finite number above 0; anything else is refused under the name ``what``."""
    number = to_float(given, what)
    if not 0 < number < math.inf:
        raise ValueError(f"{what} is a positive number, not {numeral(number)}; try 0.01")
    return number


def not_negative(given: Any, what: str) -> float:
    """A finite number of at least 0."""
    number = to_float(given, what)
    if not 0 <= number < math.inf:
        raise ValueError(f"{what} is a number of at least 0, not {numeral(number)}; 0 leaves it out")
    return number


def count(given: Any, what: str) -> int:
    """A whole number above 0."""
    if isinstance(given, bool) or not hasattr(given, "__index__") or given < 1:
        raise ValueError(f"{what} is a whole number above 0, not {shown(given)}; try 10")
    return operator.index(given)


def fraction(given: Any, what: str) -> float:
    """A number of at least 0 and below 1."""
    number = to_float(given, what)
    if not 0 <= number < 1:
        raise ValueError(f"{what} is a number of at least 0 and below 1, not {numeral(number)}; try 0.9")
    return number


def fractions(given: Any, what: str) -> tuple[float, float]:
    """Two numbers of at least 0 and below 1."""
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"{what} is a pair of numbers, not {shown(given)}; try (0.9, 0.999)")
    return fraction(given[0], f"{what}[0]"), fraction(given[1], f"{what}[1]")


SPELLINGS = {
    "beta1": "betas=(0.9, 0.999)", "beta2": "betas=(0.9, 0.999)", "decay_rate": "alpha=0.99",
    "dropout_ratio": "ratio=0.5", "p": "ratio=0.5", "learning_rate": "lr=0.01", "momentum": "Momentum(momentum=0.9)",
    "rho": "alpha=0.99", "nesterov": "Nesterov(momentum=0.9)", "weight_decay_lambda": "weight_decay=0.1",
}  # fmt: skip
"""What settings of other libraries and of the book are called here."""


def spelled(init: Callable[P, None]) -> Callable[P, None]:
    """An ``__init__`` that names the right spelling where a setting has that of another library.

    >>> from tinygrad_kr.optim import Adam
    >>> Adam(beta1=0.9)
    Traceback (most recent call last):
    TypeError: Adam() has no setting 'beta1'; write betas=(0.9, 0.999)
    """
    _, *known = inspect.signature(init).parameters

    @wraps(init)
    def checked(*args: P.args, **settings: P.kwargs) -> None:
        if known[0] == "lr":
            _refuse_parameters(*args[:2])
        for name in settings:
            if name not in known:
                raise TypeError(_no_setting(args[0], name, known))
        init(*args, **settings)

    return checked


def _refuse_parameters(optimizer: object, first: object = 0.0) -> None:
    """Refuse parameters as the first argument, where PyTorch's optimizers take them."""
    if hasattr(first, "__iter__") and not isinstance(first, str):
        name = type(optimizer).__name__
        raise TypeError(f"{name}() takes settings, as in lr=0.1; parameters go to update(params, grads)")


def refuse_spelling(thing: object, name: str) -> None:
    """Refuse to set what another library calls a setting, where a ``spelled`` ``__init__`` says which there are.

    >>> from tinygrad_kr.optim import SGD
    >>> SGD().learning_rate = 0.5
    Traceback (most recent call last):
    AttributeError: SGD() has no setting 'learning_rate'; write lr=0.01
    """
    init = type(thing).__init__
    if name in SPELLINGS and hasattr(init, "__wrapped__") and not hasattr(type(thing), name):
        raise AttributeError(_no_setting(thing, name, ()))


def _no_setting(thing: object, name: str, known: Iterable[str]) -> str:
    advice = f"write {SPELLINGS[name]}" if name in SPELLINGS else f"it has {', '.join(known)}"
    return f"{type(thing).__name__}() has no setting {name!r}; {advice}"


class Setting(Generic[T]):
    """A number that an optimizer is set to, checked whenever it is set: ``optimizer.lr = 0.001``."""

    def __init__(self, check: Callable[[Any, str], T]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type | None = None) -> T:
        return self if optimizer is None else optimizer.__dict__[self.name]  # type: ignore[return-value]

    def __set__(self, optimizer: Any, given: Any) -> None:
        optimizer.__dict__[self.name] = self.check(given, f"the {self.name} of {type(optimizer).__name__}()")
