"""What the uncertainty of the inputs makes of a result: the law of propagation, and its budget as a table.

To first order a result changes by Σ ∂y/∂xᵢ · δxᵢ, so its variance is Σᵢ Σⱼ cᵢ uᵢ rᵢⱼ uⱼ cⱼ, with the derivatives
that a graph has anyway. (JCGM 100:2008, "Evaluation of measurement data: Guide to the expression of uncertainty in
measurement", 5.1.2 and 5.2.2.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.display import Picture
from ..engine.graph import adjoints, topological
from ..engine.value import Constant, Value
from ..text.numerals import numeral, shown, to_float
from ..text.options import Language, check
from ..text.phrases import say
from . import prose
from .mathtext import text
from .notation import Notation
from .prose import Cell, Grid, Tabular

__all__ = ["Budget", "Contribution", "propagate"]


class Contribution(NamedTuple):
    """What one input contributes to the uncertainty of the result.

    ``contribution`` is sensitivity · std_dev, with its sign. ``share`` is the part of the result's variance that it is
    the reason for; the shares add up to 1. With correlations one may be negative, where an input evens another out.
    """

    name: str
    value: float
    std_dev: float
    sensitivity: float
    contribution: float
    share: float


class Budget(Tabular):
    """The uncertainty of a result, and where it comes from. Made by :func:`propagate`; it prints as a table.

    Attributes:
        value: the result.
        std_dev: its standard uncertainty.
        rows: the contributions, the largest share first.

    >>> x, y = Value(3.0, "x"), Value(4.0, "y")
    >>> budget = propagate(x * y, {x: 0.1, y: 0.1})
    >>> budget.std_dev, [row.name for row in budget.rows]
    (0.5, ['x', 'y'])
    """

    def __init__(
        self, value: Value, inputs: Sequence[Value], rows: Sequence[Contribution], std_dev: float, language: Language,
        digits: int,
    ) -> None:  # fmt: skip
        self._value, self._language, self._digits = value, language, digits
        order = sorted(range(len(rows)), key=lambda k: -abs(rows[k].share))
        self._inputs, self.rows = [inputs[k] for k in order], [rows[k] for k in order]
        self.value, self.std_dev = value.data, std_dev
        self._parts = [self._sentence(), self._grid()]

    def draw(self, **options: Any) -> Picture:
        """The graph, with what is uncertain beside the names, x ± 0.1 (64 %); the input that matters most stands out.

        Args:
            options: as in :func:`tinygrad_kr.draw`; only forward arrows where ``direction`` is left out.

        Returns:
            A Drawing.
        """
        notes = {x: f"± {self._figure(row.std_dev)} ({self._percent(row)})" for x, row in zip(self._inputs, self.rows)}
        notes[self._value] = f"± {self._figure(self.std_dev)}"
        most = [] if options.get("arrays") else [x for x, row in zip(self._inputs, self.rows) if row.contribution][:1]
        settings = {"direction": "forward", "digits": self._digits, "language": self._language}
        return self._value.draw(**{**settings, "notes": notes, "marked": most, **options})

    def _sentence(self) -> str:
        return f"{self._figure(self.value)} ± {self._figure(self.std_dev)}"

    def _grid(self) -> Grid:
        columns = "name", "value", "uncertainty", "sensitivity", "contribution", "share"
        rows: list[list[Cell]] = []
        for row in self.rows:
            numbers = row.value, row.std_dev, row.sensitivity, row.contribution
            rows.append([row.name, *(prose.figure(number, self._digits) for number in numbers), self._percent(row)])
        return Grid([say(self._language, column) for column in columns], rows, right={1, 2, 3, 4, 5})

    def _figure(self, number: float) -> str:
        return numeral(number, self._digits)

    @staticmethod
    def _percent(row: Contribution) -> str:
        return f"{numeral(100 * row.share, 3)} %"


def propagate(
    y: Value,
    std_devs: Mapping[Value, float],
    correlations: Any = None,
    *,
    language: Language = "ko",
    digits: int = 6,
) -> Budget:
    """The uncertainty of a result from those of its inputs, to first order. Gradients stay as they are.

    Args:
        y: the result.
        std_devs: the standard uncertainty (standard deviation) of each uncertain input; all others are exact.
        correlations: the matrix of the correlation coefficients of the inputs, in the order of ``std_devs``; none are
            correlated where left out.
        language: of the table, Korean (``"ko"``) or English (``"en"``).
        digits: significant digits of the numbers.

    Returns:
        A :class:`Budget`: the uncertainty, and what each input contributes to it.

    Raises:
        TypeError: if ``y`` or an input is no Value, or an uncertainty or a coefficient no real number.
        ValueError: if an input is a constant or was computed from others, an uncertainty is negative or not finite, or
            the correlations are not such a matrix.

    >>> length, width = Value(2.0, "length"), Value(0.5, "width")
    >>> print(propagate(length * width, {length: 0.01, width: 0.02}, language="en"))
    1 ± 0.0403113
    <BLANKLINE>
      name    value  uncertainty  sensitivity  contribution   share
      width     0.5         0.02            2          0.04  98.5 %
      length      2         0.01          0.5         0.005  1.54 %
    """
    if not isinstance(y, Value):
        raise TypeError(f"propagate() needs a Value, not the {type(y).__name__} {shown(y)}")
    check(language=language, digits=digits)
    if not isinstance(std_devs, Mapping):
        raise TypeError(f"propagate() needs the uncertainties as a dict, {{x: 0.1}}, not {shown(std_devs)}")
    inputs = list(std_devs)
    deviations = [_std_dev(x, std_devs[x]) for x in inputs]
    by_input = adjoints([y], [1.0])
    slopes = [by_input.get(x, 0.0) for x in inputs]
    contributions = [slope * deviation if deviation else 0.0 for slope, deviation in zip(slopes, deviations)]
    size = max(map(abs, contributions), default=0.0)
    matrix = None if correlations is None else _matrix(correlations, len(inputs))
    if matrix is None or not 0.0 < size < math.inf:
        std_dev = math.hypot(*contributions)
        shares = [(part / std_dev) ** 2 if std_dev else 0.0 for part in contributions]
    else:
        parts = [part / size for part in contributions]  # so that no square leaves the range
        along = (matrix @ parts).tolist()
        variance = max(0.0, math.fsum(a * b for a, b in zip(parts, along)))
        std_dev = size * math.sqrt(variance)
        shares = [a * b / variance if variance else 0.0 for a, b in zip(parts, along)]
    order = topological([y])
    notation = Notation(order, [node for node in order if node.op is None and node.__class__ is not Constant])
    names = [text(notation.name(x)) for x in inputs]
    columns = zip(names, [x.data for x in inputs], deviations, slopes, contributions, shares)
    return Budget(y, inputs, [Contribution(*row) for row in columns], std_dev, language, digits)


def _std_dev(x: object, number: object) -> float:
    if not isinstance(x, Value):
        raise TypeError(f"propagate() needs Values as inputs, not the {type(x).__name__} {shown(x)}")
    if x.op is not None:
        raise ValueError(f"propagate(): {x!r} is computed from other values; give the uncertainties of those")
    if x.__class__ is Constant:
        raise ValueError(f"propagate(): {x!r} is a constant, which gets no derivative; use a Value")
    deviation = to_float(number, f"the uncertainty of {x!r}")
    if not 0.0 <= deviation < math.inf:
        raise ValueError(f"the uncertainty of {x!r} is {numeral(deviation)}; expected a finite number from 0")
    return deviation


def _matrix(correlations: Any, count: int) -> Any:
    """The correlation coefficients as an array, once they are found to be some."""
    import numpy as np

    from ..engine.arrays import real_array

    matrix = real_array(correlations, "propagate(correlations=…)").astype(float)
    if matrix.shape != (count, count):
        raise ValueError(
            f"propagate(correlations=…) needs a row and a column for each of the {count} inputs, not an array of the "
            f"shape {matrix.shape}"
        )
    is_possible = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T, rtol=0, atol=1e-12)
    if not is_possible or not np.allclose(matrix.diagonal(), 1, rtol=0, atol=1e-12):
        raise ValueError("propagate(correlations=…) needs a symmetric matrix with 1 on its diagonal")
    if np.linalg.eigvalsh(matrix).min() < -1e-9 * count:
        raise ValueError("propagate(correlations=…) is not positive semidefinite: no inputs can have such correlations")
    return matrix
