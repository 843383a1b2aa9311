"""Numbers as people write them, and numbers as people give them."""

from __future__ import annotations

import sys

__all__ = ["is_of_another_load", "numeral", "raised", "shown", "spelled", "to_float", "to_result"]

LARGEST, SMALLEST = 10, -5
"""Powers of ten that are still written out; larger and smaller numbers are written with an exponent."""


def numeral(number: float, digits: int = 12, grouping: bool = False) -> str:
    """A number as a person writes it: 220, 1.1, 3.3 and never 3.3000000000000003.

    Args:
        number: any float.
        digits: how many significant digits at the most; whole numbers below 10¹⁵ keep all of theirs, as does what is
            before the point of others below 10¹⁰.
        grouping: whether thousands are set apart, as in 4,620.

    >>> numeral(3.3000000000000003), numeral(220.0), numeral(1 / 3, digits=4), numeral(4620.0, grouping=True)
    ('3.3', '220', '0.3333', '4,620')
    >>> numeral(float("inf")), numeral(-0.0), numeral(1.5e-7, digits=6), numeral(6.02e23)
    ('∞', '0', '1.5e-7', '6.02e23')
    >>> numeral(1_500_000 * 1.1, digits=6, grouping=True), numeral(1234567.8, digits=6), numeral(0.00002)
    ('1,650,000', '1234568', '0.00002')
    """
    if number != number:
        return "nan"
    if number - number != 0:
        return "∞" if number > 0 else "-∞"
    size, whole = abs(number), round(number)
    # What is off a whole number by the last places of a float only is that number to a person.
    if size < 1e15 and abs(number - whole) <= min(10.0 ** -max(digits, 12) * size, 1e-3):
        return f"{whole:,}" if grouping else str(whole)
    mantissa, _, exponent = f"{number:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if not SMALLEST <= power < LARGEST:
        return f"{_trimmed(mantissa)}e{power}"
    return _trimmed(f"{number:{',' if grouping else ''}.{max(digits - 1 - power, 0)}f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def raised(text: str) -> str:
    """Numerals as a page sets them: powers of ten with a raised exponent, and a true minus before a number or alone.

    >>> raised("1.5e-7"), raised("x = -2e12"), raised("1,650,000"), raised("-"), raised("semi-3")
    ('1.5×10⁻⁷', 'x = −2×10¹²', '1,650,000', '−', 'semi-3')
    """
    if "e" not in text and "-" not in text:
        return text
    import re

    text = re.sub(r"(?<![\w.])(\d[\d.]*)e(-?\d+)(?!\w)", lambda n: f"{n[1]}×10{n[2].translate(_RAISED)}", text)
    return re.sub(r"(?<![\w.)-])-(?=[\d.∞]|$)", "−", text)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def shown(thing: object, limit: int = 40) -> str:
    """A value for an error message: its repr, cut where it grows long.

    >>> shown("ab"), shown("x" * 100, limit=10)
    ("'ab'", "'xxxxxxxx…")
    """
    try:
        text = repr(thing)
    except Exception:  # a hostile __repr__, or an int with more digits than Python prints
        text = f"<{type(thing).__name__}>"
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"{cut} ({_RELOADED})" if is_of_another_load(type(thing)) else cut


_RELOADED = "tinygrad_kr was loaded anew in between; make all Values again"


def is_of_another_load(kind: type) -> bool:
    """Whether it is a class of ours, but of this package as it was before a reload, or as it is since.

    >>> is_of_another_load(float)
    False
    """
    if not str(kind.__module__).startswith("tinygrad_kr."):
        return False
    is_of_today = getattr(sys.modules.get(kind.__module__), kind.__name__, kind) is kind
    am_of_today = getattr(sys.modules.get(__name__), "__dict__", None) is globals()
    return is_of_today != am_of_today


def spelled(number: float) -> str:
    """The same as Python spells it: inf, not ∞.

    >>> spelled(0.1 + 0.2), spelled(float("-inf"))
    ('0.3', '-inf')
    """
    return numeral(number).replace("∞", "inf")


NAME_BESIDE = "a name goes beside the number: Value(1.0, 'a')"


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
            found = float(number)  # type: ignore[arg-type]
            if found - found == 0 or found != found or number == found:
                return found
            raise OverflowError  # a Decimal or a long double of NumPy becomes inf without a word
        except OverflowError:
            raise OverflowError(
                f"{use} needs a number that a float can hold, not {shown(number)}; expected less than 1.8e308"
            ) from None
    kind = type(number).__name__
    if isinstance(number, str):
        otherwise = NAME_BESIDE if use == "Value()" else "convert it to a float first"
        advice = f"convert it first: float({shown(number)})" if _reads_as_number(number) else otherwise
    elif number is None:
        advice = "does the function that made it lack a return?"
    elif isinstance(number, complex) or getattr(getattr(number, "dtype", None), "kind", "") == "c":
        advice = "use its .real or .imag part"
    elif hasattr(number, "__len__") or hasattr(number, "__array__"):
        advice = "use Value.array(...) for an array of Values, or take one element"
    elif is_of_another_load(type(number)):
        advice = ""  # it is told as such
    elif isinstance(getattr(number, "data", None), float):
        advice = "use its .data"
    else:
        advice = "convert it to a float first"
    raise TypeError(f"{use} needs a real number, not the {kind} {shown(number)}{advice and f'; {advice}'}")


def to_result(number: object, use: str) -> float:
    """The float of what a function that is to be differentiated returned: anything but the answer of a comparison.

    Args:
        number, use: as for :func:`to_float`.

    Raises:
        TypeError, OverflowError: as :func:`to_float`, and for a bool, whose derivative would be 0 without a word.

    >>> to_result(2 > 1, "f(x)")
    Traceback (most recent call last):
    TypeError: f(x) needs a real number, not the bool True; a comparison has no derivative: return a number, such as \
where(x > 1, x, 1)
    """
    if type(number).__name__ in ("bool", "bool_"):
        raise TypeError(
            f"{use} needs a real number, not the bool {bool(number)}; a comparison has no derivative: return a number, "
            "such as where(x > 1, x, 1)"
        )
    return to_float(number, use)


def _is_scalar(number: object) -> bool:
    """Whether it is a Decimal or a NumPy bool, which are numbers but not registered as Real."""
    kind = type(number)
    if (kind.__module__, kind.__name__) == ("decimal", "Decimal"):
        return True
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")
