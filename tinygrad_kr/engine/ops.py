"""The table: an operation is one row, and everything else reads the row.

The engine, the drawings, the checks, the strategies and every emitter are interpretations of these
rows. A new operation is one new row; nothing else changes, and every test that runs over the table
covers it at once. This file imports nothing of ours.

How to read a formula
---------------------
A formula is arithmetic (``+ - * / // % **``), comparisons, ``and``/``or``/``not``, ``a if c else b``,
the constants ``pi`` and ``inf``, and the table's own functions. Its variables are the names in
``inputs`` and ``z``, the output. An input written ``*x`` stands for any number of operands:

* ``sum(f)``, ``prod(f)`` and ``max(f)`` of one argument reduce the formula ``f`` over all of them;
* outside a reduction ``x`` is the operand a partial is about, and ``i`` is its place;
* ``n`` is how many there are, ``x[k]`` is the one that the output ``k`` of the row is about, and
  ``prod_of_others(x)`` is the product of all operands but this one.

How an expression with a row is written is a column too: by its ``written`` formula (an infix row's forward formula),
``1 / x`` for the reciprocal, and otherwise as a call, ``exp(x)``.
"""

from __future__ import annotations

from math import inf, nan
from operator import itemgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

__all__ = ["OPS", "TABLE", "Edge", "Op"]


class Edge(tuple[tuple[float, ...], float, tuple[float, ...]]):
    """An edge case: the convention at one point, and its test.

    ``inputs`` are the operands (for ``*x`` rows, all of them), ``value`` the result and ``partials``
    the local derivatives there, ``nan`` where there is none.
    """

    __slots__ = ()

    def __new__(cls, inputs: tuple[float, ...], value: float, partials: tuple[float, ...]) -> Edge:
        """An edge case of these operands."""
        return super().__new__(cls, (inputs, value, partials))

    def __reduce__(self) -> tuple[object, ...]:
        return Edge, tuple(self)

    inputs: tuple[float, ...] = property(itemgetter(0))  # type: ignore[assignment]
    value: float = property(itemgetter(1))  # type: ignore[assignment]
    partials: tuple[float, ...] = property(itemgetter(2))  # type: ignore[assignment]


class Op:
    """One row of the table: a differentiable operation. A row is never changed; :meth:`replace` makes another one.

    Args:
        name: the identifier, and the function's name where it is one.
        symbol: what stands in the operator's circle.
        forward: the formula of the value.
        partials: a formula per input, the partial derivative with respect to it.
        ko, en: the operation's name for people.
        inputs: the variables; ``*x`` takes any number of operands.
        domain: a condition that holds where the operation is defined ("" means everywhere).
        kinks: formulas whose zeros are the points without a derivative (the convention is in ``edges``).
        edges: edge cases, which are the conventions *and* their tests.
        infix: Python's operator for it, on operands, ``{0} + {1}``; a function call where empty.
        written: the formula by which people write an expression with it, ``x ** 2``, where that is not a function call;
            for a row with an infix form it is the forward formula.
        numpy: the NumPy ufunc of the same function, where its name differs.
        textbook: the partials as books write them, where that differs from the most accurate form.
        exact: the value's formula where nothing is rounded and nothing overflows, where that is a simpler one.
        fold: the row that takes all the operands of a chain of this one at once: a sum for additions.
        vjp: for a row with one output a class, what flows back to its operands from all the outputs: ``u`` is what
            arrives there, and ``z`` the outputs.
        keywords: what the function calls its last inputs, and what they are where they are left out: ``slope=0.01``.
        choice: a keyword of the function that chooses among rows, and the row for each of its words; the first is
            taken where it is left out.
        k: for a row with one output a class, the output that this row computes.
        functions: for an operation that people have added, the Python functions that its formulas call.

    Attributes:
        variadic: whether the operation takes any number of operands.
        variables: the names of the inputs without their stars.
        whole: for one output of a row, that row; otherwise the row itself.
        compiled: what the engine has made of the row's formulas; it goes when the row goes.

    Two rows are equal only if they are the same row.

    >>> TABLE["sum"].variadic, TABLE["dot"].variables
    (True, ('x', 'y'))
    """

    FIELDS = (
        "name", "symbol", "forward", "partials", "ko", "en", "inputs", "domain", "kinks", "edges", "infix", "numpy",
        "textbook", "exact", "fold", "vjp", "written", "keywords", "choice", "k", "functions",
    )  # fmt: skip
    __slots__ = (*FIELDS, "__weakref__", "_outputs", "compiled", "variables", "variadic", "whole")

    name: str
    symbol: str
    forward: str
    partials: tuple[str, ...]
    ko: str
    en: str
    inputs: tuple[str, ...]
    domain: str
    kinks: tuple[str, ...]
    edges: tuple[Edge, ...]
    infix: str
    numpy: str
    textbook: tuple[str, ...]
    exact: str
    fold: str
    vjp: str
    written: str
    keywords: tuple[tuple[str, float], ...]
    choice: tuple[str, Mapping[str, str]] | None
    k: int | None
    functions: Mapping[str, Callable[..., Any]]
    variadic: bool
    variables: tuple[str, ...]
    whole: Op
    compiled: Any

    def __init__(
        self, name: str, symbol: str, forward: str, partials: tuple[str, ...], ko: str, en: str,
        inputs: tuple[str, ...] = ("x",), domain: str = "", kinks: tuple[str, ...] = (), edges: tuple[Edge, ...] = (),
        infix: str = "", numpy: str = "", textbook: tuple[str, ...] = (), exact: str = "", fold: str = "",
        vjp: str = "", written: str = "", keywords: tuple[tuple[str, float], ...] = (),
        choice: tuple[str, Mapping[str, str]] | None = None, k: int | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.symbol, self.forward, self.partials = name, symbol, forward, partials
        self.ko, self.en, self.inputs, self.domain, self.kinks, self.edges = ko, en, inputs, domain, kinks, edges
        self.infix, self.numpy, self.textbook, self.k, self.functions = infix, numpy, textbook, k, functions or {}
        self.exact, self.fold, self.vjp, self.keywords, self.choice = exact, fold, vjp, keywords, choice
        self.written = written or (forward if infix else "")
        self.variadic = inputs[0].startswith("*")
        self.variables = tuple(variable.lstrip("*") for variable in inputs)
        self.whole = self
        self.compiled = None
        self._outputs: dict[int, Op] = {}

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.FIELDS and hasattr(self, name):
            raise AttributeError(f"the row {self.name!r} is never changed; make another with .replace({name}=…)")
        object.__setattr__(self, name, value)

    @property
    def shown_partials(self) -> tuple[str, ...]:
        """The partials to show people.

        >>> TABLE["sigmoid"].shown_partials, TABLE["exp"].shown_partials
        (('z * (1 - z)',), ('z',))
        """
        return self.textbook or self.partials

    def passes_on(self, k: int) -> bool:
        """Whether what flows back to input ``k`` is the same whatever the operands are.

        >>> TABLE["sub"].passes_on(1), TABLE["mean"].passes_on(0), TABLE["mul"].passes_on(0)
        (True, True, False)
        """
        return self.partials[k] in ("1", "-1", "1 / n")

    def families(self, operands: Sequence[Any]) -> Sequence[Any]:
        """Operands as the row's formulas take them: one an input, or for each family ``*x`` a sequence.

        Args:
            operands: all of them in order; the families of a row such as ``dot`` one after the other.

        Raises:
            TypeError: if their count does not fit.

        >>> TABLE["dot"].families([1, 2, 3, 4]), TABLE["mul"].families([1, 2])
        ([[1, 2], [3, 4]], [1, 2])
        """
        count, inputs = len(operands), len(self.inputs)
        if not self.variadic:
            if count != inputs:
                raise TypeError(f"{self.name} takes {inputs} operands ({', '.join(self.inputs)}), not {count}")
            return operands
        if inputs == 1:
            return [operands]
        size, rest = divmod(count, inputs)
        if rest:
            raise TypeError(f"{self.name} takes {inputs} families of equal length, not {count} operands in all")
        return [operands[k * size : (k + 1) * size] for k in range(inputs)]

    def output(self, k: int) -> Op:
        """The row for the output of class ``k``, for an operation with one output a class.

        It is the same object at every call, as every other row is.

        >>> TABLE["softmax"].output(2).k, TABLE["softmax"].output(2) is TABLE["softmax"].output(2)
        (2, True)
        """
        whole = self.whole
        if k == whole.k:
            return whole
        row = whole._outputs.get(k)
        if row is None:
            row = whole.replace(k=k)
            row.whole = whole
            row = whole._outputs.setdefault(k, row)  # another thread may have been first
        return row

    def replace(self, **changes: Any) -> Op:
        """Another row, with some of the fields changed.

        >>> TABLE["abs"].replace(symbol="| |").symbol
        '| |'
        """
        return Op(**{name: getattr(self, name) for name in self.FIELDS} | changes)

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: object) -> Op:
        return self

    def __repr__(self) -> str:
        return f"Op({self.name!r})" if self.k is None else f"Op({self.name!r}, k={self.k})"


_XY = ("x", "y")

# fmt: off
TABLE: dict[str, Op] = {op.name: op for op in (
    # Arithmetic
    Op("add", "+", "x + y", ("1", "1"), "덧셈", "addition", _XY, infix="{0} + {1}", fold="sum",
       edges=(Edge((inf, -inf), nan, (1, 1)),)),
    Op("sub", "-", "x - y", ("1", "-1"), "뺄셈", "subtraction", _XY, infix="{0} - {1}"),
    Op("mul", "×", "x * y", ("y", "x"), "곱셈", "multiplication", _XY, infix="{0} * {1}",
       edges=(Edge((0, inf), nan, (inf, 0)),)),
    Op("div", "/", "x / y", ("1 / y", "-z / y"), "나눗셈", "division", _XY, "y != 0", infix="{0} / {1}",
       edges=(Edge((1, 0), inf, (inf, -inf)), Edge((0, 0), nan, (inf, nan)))),
    Op("mod", "%", "x % y", ("1", "-(x // y)"), "나머지", "remainder", _XY, "y != 0", infix="{0} % {1}",
       kinks=("x % y", "y - x % y"),
       edges=(Edge((6, 0.1), 0.09999999999999967, (1, -59)), Edge((-7, 3), 2, (1, 3)), Edge((3, inf), 3, (1, 0)),
              Edge((1e16, 3), 1, (1, -3333333333333333)), Edge((5, 0), nan, (1, -inf)))),
    Op("floordiv", "//", "x // y", ("0", "0"), "몫", "floored quotient", _XY, "y != 0", infix="{0} // {1}",
       kinks=("x % y", "y - x % y"),
       edges=(Edge((1, 0.1), 9, (0, 0)), Edge((-7, 3), -3, (0, 0)), Edge((1, 0), inf, (0, 0)))),
    Op("neg", "-", "-x", ("-1",), "부호 바꾸기", "negation", infix="-{0}"),
    Op("pow", "**", "x ** y",
       ("0 if y == 0 and not 0 < abs(x) < inf or z == 0 and abs(y) > 9e15 else "
        "y / x * z if (y < 0.01 or y > 9e15) and 0 < abs(x) < inf else y * x ** (y - 1)",
        "0 if x == 0 and y >= 0 else z * log(x)"),
       "거듭제곱", "power", _XY, "x > 0 or x < 0 and y == floor(y) or x == 0 and y >= 0", infix="{0} ** {1}",
       textbook=("0 if y == 0 else y * x ** (y - 1)", "0 if x == 0 and y >= 0 else z * log(x)"),
       edges=(Edge((0, 0), 1, (0, 0)), Edge((0, 2), 0, (0, 0)), Edge((0, -1), inf, (-inf, -inf)),
              Edge((-2, 3), -8, (12, nan)), Edge((-8, 1 / 3), nan, (nan, nan)), Edge((0, 1), 0, (1, 0)),
              Edge((0, 0.005), 0, (inf, 0)), Edge((1e200, 2), inf, (2e200, inf)), Edge((-1, 2**60), 1, (-(2**60), nan)),
              Edge((0.5, inf), 0, (0, 0)), Edge((5e-324, 5e-324), 1, (1, -744.4400719213812)))),

    # Exponentials, logarithms, roots
    Op("exp", "exp", "exp(x)", ("z",), "지수 함수", "exponential",
       edges=(Edge((-inf,), 0, (0,)), Edge((1000,), inf, (inf,)))),
    Op("expm1", "expm1", "expm1(x)", ("exp(x)",), "지수 함수 − 1", "exponential minus one",
       edges=(Edge((-inf,), -1, (0,)),)),
    Op("exp2", "exp2", "exp2(x)", ("2 * log(2) * exp2(x - 1) if 1024 <= x < 1025 else z * log(2)",), "2의 거듭제곱",
       "power of two", textbook=("z * log(2)",),
       edges=(Edge((3,), 8, (5.545177444479562,)), Edge((1024,), inf, (1.2460659279417838e308,)))),
    Op("log", "log", "log(x)", ("1 / x",), "자연로그", "natural logarithm", domain="x > 0",
       edges=(Edge((0,), -inf, (inf,)), Edge((-1,), nan, (-1,)), Edge((inf,), inf, (0,)))),
    Op("log1p", "log1p", "log1p(x)", ("1 / (1 + x)",), "1 + x의 자연로그", "logarithm of 1 + x",
       domain="x > -1", edges=(Edge((-1,), -inf, (inf,)), Edge((-2,), nan, (-1,)))),
    Op("log2", "log2", "log2(x)", ("1 / (x * log(2))",), "밑이 2인 로그", "base-2 logarithm", domain="x > 0",
       edges=(Edge((0,), -inf, (inf,)), Edge((8,), 3, (0.18033688011112042,)))),
    Op("log10", "log10", "log10(x)", ("1 / x / log(10) if x > 1 else 1 / (x * log(10))",),
       "상용로그", "base-10 logarithm", domain="x > 0", textbook=("1 / (x * log(10))",),
       edges=(Edge((0,), -inf, (inf,)), Edge((1000,), 3, (0.0004342944819032518,)))),
    Op("sqrt", "√", "sqrt(x)", ("1 / (2 * z)",), "제곱근", "square root", domain="x >= 0",
       edges=(Edge((0,), 0, (inf,)), Edge((-1,), nan, (nan,)), Edge((9,), 3, (1 / 6,)))),
    Op("cbrt", "∛", "cbrt(x)", ("1 / z / z / 3",), "세제곱근", "cube root", kinks=("x",),
       edges=(Edge((0,), 0, (inf,)), Edge((-8,), -2, (1 / 12,)))),
    Op("reciprocal", "/", "1 / x", ("-z * z",), "역수", "reciprocal", domain="x != 0", written="1 / x",
       edges=(Edge((0,), inf, (-inf,)), Edge((inf,), 0, (0,)))),
    Op("square", "x²", "x * x", ("2 * x",), "제곱", "square", written="x ** 2", edges=(Edge((-3,), 9, (-6,)),)),

    # Pieces and activations
    Op("abs", "abs", "abs(x)", ("sign(x)",), "절댓값", "absolute value", kinks=("x",), numpy="absolute",
       edges=(Edge((0,), 0, (0,)), Edge((-2,), 2, (-1,)))),
    Op("sign", "sign", "1 if x > 0 else -1 if x < 0 else x", ("0",), "부호", "sign", kinks=("x",), exact="sign(x)",
       edges=(Edge((0,), 0, (0,)), Edge((-2,), -1, (0,)))),
    Op("relu", "relu", "0 if x <= 0 else x", ("0 if x <= 0 else 1",), "렐루", "rectified linear unit",
       kinks=("x",), exact="max(x, 0)", edges=(Edge((0,), 0, (0,)), Edge((-1,), 0, (0,)), Edge((2,), 2, (1,)))),
    Op("leaky_relu", "leaky relu", "x if x > 0 else x * y", ("1 if x > 0 else y", "0 if x > 0 else x"),
       "새는 렐루", "leaky rectified linear unit", _XY, kinks=("x",), keywords=(("slope", 0.01),),
       edges=(Edge((0, 0.01), 0, (0.01, 0)), Edge((-2, 0.5), -1, (0.5, -2)))),
    Op("clip", "clip", "min(max(x, a), b)",
       ("1 if a <= x and x <= b else 0", "1 if x < a and a <= b else 0", "1 if b < x or b < a else 0"),
       "구간 안으로 자르기", "clipping to an interval", ("x", "a", "b"), kinks=("x - a", "x - b", "a - b"),
       keywords=(("low", -inf), ("high", inf)),
       edges=(Edge((2, -1, 2), 2, (1, 0, 0)), Edge((-1, -1, 2), -1, (1, 0, 0)), Edge((-3, -1, 2), -1, (0, 1, 0)),
              Edge((3, -1, 2), 2, (0, 0, 1)), Edge((0, 1, 1), 1, (0, 1, 0)), Edge((0, 2, 1), 1, (0, 0, 1)),
              Edge((5, -inf, inf), 5, (1, 0, 0)), Edge((nan, 0, 1), nan, (0, 0, 0)))),
    Op("sigmoid", "sigmoid", "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))",
       ("exp(-abs(x)) if abs(x) > 40 else 0.25 / cosh(x / 2) ** 2",), "시그모이드", "logistic sigmoid",
       textbook=("z * (1 - z)",), exact="1 / (1 + exp(-x))",
       edges=(Edge((0,), 0.5, (0.25,)), Edge((1000,), 1, (0,)), Edge((-1000,), 0, (0,)))),
    Op("softplus", "softplus", "max(x, 0) + log1p(exp(-abs(x)))", ("sigmoid(x)",), "소프트플러스", "softplus",
       exact="log(1 + exp(x))",
       edges=(Edge((0,), 0.6931471805599453, (0.5,)), Edge((1000,), 1000, (1,)), Edge((-1000,), 0, (0,)))),
    Op("tanh", "tanh", "tanh(x)", ("4 * exp(-2 * abs(x)) if abs(x) > 20 else 1 / cosh(x) ** 2",),
       "쌍곡탄젠트", "hyperbolic tangent", textbook=("1 - z ** 2",),
       edges=(Edge((0,), 0, (1,)), Edge((1000,), 1, (0,)))),
    Op("log_sigmoid", "log sigmoid", "min(x, 0) - log1p(exp(-abs(x)))", ("sigmoid(-x)",), "시그모이드의 로그",
       "logarithm of the sigmoid", exact="-log(1 + exp(-x))",
       edges=(Edge((0,), -0.6931471805599453, (0.5,)), Edge((-1000,), -1000, (1,)), Edge((1000,), 0, (0,)))),
    Op("silu", "silu", "x * sigmoid(x)", ("sigmoid(x) * (1 + x * sigmoid(-x))",), "실루", "sigmoid linear unit",
       textbook=("z + sigmoid(x) * (1 - z)",),
       edges=(Edge((0,), 0, (0.5,)), Edge((1000,), 1000, (1,)), Edge((-1000,), 0, (0,)))),
    Op("elu", "elu", "y * expm1(x) if x < 0 else x", ("y * exp(x) if x <= 0 else 1", "expm1(x) if x < 0 else 0"),
       "엘루", "exponential linear unit", _XY, kinks=("x",), keywords=(("alpha", 1.0),),
       edges=(Edge((0, 1), 0, (1, 0)), Edge((0, 2), 0, (2, 0)), Edge((-1000, 2), -2, (0, -1)),
              Edge((3, 2), 3, (1, 0)))),
    Op("gelu", "gelu", "0.5 * x * erfc(-x / sqrt(2))",
       ("0.5 * erfc(-x / sqrt(2)) + (0 if 40 < abs(x) < inf else x * exp(-0.5 * x * x) / sqrt(2 * pi))",),
       "겔루", "Gaussian error linear unit",
       textbook=("0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x ** 2) / sqrt(2 * pi)",),
       choice=("approximate", {"none": "gelu", "tanh": "gelu_tanh"}),
       edges=(Edge((0,), 0, (0.5,)), Edge((100,), 100, (1,)), Edge((-100,), 0, (0,)), Edge((inf,), inf, (nan,)))),
    Op("gelu_tanh", "gelu tanh", "x * sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x))",
       ("(1 if x > 0 else 0) if 25 < abs(x) < inf else sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x)) * "
        "(1 + x * sqrt(8 / pi) * (1 + 0.134145 * x * x) * sigmoid(-sqrt(8 / pi) * (x + 0.044715 * x * x * x)))",),
       "tanh로 어림한 겔루", "Gaussian error linear unit by a tanh",
       exact="x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x ** 3))) / 2",
       edges=(Edge((0,), 0, (0.5,)), Edge((100,), 100, (1,)), Edge((-100,), 0, (0,)), Edge((inf,), inf, (nan,)))),
    Op("huber", "huber", "0.5 * x * x if abs(x) < y else y * (abs(x) - 0.5 * y)",
       ("x if abs(x) < y else y * sign(x)", "0 if abs(x) < y else abs(x) - y"), "후버 손실", "Huber loss", _XY, "y > 0",
       kinks=("abs(x) - y",), keywords=(("delta", 1.0),),
       edges=(Edge((0.5, 1), 0.125, (0.5, 0)), Edge((1, 1), 0.5, (1, 0)), Edge((-3, 2), 4, (-2, 1)),
              Edge((0, 0), 0, (0, 0)), Edge((inf, inf), nan, (inf, nan)))),
    Op("binary_cross_entropy_with_logits", "logit loss",
       "(x * (1 - y) if x > 0 else -x * y) + log1p(exp(-abs(x)))",
       ("1 - y - sigmoid(-x) if x > 0 else sigmoid(x) - y", "-x"), "로짓의 이진 교차 엔트로피",
       "binary cross-entropy of a logit", _XY, textbook=("sigmoid(x) - y", "-x"), exact="log(1 + exp(x)) - x * y",
       edges=(Edge((0, 1), 0.6931471805599453, (-0.5, 0)), Edge((1000, 1), 0, (0, -1000)),
              Edge((1000, 0), 1000, (1, -1000)), Edge((-1000, 1), 1000, (-1, 1000)))),

    # Trigonometry
    Op("sin", "sin", "sin(x)", ("cos(x)",), "사인", "sine", edges=(Edge((inf,), nan, (nan,)),)),
    Op("cos", "cos", "cos(x)", ("-sin(x)",), "코사인", "cosine", edges=(Edge((0,), 1, (0,)),)),
    Op("tan", "tan", "tan(x)", ("1 + z * z",), "탄젠트", "tangent", domain="cos(x) != 0",
       edges=(Edge((0,), 0, (1,)),)),
    Op("asin", "asin", "asin(x)", ("1 / sqrt((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)",),
       "역사인", "arcsine", numpy="arcsin", textbook=("1 / sqrt(1 - x ** 2)",),
       domain="-1 <= x and x <= 1", edges=(Edge((1,), 1.5707963267948966, (inf,)), Edge((2,), nan, (nan,)))),
    Op("acos", "acos", "acos(x)", ("-1 / sqrt((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)",),
       "역코사인", "arccosine", numpy="arccos", textbook=("-1 / sqrt(1 - x ** 2)",),
       domain="-1 <= x and x <= 1", edges=(Edge((1,), 0, (-inf,)), Edge((2,), nan, (nan,)),
              Edge((0.25,), 1.318116071652818, (-1.0327955589886444,)))),
    Op("atan", "atan", "atan(x)", ("1 / x / x if abs(x) > 1e8 else 1 / (1 + x * x)",),
       "역탄젠트", "arctangent", numpy="arctan", textbook=("1 / (1 + x ** 2)",),
       edges=(Edge((inf,), 1.5707963267948966, (0,)),)),
    Op("atan2", "atan2", "atan2(y, x)",
       ("0 if x == 0 and y == 0 else 1 / x / (1 + (y / x) ** 2) if abs(y) < abs(x) else x / y / y / (1 + (x / y) ** 2)",
        "0 if x == 0 and y == 0 else -y / x / x / (1 + (y / x) ** 2) if abs(y) < abs(x) "
        "else -1 / y / (1 + (x / y) ** 2)"),
       "두 변의 역탄젠트", "two-argument arctangent", ("y", "x"), "x != 0 or y != 0", numpy="arctan2",
       textbook=("0 if x == 0 and y == 0 else x / (x ** 2 + y ** 2)",
                 "0 if x == 0 and y == 0 else -y / (x ** 2 + y ** 2)"),
       kinks=("1 if x >= 0 else y",),  # it jumps from −π to π
       edges=(Edge((0, 0), 0, (0, 0)), Edge((1, 0), 1.5707963267948966, (0, -1)), Edge((0, 2), 0, (0.5, 0)),
              Edge((nan, 0), nan, (nan, nan)), Edge((0, nan), nan, (nan, nan)))),
    Op("sinh", "sinh", "sinh(x)", ("cosh(x)",), "쌍곡사인", "hyperbolic sine",
       edges=(Edge((1000,), inf, (inf,)),)),
    Op("cosh", "cosh", "cosh(x)", ("sinh(x)",), "쌍곡코사인", "hyperbolic cosine",
       edges=(Edge((-1000,), inf, (-inf,)),)),
    Op("asinh", "asinh", "asinh(x)", ("1 / hypot(1, x)",), "역쌍곡사인", "inverse hyperbolic sine",
       numpy="arcsinh", edges=(Edge((0,), 0, (1,)),)),
    Op("acosh", "acosh", "acosh(x)", ("1 / (sqrt(x - 1) * sqrt(x + 1)) if x > 1 else 1 / sqrt(2 * (x - 1))",),
       "역쌍곡코사인", "inverse hyperbolic cosine", numpy="arccosh", domain="x >= 1",
       textbook=("1 / sqrt(x ** 2 - 1)",),
       edges=(Edge((1,), 0, (inf,)), Edge((0,), nan, (nan,)))),
    Op("atanh", "atanh", "atanh(x)", ("1 / ((1 - x) * (1 + x) if 0.5 < abs(x) < 1 else 1 - x * x)",),
       "역쌍곡탄젠트", "inverse hyperbolic tangent", numpy="arctanh", domain="-1 < x and x < 1",
       textbook=("1 / (1 - x ** 2)",),
       edges=(Edge((1,), inf, (inf,)), Edge((2,), nan, (-1 / 3,)))),

    # Two inputs, special functions, steps
    Op("hypot", "hypot", "hypot(x, y)",
       ("sign(x) / sqrt(1 + (y / x) ** 2) if abs(y) < abs(x) < inf else x / abs(y) / sqrt(1 + (x / y) ** 2)",
        "sign(y) / sqrt(1 + (x / y) ** 2) if abs(x) < abs(y) < inf else y / abs(x) / sqrt(1 + (y / x) ** 2)"),
       "빗변의 길이", "hypotenuse", _XY, kinks=("z",), textbook=("x / z", "y / z"),
       edges=(Edge((0, 0), 0, (nan, nan)), Edge((3, -4), 5, (0.6, -0.8)), Edge((inf, 30), inf, (nan, 0)),
              Edge((30, -inf), inf, (0, nan)),
              Edge((-2, 0), 2, (-1, 0)), Edge((0, 2), 2, (0, 1)),
              Edge((1e-323, -1.5e-323), 2e-323, (0.5547001962252291, -0.8320502943378437)))),
    Op("erf", "erf", "erf(x)", ("0 if abs(x) > 40 else 2 * exp(-x * x) / sqrt(pi)",), "오차 함수", "error function",
       textbook=("2 * exp(-x ** 2) / sqrt(pi)",),
       edges=(Edge((0,), 0, (1.1283791670955126,)), Edge((inf,), 1, (0,)))),
    Op("erfc", "erfc", "erfc(x)", ("0 if abs(x) > 40 else -2 * exp(-x * x) / sqrt(pi)",), "여오차 함수",
       "complementary error function", textbook=("-2 * exp(-x ** 2) / sqrt(pi)",),
       edges=(Edge((0,), 1, (-1.1283791670955126,)), Edge((inf,), 0, (0,)))),
    Op("copysign", "copysign", "copysign(x, y)", ("sign(x) * sign(z)", "0"), "부호 옮기기",
       "magnitude with the sign of another", _XY, kinks=("x", "y"),
       edges=(Edge((3, -2), -3, (-1, 0)), Edge((-3, 0.0), 3, (-1, 0)), Edge((3, -0.0), -3, (-1, 0)),
              Edge((0, -1), 0, (0, 0)), Edge((-inf, 2), inf, (-1, 0)))),
    Op("logaddexp", "logaddexp", "x + log(2) if x == y else max(x, y) + log1p(exp(-abs(x - y)))",
       ("sigmoid(x - y)", "sigmoid(y - x)"), "두 지수의 합의 로그", "logarithm of a sum of two exponentials", _XY,
       textbook=("exp(x - z)", "exp(y - z)"), exact="log(exp(x) + exp(y))",
       edges=(Edge((1000, 1000), 1000.6931471805599, (0.5, 0.5)), Edge((-inf, 0), 0, (0, 1)),
              Edge((inf, 0), inf, (1, 0)), Edge((-inf, -inf), -inf, (nan, nan)))),
    Op("min", "min", "min(x, y)", ("0 if x > y else 0.5 if x == y else 1", "0 if y > x else 0.5 if x == y else 1"),
       "최솟값", "minimum", _XY, kinks=("x - y",), numpy="minimum", fold="min",
       edges=(Edge((2, 2), 2, (0.5, 0.5)), Edge((1, 2), 1, (1, 0)), Edge((1, nan), nan, (1, 1)))),
    Op("max", "max", "max(x, y)", ("0 if x < y else 0.5 if x == y else 1", "0 if y < x else 0.5 if x == y else 1"),
       "최댓값", "maximum", _XY, kinks=("x - y",), numpy="maximum", fold="max",
       edges=(Edge((2, 2), 2, (0.5, 0.5)), Edge((1, 2), 2, (0, 1)), Edge((1, nan), nan, (1, 1)))),
    Op("where", "where", "x if c != 0 else y", ("0", "1 if c != 0 else 0", "0 if c != 0 else 1"),
       "선택", "choice", ("c", "x", "y"), kinks=("c",),
       edges=(Edge((1, 2, 3), 2, (0, 1, 0)), Edge((0, 2, 3), 3, (0, 0, 1)), Edge((1, 2, nan), 2, (0, 1, 0)))),
    Op("floor", "floor", "floor(x)", ("0",), "내림", "floor", kinks=("x - floor(x)", "ceil(x) - x"),
       edges=(Edge((-1.5,), -2, (0,)), Edge((inf,), inf, (0,)))),
    Op("ceil", "ceil", "ceil(x)", ("0",), "올림", "ceiling", kinks=("x - floor(x)", "ceil(x) - x"),
       edges=(Edge((-1.5,), -1, (0,)), Edge((-inf,), -inf, (0,)))),

    # Any number of inputs: one node however many operands
    Op("sum", "+", "sum(x)", ("1",), "합", "sum", ("*x",), written="sum(x)",
       edges=(Edge((), 0, ()), Edge((1, 2, 3), 6, (1, 1, 1)), Edge((inf, -inf), nan, (1, 1)),
              Edge((1e308, 1e308, -1e308), inf, (1, 1, 1)))),
    Op("prod", "×", "prod(x)", ("prod_of_others(x)",), "곱", "product", ("*x",), written="prod(x)",
       edges=(Edge((), 1, ()), Edge((2, 0, 5), 0, (0, 10, 0)), Edge((2, 3, 4), 24, (12, 8, 6)),
              Edge((1e200, 1e200, 1e-200), inf, (1, 1, inf)))),
    Op("dot", "dot", "sum(x * y)", ("y", "x"), "내적", "dot product", ("*x", "*y"), written="sum(x * y)",
       edges=(Edge((), 0, ()), Edge((1, 2, 3, 4), 11, (3, 4, 1, 2)),
              Edge((1e200, 1e200, 1e200, -1e200), nan, (1e200, -1e200, 1e200, 1e200)))),
    Op("mean", "mean", "sum(x) / n", ("1 / n",), "평균", "mean", ("*x",), written="sum(x) / n",
       edges=(Edge((1, 2, 6), 3, (1 / 3, 1 / 3, 1 / 3)), Edge((1e308, 1e308), inf, (0.5, 0.5)))),
    Op("logsumexp", "logsumexp", "max(x) if abs(max(x)) == inf else "
       "max(x) + log1p(sum(1 if x == max(x) else 0) - 1 + sum(0 if x == max(x) else exp(x - max(x))))",
       ("0 if z == inf and x < z else exp(x - max(x)) / sum(exp(x - max(x)))",), "지수 합의 로그",
       "logarithm of a sum of exponentials", ("*x",), textbook=("exp(x - z)",), exact="log(sum(exp(x)))",
       edges=(Edge((1000, 1000), 1000.6931471805599, (0.5, 0.5)), Edge((-inf, 0), 0, (0, 1)),
              Edge((0, inf), inf, (0, nan)))),
    Op("softmax", "softmax", "exp(x[k] - max(x)) / sum(exp(x - max(x)))",
       ("z * sum(0 if i == k else exp(x - max(x))) / sum(exp(x - max(x))) if i == k else "
        "-z * exp(x - max(x)) / sum(exp(x - max(x)))",), "소프트맥스", "softmax",
       ("*x",), exact="exp(x[k]) / sum(exp(x))",
       textbook=("z * (1 - z) if i == k else -z ** 2 * exp(x - x[k])",), vjp="z * (u - sum(u * z))", k=0,
       edges=(Edge((1000, 1000), 0.5, (0.25, -0.25)), Edge((0, -1000), 1, (0, 0)))),
    Op("log_softmax", "log softmax",
       "x[k] - max(x) - log1p(sum(1 if x == max(x) else 0) - 1 + sum(0 if x == max(x) else exp(x - max(x))))",
       ("sum(0 if i == k else exp(x - max(x))) / sum(exp(x - max(x))) if i == k else "
        "-exp(x - max(x)) / sum(exp(x - max(x)))",), "소프트맥스의 로그", "logarithm of the softmax", ("*x",),
       exact="x[k] - log(sum(exp(x)))", textbook=("1 - exp(z) if i == k else -exp(x - x[k] + z)",),
       vjp="u - exp(z) * sum(u)", k=0,
       edges=(Edge((1000, 1000), -0.6931471805599453, (0.5, -0.5)), Edge((0, -1000), 0, (0, 0)),
              Edge((-1000, 0), -1000, (1, -1)))),
    Op("cross_entropy", "cross entropy", "-sum(0 if y == 0 else y * log(x))",
       ("0 if y == 0 and not x > 0 else -y / x", "-log(x)"), "교차 엔트로피", "cross-entropy", ("*x", "*y"), "x > 0",
       textbook=("-y / x", "-log(x)"),
       edges=(Edge((0.5, 0.5, 0, 1), 0.6931471805599453,
                   (0, -2, 0.6931471805599453, 0.6931471805599453)),
              Edge((0, 1, 0, 1), 0, (0, -1, inf, 0)), Edge((-1, 2), nan, (2, nan)))),
    Op("kl_divergence", "KL",
       "sum(0 if x == 0 else x * (log1p((x - y) / y) if abs(x - y) < 0.5 * y else log(x / y) "
       "if y > 0 and 1e-9 < x / y < 1e9 else log(x) - log(y)))",
       ("1 + (log(x / y) if 1e-90 < y < 1e90 and 1e-9 < x / y < 1e9 else log(x) - log(y))",
        "0 if x == 0 else -x / y"), "쿨백–라이블러 발산", "Kullback–Leibler divergence", ("*x", "*y"),
       "x > 0 and y > 0", textbook=("1 + log(x / y)", "-x / y"), exact="sum(x * log(x / y))",
       edges=(Edge((0.5, 0.5, 0.25, 0.75), 0.14384103622589042,
                   (1.6931471805599454, 0.5945348918918356, -2, -0.6666666666666666)),
              Edge((0, 1, 0.5, 0.5), 0.6931471805599453, (-inf, 1.6931471805599454, 0, -2)),
              Edge((1, 0), inf, (inf, -inf)), Edge((0, 0), 0, (nan, 0)), Edge((-1, -1), nan, (nan, -1)))),
)}
# fmt: on

OPS: tuple[Op, ...] = tuple(TABLE.values())
"""Every row, in the table's order."""
