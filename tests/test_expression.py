"""Expressions that a person types: what they compute, and how the others are refused."""

import math
import re
import unicodedata
import warnings

import pytest
from damage import attempt, damaged, lengths
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

import tinygrad_kr
from tinygrad_kr import Constant, Value
from tinygrad_kr.engine.conditions import conditions
from tinygrad_kr.engine.names import ROWS
from tinygrad_kr.engine.ops import TABLE
from tinygrad_kr.shell.expression import FUNCTIONS, ExpressionError, evaluate, variable
from tinygrad_kr.text.terminal import columns


def graph(value):
    """The graph as nested tuples: operation, numbers and names."""
    if value.op is None:
        return value.data, value.name
    return (value.op.name, *map(graph, value.parents))


# ── What an expression computes ───────────────────────────────────────────────────────────────────────


def test_the_graph_is_the_one_that_python_builds():
    apple, count, tax = Value(100, "사과"), Value(2, "개수"), Value(1.1, "소비세")
    price = evaluate("사과 * 개수 * 소비세", 사과=100, 개수=2, 소비세=1.1)
    assert price.data == 220.00000000000003
    assert graph(price) == graph(apple * count * tax)


def test_a_value_given_is_used_as_it_is():
    x = Value(3, "my x")
    y = evaluate("x * x + z", x=x, z=1)
    y.backward()
    assert x.grad == 6
    assert x.name == "my x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", -9),
        ("(-x)**2", 9),
        ("2**-x", 0.125),
        ("2**-1*x", 1.5),
        ("2**x**2", 512),
        ("x - 1 - 1", 1),
        ("x / 2 / 3", 0.5),
        ("x - -1", 4),
        ("--x", 3),
        ("+x", 3),
        ("- x ** - 1", -1 / 3),
        ("x * (1 + 2) * 2", 18),
        (".5 * x + 1. + 1e-1 + 1_000", 1002.6),
        ("x\n+\t1", 4),
        ("max(x, 5, 4) + min(x, 5)", 8),
        ("sum(x, 1, 2) + prod(x, 2, 2) + mean(x, 1)", 20),
        ("dot(x, 1, 10, 100)", 130),
        ("cross_entropy(x / x, 1)", 0),
        ("logsumexp(x)", 3),
        ("leaky_relu(-x) + leaky_relu(-x, 0.5)", -1.53),
        ("minimum(x, 1) + maximum(x, 1)", 4),
        ("pow(x, 2)", 9),
        ("atan2(x, x)", math.pi / 4),
        ("pi * x", 3 * math.pi),
        ("e ** x", math.e**3),
        ("ｘ × ２ ÷ ４ − 1 · 1", 0.5),
        ("（x）＋1", 4),
        ("x * π", 3 * math.pi),
    ],
)
def test_values(text, expected):
    assert evaluate(text, x=3).data == pytest.approx(expected, rel=1e-14)


def test_without_variables_the_numbers_are_the_leaves():
    total = evaluate("200 * 5 * 1.1")
    total.backward()
    times_count, tax = total.parents
    assert [leaf.grad for leaf in (*times_count.parents, tax)] == pytest.approx([5.5, 220, 1000])
    assert graph(evaluate("pi")) == (math.pi, "π")


def test_with_variables_numbers_are_constants():
    y = evaluate("2 * pi * x ** (1 / 2)", x=4)
    (two, pi), (x, half) = (part.parents for part in y.parents)
    assert [type(part) for part in (two, pi, x, half)] == [Constant, Constant, Value, Constant]
    assert (two.data, pi.name, half.data) == (2, "π", 0.5)


def test_a_negative_number_is_a_number():
    assert graph(evaluate("x * -3 - -(2)", x=1)) == ("sub", ("mul", (1, "x"), (-3, None)), (-2, None))
    assert graph(evaluate("-3 * 2")) == ("mul", (-3, None), (2, None))
    assert graph(evaluate("-x", x=1)) == ("neg", (1, "x"))


def test_a_variable_called_pi_or_e_is_the_persons():
    assert evaluate("e * pi", e=2, pi=3).data == 6
    assert evaluate("e * pi", e=2).data == pytest.approx(2 * math.pi)


def test_every_function_can_be_called():
    wanted = {name for name in tinygrad_kr.engine.functions.__all__ if name not in ("softmax", "log_softmax")}
    assert set(FUNCTIONS) == wanted
    for name in FUNCTIONS:
        op = TABLE[ROWS.get(name, name)]
        inside = [1.25, 1.5, 2.5] if is_inside(op, [1.25, 1.5, 2.5]) else [0.5, 0.25, 0.75]
        arguments = inside[: len(op.inputs)]
        function = getattr(tinygrad_kr, name)
        expected = function(*([a] for a in arguments)) if op.variadic else function(*arguments)
        y = evaluate(f"{name}({', '.join(map(str, arguments))})")
        assert y.data == expected, name
        assert y.op is not None or name in ("min", "max"), name


def is_inside(op, numbers):
    return not op.domain or op.variadic or conditions(op).domain(*numbers[: len(op.inputs)], 0.0)


def test_a_thousand_terms():
    y = evaluate(" + ".join(["x"] * 1000), x=2)
    y.backward()
    assert y.data == 2000
    assert evaluate("x" + "*x" * 4999, x=1).data == 1


def test_inf_and_nan_are_the_engines():
    with pytest.warns(RuntimeWarning, match=re.escape("div(x = 1, 0) is inf")):
        assert evaluate("x / 0", x=1).data == math.inf
    with pytest.warns(RuntimeWarning, match=r"div\(0, 0\) is nan"):
        assert math.isnan(evaluate("x * (0 / 0)", x=1).data)


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────

REFUSED = [  # the expression, what the sentence says, and the text from the place on
    ("__import__('os')", "no function '__import__'", "__import__"),
    ("x.__class__", "attributes", ".__class__"),
    ("(x).real", "attributes", ".real"),
    ("x[0]", "subscripts", "[0]"),
    ("lambda: x", "'lambda' is a word of Python", "lambda"),
    ("x if x else 1", "'if' is a word", "if x"),
    ("x for x in x", "'for' is a word", "for x"),
    ("x < 1", "comparisons", "<"),
    ("x == 1", "comparisons", "=="),
    ("exp(x=1)", "keyword arguments", "=1"),
    ("y = x", "assignments", "="),
    ("'x' * 2", "quoted", "'x'"),
    ('x * "2"', "quoted", '"2"'),
    ("x ^ 2", "a power is written **", "^"),
    ("x ＾ 2", "a power is written **", "＾"),
    ("x²", "here **2", "²"),
    ("√x", "sqrt(…)", "√"),
    ("x * 10%", "percentage", "%"),
    ("x @ x", "'@' has no meaning", "@"),
    ("x; x", "';' has no meaning", ";"),
    ("x # x", "'#' has no meaning", "#"),
    ("sqr(x)", "did you mean 'sqrt'?", "sqr"),
    ("ln(x)", "did you mean 'log'?", "ln"),
    ("시그모이드(x)", "did you mean 'sigmoid'?", "시그모이드"),
    ("로그(x)", "did you mean 'log'?", "로그"),
    ("절대값(x)", "did you mean 'abs'?", "절대값"),
    ("사과(3)", "no function '사과'; a product is written with *; there are abs", "사과"),
    ("sin x", "sin is a function; write sin(…)", "sin"),
    ("|x|", "an absolute value is written abs(…)", "|x|"),
    ("math.exp(x)", "a function is written by its name alone, exp(x)", ".exp"),
    ("exp * x", "write exp(…)", "exp"),
    (
        "softmax(x)",
        "softmax gives a list, one number a class; write one of them out: exp(x_k) / (Σ exp(x_i))",
        "softmax",
    ),
    ("log_softmax(x)", "one of them out: x_k - log(Σ exp(x_i))", "log_softmax"),
    ("x * 귤 + 배", "귤, 배 have no number; add 귤=… 배=…", "귤"),
    ("x * y", "y has no number; add y=…", "y"),
    ("2x", "an operator is missing before 'x'; a product is written with *", "x"),
    ("x 2", "an operator is missing before '2'", "2"),
    ("2(x)", "an operator is missing before '('", "("),
    ("0x10", "an operator is missing before 'x10'", "x10"),
    ("1,000 * x", "write 1000 for 1,000", ","),
    ("(x, 1)", "a comma only separates", ","),
    ("((x)", "never closed", "((x)"),
    ("x * exp（x", "never closed", "（x"),
    ("x)", "no '(' before it", ")"),
    ("x +", "after '+', but found the end", ""),
    ("x * / 2", "after '*', but found '/'", "/"),
    ("* x", "expected a number, a name or '(', but found '*'", "* x"),
    ("()", "after '(', but found ')'", ")"),
    ("exp(x,)", "after ',', but found ')'", ")"),
    ("exp()", "exp takes 1 argument (x), not 0", "exp"),
    ("x + atan2(x)", "atan2 takes 2 arguments (y, x), not 1", "atan2"),
    ("dot(x, 1, 2)", "dot takes an even number of arguments", "dot"),
    ("sum()", "at least one argument, not 0", "sum"),
    ("clip()", "clip takes x and perhaps the low and high, not 0", "clip"),
    ("clip(x, 0, 1, 2)", "clip takes x and perhaps the low and high, not 4", "clip"),
    ("leaky_relu(x, 1, 2)", "leaky_relu takes x and perhaps the slope, not 3", "leaky_relu"),
    ("x * 1e999", "1e999 is too large", "1e999"),
    ("x * " + "9" * 400, "is too large", "9"),
    ("x * 9 ** 9 ** 9", "the exponent 387420489 is too large", "** 9 ** 9"),
    ("x ** 1e7", "the exponent 10000000 is too large", "**"),
    ("x ** -1e7", "the exponent -10000000 is too large", "**"),
    ("x + 2 ** 5000", "2 ** 5000 is too large", "**"),
    ("x + pow(10, 309)", "10 ** 309 is too large", "pow"),
    ("x\0", "U+0000", "\0"),
    ("x\u200b", "ZERO WIDTH SPACE", "\u200b"),
    ("\u202ex", "RIGHT-TO-LEFT OVERRIDE", "\u202e"),
    ("x \ud800", "U+D800", "\ud800"),
    ("-" * 5000 + "x", "nested more than 100 deep", "-"),
    ("(" * 200 + "x" + ")" * 200, "nested more than 100 deep", "("),
    ("exp(" * 200 + "x" + ")" * 200, "nested more than 100 deep", "exp("),
    ("x" + "**x" * 200, "nested more than 100 deep", "**x"),
    ("사과 * 개수 + 귤의값 ^ 2", "a power is written **", "^"),
    ("가" * 100 + " + ?" + "나" * 100, "'?' has no meaning", "?나"),
    ("e\u0301 * x + 한글 * ❤", "'❤' has no meaning", "❤"),
]


@pytest.mark.parametrize(("text", "sentence", "rest"), REFUSED, ids=[repr(text[:20]) for text, _, _ in REFUSED])
def test_refused_with_a_sentence_and_a_caret(text, sentence, rest):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, x=3)
    error = caught.value
    said, window, caret = str(error).split("\n")
    assert sentence in said
    assert text[error.place :].startswith(rest)
    assert rest or error.place == len(text)
    # The caret stands under the place, as a terminal counts columns.
    assert caret.strip() == "^"
    place = len(caret) - 1
    before = next(k for k in range(len(window) + 1) if wcswidth(window[:k]) == place)
    before += sum(1 for _ in iter_marks(window, before))
    assert rest == "" or window[before] in (rest[0], "�")
    assert wcswidth(window) <= 80


def iter_marks(window, start):
    """The combining marks at a place, which take no column."""
    while start < len(window) and unicodedata.combining(window[start]):
        yield window[start]
        start += 1


@pytest.mark.parametrize("count", [100, 101])
@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("-", ""), ("exp(-", ")"), ("x**", "")])
def test_the_limit_of_nesting(opening, closing, count):
    levels = 2 if len(opening) == 5 else 1
    text = opening * (count // levels) + "x" + closing * (count // levels)
    text = "-" * (count % levels) + text
    if count == 100:
        assert not math.isnan(evaluate(text, x=1).data)
    else:
        with pytest.raises(ExpressionError, match="nested more than 100"):
            evaluate(text, x=1)


def test_the_limit_of_length():
    assert evaluate("x" + " " * 9_999, x=1).data == 1
    with pytest.raises(ExpressionError, match="10,001 characters; expected at most 10,000"):
        evaluate("x" + " " * 10_000, x=1)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_expression(text):
    with pytest.raises(ExpressionError, match=r"^the expression is empty; expected one such as x \* y$"):
        evaluate(text)


@pytest.mark.parametrize("text", [None, 3, b"x"])
def test_an_expression_is_a_text(text):
    with pytest.raises(TypeError, match="an expression is a text"):
        evaluate(text)


def test_what_is_given_but_not_used():
    with pytest.raises(ExpressionError, match=r"^y, 귤 do not occur in the expression"):
        evaluate("x", x=1, y=2, 귤=3)
    with pytest.raises(ExpressionError, match=r"prise has no number.*given is 'price'"):
        evaluate("사과 * prise", 사과=1, price=3)


@pytest.mark.parametrize("text", ["9 ** 9 ** 9", "2 ** 5000", "10 ** 308 ** 2"])
def test_huge_powers_without_variables(text):
    with pytest.raises(ExpressionError, match="is too large"):
        evaluate(text)


def test_a_number_must_be_real():
    with pytest.raises(TypeError, match="real number"):
        evaluate("x", x="3")


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


def test_names_are_compared_as_python_compares_them():
    decomposed = unicodedata.normalize("NFD", "사과")
    assert decomposed != "사과"
    assert evaluate(decomposed, 사과=3).name == "사과"
    assert evaluate("사과", **{decomposed: 3}).name == "사과"
    assert evaluate("ﬁ * 2", fi=3).data == 6
    assert variable(" ｘ１ ") == "x1"
    with pytest.raises(ExpressionError, match="'사과' is given twice"):
        evaluate("사과", **{"사과": 1, decomposed: 2})


@pytest.mark.parametrize(
    "name", ["", "2x", "a b", "a-b", "a·b", "x.y", "lambda", "None", "x\0", "exp", "softmax", "'a'"]
)
def test_what_is_no_name(name):
    with pytest.raises(ExpressionError, match="can't be"):
        variable(name)


# ── Against Python itself ─────────────────────────────────────────────────────────────────────────────

ATOMS = st.sampled_from(["x", "y", "0", "1", "2", "3", "0.5", "1e2", "7."])
ARITHMETIC = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", " ** -", "--"]), inner).map("".join)
        | inner.map("({})".format)
        | inner.map("-{}".format)
        | inner.map("+{}".format)
    ),
    max_leaves=12,
)


@given(ARITHMETIC, st.floats(-3, 3), st.floats(-3, 3))
def test_agrees_with_python(text, x, y):
    names = {name: Value(number, name) for name, number in (("x", x), ("y", y)) if name in text}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = eval(text, {}, names)
        except (ZeroDivisionError, OverflowError, TypeError):  # Python's numbers have no inf here
            return
        try:
            result = evaluate(text, **names)
        except ExpressionError as error:
            refusal = str(error)
        else:
            refusal = ""
            result.backward()
            gradients = [leaf.grad for leaf in names.values()]
            if names:
                expected.backward()
    if refusal:
        assert "too large" in refusal
    elif isinstance(expected, complex):
        assert math.isnan(result.data)
    elif not names:
        assert result.data == pytest.approx(expected, nan_ok=True, rel=1e-12)
    else:
        assert result.data == pytest.approx(expected.data, nan_ok=True, rel=1e-15)
        assert gradients == pytest.approx([leaf.grad for leaf in names.values()], nan_ok=True, rel=1e-12)


PIECES = st.sampled_from(
    [*"xye23.(),+-*/[]{}^=<>'\"\\:;#@!%&|~`$?_ \t\n\0", "**", "//", "사과", "exp(", "max(", "sum(", "1e400", "×", "（",
     "lambda", "if", "\u0301", "\u200b", "\ud800", "²", "0x", "1_0", "__import__", "pi", "softmax", "dot("]
)  # fmt: skip


@given(st.text() | st.lists(PIECES, max_size=40).map("".join), st.sampled_from([{}, {"x": 2.0}, {"x": 0, "사과": -3}]))
def test_any_text_is_computed_or_refused(text, numbers):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            result = evaluate(text, **numbers)
        except ExpressionError as error:
            result = error
    if isinstance(result, ExpressionError):
        lines = str(result).encode().splitlines()
        assert len(lines) == (1 if result.place is None else 3)
        assert result.place is None or 0 <= result.place <= len(text)
    else:
        assert isinstance(result, Value)


@given(st.text(max_size=20))
def test_any_name_is_known_or_refused(name):
    try:
        known = variable(name)
    except ExpressionError:
        return
    assert known.isidentifier()
    assert evaluate(known, **{name: 1.0}).name == known


@given(st.text(alphabet="aZ9~ ×−é사각힣漢字カ｡ＡΣ\u0301🍎\u200b", max_size=10))
def test_columns_are_what_a_terminal_counts(text):
    assert columns(text) == wcswidth(text)


# ── Damaged a little ───────────────────────────────────────────────────────────────────────────────────

CALLS = st.sampled_from(["exp({})", "max({}, y)", "dot({}, 1, x, y)", "({}) / 사과", "−{} × ２", "pow({}, 2)"])
EXPRESSIONS = st.builds(lambda form, inner: form.format(inner), CALLS, ARITHMETIC) | ARITHMETIC


@lengths
def test_a_damaged_expression_is_computed_or_refused_with_a_caret(examples):
    def check(text):
        try:
            result = evaluate(text, x=2.0, y=-0.5, 사과=3)
        except ExpressionError as error:
            result = error
        if isinstance(result, Value):
            result.backward()
        else:
            lines = str(result).split("\n")
            assert len(lines) == (1 if result.place is None else 3)
            assert result.place is None or 0 <= result.place <= len(text)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        attempt(examples, EXPRESSIONS.flatmap(lambda text: damaged(text, PIECES)), check)
