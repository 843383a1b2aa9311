"""Numbers as people write them, and numbers as people give them."""

from __future__ import annotations

__all__ = ["numeral", "shown", "spelled", "to_float"]


def numeral(number: float, digits: int = 12, grouping: bool = False) -> str:
    """A number as a person writes it: 220, 1.1, 3.3 and never 3.3000000000000003.

    Args:
        number: any float.
        digits: how many significant digits at the most; whole numbers below 10¹⁵ keep all of theirs.
        grouping: whether thousands are set apart, as in 4,620.

    >>> numeral(3.3000000000000003), numeral(220.0), numeral(1 / 3, digits=4), numeral(4620.0, grouping=True)
    ('3.3', '220', '0.3333', '4,620')
    >>> numeral(float("inf")), numeral(-0.0), numeral(1.5e-7, digits=6), numeral(6.02e23)
    ('∞', '0', '1.5e-7', '6.02e23')
    """
    if number != number:
        return "nan"
    if number - number != 0:
        return "∞" if number > 0 else "-∞"
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}" if grouping else str(int(number))
    text = f"{number:.{digits}g}"
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa}e{int(exponent)}"
    if grouping:
        whole, point, rest = mantissa.partition(".")
        sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        return f"{sign}{int(whole):,}{point}{rest}"
    return text


def shown(thing: object, limit: int = 40) -> str:
    """A value for an error message: its repr, cut where it grows long.

    >>> shown("ab"), shown("x" * 100, limit=10)
    ("'ab'", "'xxxxxxxx…")
    """
    try:
        text = repr(thing)
    except Exception:  # a hostile __repr__, or an int with more digits than Python prints
        text = f"<{type(thing).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def spelled(number: float) -> str:
    """The same as Python spells it: inf, not ∞.

    >>> spelled(0.1 + 0.2), spelled(float("-inf"))
    ('0.3', '-inf')
    """
    return numeral(number).replace("∞", "inf")


def to_float(number: object, use: str = "a Value") -> float:
    """The float that a real number stands for.

    Args:
        number: an int, bool, float, Fraction, Decimal or NumPy scalar.
        use: what it is for, as the message says it.

    Raises:
        TypeError: for anything else; the sentence says what to use instead.
        OverflowError: for an integer or fraction too large for a float.

    >>> from fractions import Fraction
    >>> to_float(Fraction(1, 4)), to_float(True)
    (0.25, 1.0)
    >>> to_float("3")
    Traceback (most recent call last):
    TypeError: a Value needs a real number, not the str '3'; convert it first: float('3')
    """
    if number.__class__ is float:
        return number
    from numbers import Real

    if isinstance(number, Real) or _is_scalar(number):
        try:
            return float(number)  # type: ignore[arg-type]
        except OverflowError:
            raise OverflowError(
                f"{use} needs a number that a float can hold, not {shown(number)}; expected less than 1.8e308"
            ) from None
    kind = type(number).__name__
    if isinstance(number, str):
        advice = f"convert it first: float({shown(number)})"
    elif number is None:
        advice = "does the function that made it lack a return?"
    elif isinstance(number, complex) or getattr(getattr(number, "dtype", None), "kind", "") == "c":
        advice = "use its .real or .imag part"
    elif hasattr(number, "__len__") or hasattr(number, "__array__"):
        advice = "use Value.array(...) for an array of Values, or take one element"
    else:
        advice = "convert it to a float first"
    raise TypeError(f"{use} needs a real number, not the {kind} {shown(number)}; {advice}")


def _is_scalar(number: object) -> bool:
    """Whether it is a Decimal or a NumPy bool, which are numbers but not registered as Real."""
    kind = type(number)
    if (kind.__module__, kind.__name__) == ("decimal", "Decimal"):
        return True
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")
