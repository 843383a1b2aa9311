"""What a transform makes of a function: it is called as the function is, travels by name, and says its types."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial, update_wrapper
from types import MethodType
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from ..engine.carrying import carried, opened
from ..engine.value import Value

__all__ = ["Derivative", "Derived", "Function", "Gradient", "Hessian", "Product", "ValueAndGradient"]

X = TypeVar("X")

Function: TypeAlias = Callable[..., Any]


class Derived:
    """A function that was made of another one.

    It goes by the other's name and documentation. A pickle holds how it was made, so that whoever can send the other
    function can send this one; where it has taken the other's place, as a decorator does, a pickle holds its name.

    Args:
        run: what is called.
        maker: the function that made it.
        made_of: what that was called with; the function first.
        options: the options that it was called with; those that are False are left out.

    >>> import math, pickle
    >>> from tinygrad_kr import grad
    >>> pickle.loads(pickle.dumps(grad(math.hypot, 1))).__name__
    'hypot'
    """

    def __init__(self, run: Function, maker: Function, *made_of: Any, **options: bool) -> None:
        update_wrapper(self, made_of[0])
        chosen = {name: True for name, is_chosen in options.items() if is_chosen}
        self._name = maker.__name__  # after the wrapped function's own attributes
        self._run, self._maker, self._made_of = run, partial(maker, **chosen) if chosen else maker, made_of
        self._options = chosen

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What was made, at these arguments."""
        return self._run(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __repr__(self) -> str:
        function = getattr(self, "__qualname__", repr(self._made_of[0]))
        options = [f"{name}=True" for name in self._options]
        return f"{self._name}({', '.join([function, *map(repr, self._made_of[1:]), *options])})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        name, home = getattr(self, "__qualname__", ""), self.__module__
        if getattr(sys.modules.get(home), name, None) is not self:
            return self._maker, self._made_of
        written = carried(self, (self._maker, self._made_of)) if home == "__main__" else None
        return name if written is None else (_made_again, (written,))


def _made_again(written: bytes) -> Any:
    """A function that has taken another's place in the main program, which other processes do not have."""
    maker, made_of = opened(written)
    return maker(*made_of)


class Gradient(Protocol):
    """What ``grad`` gives: a gradient built as the first argument is."""

    @overload
    def __call__(self, x: float, /, *args: Any, **kwargs: Any) -> float: ...
    @overload
    def __call__(self, x: list[float], /, *args: Any, **kwargs: Any) -> list[float]: ...
    @overload
    def __call__(self, x: X, /, *args: Any, **kwargs: Any) -> X: ...


class ValueAndGradient(Protocol):
    """What ``value_and_grad`` gives."""

    @overload
    def __call__(self, x: Value, /, *args: Any, **kwargs: Any) -> tuple[Value, Value]: ...
    @overload
    def __call__(self, x: list[float], /, *args: Any, **kwargs: Any) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: X, /, *args: Any, **kwargs: Any) -> tuple[float, X]: ...


class Hessian(Protocol):
    """What ``hessian`` gives: a number for a number, a matrix for what is a vector."""

    @overload
    def __call__(self, x: float, /, *args: Any, **kwargs: Any) -> float: ...
    @overload
    def __call__(self, x: Value, /, *args: Any, **kwargs: Any) -> Value: ...
    @overload
    def __call__(self, x: dict[Any, Any], /, *args: Any, **kwargs: Any) -> dict[Any, dict[Any, Any]]: ...
    @overload
    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any: ...


class Product(Protocol):
    """What ``hvp`` gives: the product, built as x is."""

    @overload
    def __call__(self, x: list[float], v: Any, /, *args: Any, **kwargs: Any) -> list[float]: ...
    @overload
    def __call__(self, x: X, v: Any, /, *args: Any, **kwargs: Any) -> X: ...


class Derivative(Protocol):
    """What ``derivative`` gives: a number for a number."""

    @overload
    def __call__(self, x: float) -> float: ...
    @overload
    def __call__(self, x: Value) -> Value: ...
