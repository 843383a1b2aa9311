"""An expression as a person types it, made into a graph of Values. Nothing of it is run as Python.

The text is cut into tokens, brought into postfix order by Dijkstra's shunting yard (an operator waits
on a stack until whatever binds tighter is through) and computed on a stack of operands. No step
recurses, so no text is too deep for it; what is refused is refused with a sentence and a caret below
the place.
"""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple, NoReturn

from ..engine import functions
from ..engine.formula import to_text
from ..engine.names import ROWS
from ..engine.operands import has_value
from ..engine.ops import TABLE
from ..engine.value import Constant, Number, Value, apply
from ..text.bilingual import Bilingual
from ..text.numerals import numeral, shown
from ..text.signs import plain
from .spelling import meant_function
from .tokens import LOOKALIKES, PRODUCT, ExpressionError, Token, tokens

__all__ = ["ExpressionError", "evaluate", "variable"]

MAX_NESTING = 100
MAX_EXPONENT = 1e6

CONSTANTS = {"pi": (math.pi, "π"), "π": (math.pi, "π"), "e": (math.e, "e")}
"""Names that stand for a number (and how it is drawn), unless the person gives them another one."""

FUNCTIONS = tuple(name for name in functions.__all__ if TABLE[ROWS.get(name, name)].k is None)
"""Those that give one number, where softmax and its logarithm give a list."""

NEGATION = 3
INFIX = {
    "+": ("add", 1),
    "-": ("sub", 1),
    "*": ("mul", 2),
    "/": ("div", 2),
    "//": ("floordiv", 2),
    "%": ("mod", 2),
    "**": ("pow", 4),
}
"""The row of each sign, and how tightly it binds; a negation is between a product and a power."""


def evaluate(text: str, /, **numbers: Number) -> Value:
    """The graph of an expression that a person typed.

    It may hold numbers, names, ``+ - * / **``, parentheses, ``pi`` and ``e``, and calls of the table's
    functions. ``×``, ``÷``, ``−`` and full-width letters are read as what they stand for. ``sum``,
    ``prod``, ``mean``, ``logsumexp``, ``min`` and ``max`` take any number of arguments; ``dot`` and
    ``cross_entropy`` take two vectors one after the other: ``dot(x1, x2, y1, y2)``.

    Args:
        text: the expression, at most 10,000 characters.
        numbers: a number for each of its names, which becomes a leaf of that name; or a Value, which
            is used as it is. Without any, the numbers in the expression are the leaves.

    Raises:
        ExpressionError: if the text is no such expression, or the names do not fit; the message points
            at the place.
        TypeError: if ``text`` is not a text or a number is not a real number.

    >>> apple = Value(100, "사과")
    >>> price = evaluate("사과 * 개수 * 소비세", 사과=apple, 개수=2, 소비세=1.1)
    >>> price.backward()
    >>> price, apple.grad
    (Value(220, grad=1), 2.2)
    >>> evaluate("sqr(x) + 1", x=3)
    Traceback (most recent call last):
    tinygrad_kr.shell.tokens.ExpressionError: there is no function 'sqr'; did you mean 'sqrt'?
      sqr(x) + 1
      ^
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a text, not the {type(text).__name__} {shown(text)}")
    steps = _postfix(text)
    leaves = _leaves(numbers)
    _check_names(text, steps, leaves)
    has_variables = bool(leaves)
    stack: list[Number] = []
    for step in steps:
        if isinstance(step.what, float):
            stack.append(step.what if has_variables else Value(step.what))
        elif step.takes == 0:
            stack.append(leaves[step.what] if step.what in leaves else _constant(step.what, has_variables))
        else:
            operands = stack[-step.takes :]
            if step.what == "pow":
                _check_power(text, step, *(_fixed(operand, has_variables) for operand in operands))
            stack[-step.takes :] = [_compute(step.what, operands)]
    (result,) = stack
    assert isinstance(result, Value)
    return result


def variable(name: str) -> str:
    """The name of a variable as expressions know it (in Unicode's NFKC form, as Python's own names are).

    Raises:
        ExpressionError: if it is not a name, or that of a function.

    >>> variable("사과"), variable("ｘ")
    ('사과', 'x')
    """
    en = f"{shown(name)} can't be the name of a variable; expected letters, digits and _"
    refusal = Bilingual(en, f"{shown(name)}: 변수의 이름이 될 수 없습니다. 글자, 숫자, _로 쓰세요")
    try:
        found = list(tokens(name))
    except ExpressionError as error:
        raise ExpressionError(refusal + " (" + error.sentence + ")") from None
    if [token.kind for token in found] != ["name", "end"]:
        raise ExpressionError(refusal)
    known = found[0].text
    if known in functions.__all__:
        en = f"{known} is a function and can't be a variable; choose another name"
        raise ExpressionError(Bilingual(en, f"{known}: 함수라서 변수가 될 수 없습니다. 다른 이름을 쓰세요"))
    return known


# ── Postfix order ─────────────────────────────────────────────────────────────────────────────────────


class Step(NamedTuple):
    """A step of the computation: a number, a name (takes 0 operands), or a row or function and its operands."""

    what: float | str
    place: int
    takes: int = 0


@dataclass(slots=True)
class Waiting:
    """An operator, or an open bracket (``binding`` 0, of a call if it is named), that waits for what it holds."""

    what: str
    place: int
    binding: int
    takes: int
    depth: int = 0


def _postfix(text: str) -> list[Step]:
    """The steps of an expression, operands before what is done with them."""
    steps: list[Step] = []
    waiting: list[Waiting] = []

    def wait(entry: Waiting) -> None:
        outer = waiting[-1].depth if waiting else 0
        entry.depth = outer + (entry.binding not in (1, 2))  # sums and products do not nest, they follow each other
        if entry.depth > MAX_NESTING:
            en = f"the expression is nested more than {MAX_NESTING} deep here; "
            ko = f"여기서 식이 {MAX_NESTING}겹을 넘습니다. "
            instead = "compute this part first and give it as a variable", "이 부분을 먼저 계산해 변수로 주세요"
            raise ExpressionError(Bilingual(en, ko) + Bilingual(*instead), text, entry.place)
        waiting.append(entry)

    def release(binding: int) -> None:
        """Do what waits and binds at least so tightly, up to the last open bracket."""
        while waiting and waiting[-1].binding >= binding:
            done = waiting.pop()
            last = steps[-1].what
            if done.what == "neg" and isinstance(last, float):
                steps[-1] = Step(-last, done.place)  # -1 is a number
            else:
                steps.append(Step(done.what, done.place, done.takes))

    before = Token("start", "", 0)
    for token in tokens(text):
        kind, place = token.kind, token.place
        if before.kind in ("start", "(", ",", *INFIX):  # an operand comes
            if kind == "number":
                steps.append(Step(_number(text, token), place))
            elif kind == "name":
                steps.append(Step(token.text, place))
            elif kind == "(":
                wait(Waiting("", place, 0, 1))
            elif kind == "-":
                wait(Waiting("neg", place, NEGATION, 1))
            elif kind == ")" and before.kind == "(" and waiting[-1].what:
                _check_call(text, waiting[-1], 0)
            elif kind != "+":
                _refuse_operand(text, token, before)
        elif kind in INFIX:
            row, binding = INFIX[kind]
            # Of equal signs the left one comes first, of powers the right one.
            release(binding + (kind == "**"))
            wait(Waiting(row, place, binding, 2))
        elif kind == "(" and before.kind == "name":
            steps.pop()
            _check_function(text, before)
            wait(Waiting(before.text, before.place, 0, 1))
        elif kind in (",", ")"):
            release(1)
            _close(text, token, steps, waiting)
        elif kind != "end":
            _refuse_function(text, before.text, before.place)
            ko = f"{shown(token.text)} 앞에 연산자가 없습니다. "
            sentence = Bilingual(f"an operator is missing before {shown(token.text)}; ", ko) + PRODUCT
            raise ExpressionError(sentence, text, place)
        before = token
    release(1)
    if waiting:
        place = text.translate(LOOKALIKES).index("(", waiting[-1].place)
        raise ExpressionError(Bilingual("this '(' is never closed", "이 '('가 닫히지 않았습니다"), text, place)
    return steps


def _close(text: str, token: Token, steps: list[Step], waiting: list[Waiting]) -> None:
    """End an argument at a comma, or a bracket at its closing one."""
    if token.kind == "," and not (waiting and waiting[-1].what):
        en = "a comma only separates a function's arguments; write 1000 for 1,000 and 0.5 for 0,5"
        ko = "쉼표는 함수의 인수를 나눌 때만 씁니다. 1,000은 1000으로, 0,5는 0.5로 쓰세요"
        raise ExpressionError(Bilingual(en, ko), text, token.place)
    if not waiting:
        sentence = Bilingual("this ')' has no '(' before it", "이 ')'에 맞는 '('가 앞에 없습니다")
        raise ExpressionError(sentence, text, token.place)
    if token.kind == ",":
        waiting[-1].takes += 1
        return
    bracket = waiting.pop()
    if bracket.what:
        _check_call(text, bracket, bracket.takes)
        steps.append(Step(bracket.what, bracket.place, bracket.takes))


def _number(text: str, token: Token) -> float:
    number = float(token.text)
    if math.isinf(number):
        number_text = shown(token.text)[1:-1]
        en, ko = "is too large; expected a number below 1.8e308", "너무 큽니다. 1.8e308보다 작은 수를 쓰세요"
        raise ExpressionError(Bilingual(f"{number_text} {en}", f"{number_text}: {ko}"), text, token.place)
    return number


def _refuse_operand(text: str, token: Token, before: Token) -> NoReturn:
    """Say what should have come instead of this token."""
    if before.kind == "start" and token.kind == "end":
        sentence = Bilingual(
            "the expression is empty; expected one such as x * y", "식이 비어 있습니다. x * y처럼 쓰세요"
        )
        raise ExpressionError(sentence)
    if before.kind == "%":
        en = "x % y is a remainder; a percentage is written as a number: 0.1"
        ko = "x % y는 나머지입니다. 백분율은 0.1처럼 수로 쓰세요"
        raise ExpressionError(Bilingual(en, ko), text, before.place)
    is_end, is_start = token.kind == "end", before.kind == "start"
    en = f"expected a number, a name or '('{'' if is_start else f' after {before.text!r}'}, but found "
    ko = f"{'' if is_start else f'{before.text!r} 뒤에는 '}수, 이름, '(' 가운데 하나가 와야 하는데, "
    found = Bilingual(
        "the end" if is_end else repr(token.text),
        "식이 끝났습니다" if is_end else f"{token.text!r} 기호가 왔습니다",
    )
    raise ExpressionError(Bilingual(en, ko) + found, text, token.place)


def _is_mistakable(letter: str) -> bool:
    """Whether a letter is of an alphabet in which it can look as a Latin one."""
    return unicodedata.name(letter, "").split(" ")[0] in ("CYRILLIC", "GREEK")


def _check_function(text: str, token: Token) -> None:
    name = token.text
    if name in FUNCTIONS:
        return
    if name in TABLE and (op := TABLE[name]).k is not None:
        one = plain(to_text(op.exact, op.variables))
        en = f"{name} gives a list, one number a class; write one of them out: {one}"
        ko = f"{name}: 클래스마다 하나씩, 수가 여럿 나옵니다. 그중 하나를 풀어 쓰세요: {one}"
        raise ExpressionError(Bilingual(en, ko), text, token.place)
    sentence = Bilingual(f"there is no function {shown(name)}; ", f"{shown(name)}: 그런 함수는 없습니다. ")
    every = ", ".join(FUNCTIONS)
    listed = PRODUCT + Bilingual(f"; there are {every}", f". 함수: {every}")
    raise ExpressionError(sentence + (meant_function(name, FUNCTIONS) or listed), text, token.place)


def _refuse_function(text: str, name: str, place: int) -> None:
    """Refuse the name of a function without its brackets."""
    if name in functions.__all__:
        en, ko = f"{name} is a function; write {name}(…)", f"{name}: 함수입니다. {name}(…)처럼 쓰세요"
        raise ExpressionError(Bilingual(en, ko), text, place)


def _check_call(text: str, call: Waiting, count: int) -> None:
    """Refuse a call that has too few or too many arguments."""
    name = call.what
    op = TABLE[ROWS.get(name, name)]
    families = len(op.inputs)
    given = signature(getattr(functions, name)).parameters.values()
    required = [p.name for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    optional = [p.name for p in given][len(required) : families]
    names = ", ".join(op.inputs)
    if op.variadic or not required:
        families = families if op.variadic else 1
        fits = count > 0 and count % families == 0
        expected = Bilingual("at least one argument", "인수를 하나 이상")
        if families == 2:
            expected = Bilingual(
                "an even number of arguments, one vector after the other", "두 벡터를 차례로, 인수를 짝수 개"
            )
    elif optional:
        fits = len(required) <= count <= families
        must, may = ", ".join(required), " and ".join(optional)
        expected = Bilingual(f"{must} and perhaps the {may}", f"인수 {must} 그리고 필요하면 {', '.join(optional)}까지")
    else:
        fits = count == families
        expected = Bilingual(f"{families} argument{'s' * (families > 1)} ({names})", f"인수를 {families}개({names})")
    if not fits:
        sentence = (
            Bilingual(f"{name} takes ", f"{name}: ")
            + expected
            + Bilingual(f", not {count}", f" 받습니다. {count}개를 썼습니다")
        )
        raise ExpressionError(sentence, text, call.place)


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


def _leaves(numbers: dict[str, Number]) -> dict[str, Value]:
    """The Value of each variable, by the name that expressions know it by."""
    leaves: dict[str, Value] = {}
    for given, number in numbers.items():
        name = variable(given)
        if name in leaves:
            en = f"the variable {shown(name)} is given twice; expected one number for it"
            raise ExpressionError(Bilingual(en, f"변수 {shown(name)}의 수를 두 번 주었습니다. 한 번만 주세요"))
        leaves[name] = number if isinstance(number, Value) else Value(number, name)
    return leaves


def _check_names(text: str, steps: Sequence[Step], leaves: dict[str, Value]) -> None:
    """Refuse names without a number, and numbers whose name does not occur."""
    places: dict[str, int] = {}
    for step in steps:
        if isinstance(step.what, str) and step.takes == 0:
            places.setdefault(step.what, step.place)
    for name, place in places.items():
        _refuse_function(text, name, place)
    missing = [name for name in places if name not in leaves and name not in CONSTANTS]
    unused = [name for name in leaves if name not in places]
    if missing:
        plenty = len(missing) > 1
        add = _listed(missing, "=…", " ")
        en = f"{_listed(missing)} {'have' if plenty else 'has'} no number; add {add}"
        sentence = Bilingual(en, f"{_listed(missing)}: 수가 없습니다. {add}처럼 더하세요")
        if twins := _twins([*missing, *unused]):
            sentence += twins
        else:
            given = {name.casefold(): name for name in unused}
            for close in difflib.get_close_matches(missing[0].casefold(), given, n=1):
                sentence += Bilingual(f" (given is {given[close]!r})", f" (준 것: {given[close]!r})")
        raise ExpressionError(sentence, text, places[missing[0]])
    if unused:
        them = "them" if len(unused) > 1 else "it"
        en = f"{_listed(unused)} {'do' if len(unused) > 1 else 'does'} not occur in the expression; "
        instead = Bilingual(f"leave {them} out, or write {them} in", "빼거나 식에 쓰세요")
        raise ExpressionError(Bilingual(en, f"{_listed(unused)}: 식에 없습니다. ") + instead + _twins(unused))


def _twins(names: Sequence[str]) -> str:
    """Which letter of the names only looks like one of x, y, a, … (in a name by itself, or among Latin letters)."""
    for name in names:
        if len(name) == 1 or any(letter.isascii() and letter.isalpha() for letter in name):
            for letter in name:
                if not letter.isascii() and _is_mistakable(letter):
                    what = f"U+{ord(letter):04X} {unicodedata.name(letter, '')}"
                    return Bilingual(f" ({letter!r} is {what})", f" ({letter!r}: {what})")
    return ""


def _listed(names: Sequence[str], suffix: str = "", comma: str = ", ") -> str:
    texts = [f"{shown(name)[1:-1]}{suffix}" for name in names[:6]]
    return comma.join(texts) + (f" … {len(names)} names" if len(names) > 6 else "")


# ── Computing ─────────────────────────────────────────────────────────────────────────────────────────


def _constant(name: str, has_variables: bool) -> Value:
    number, symbol = CONSTANTS[name]
    return Constant(number, symbol) if has_variables else Value(number, symbol)


def _fixed(operand: Number, has_variables: bool) -> float | None:
    """The number of an operand that hangs on no variable, otherwise None."""
    if not isinstance(operand, Value):
        return float(operand)
    return operand.data if isinstance(operand, Constant) or not has_variables else None


def _check_power(text: str, step: Step, base: float | None, exponent: float | None) -> None:
    """Refuse a power that is a slip rather than a number: 9 ** 9 ** 9."""
    if exponent is None:
        return
    if abs(exponent) > MAX_EXPONENT:
        en = f"the exponent {numeral(exponent)} is too large; expected one between -1e6 and 1e6"
        ko = f"지수 {numeral(exponent)}: 너무 큽니다. -1e6에서 1e6까지 쓸 수 있습니다"
        raise ExpressionError(Bilingual(en, ko), text, step.place)
    try:
        _ = base is not None and base**exponent
    except OverflowError:
        power = f"{numeral(base or 0)} ** {numeral(exponent)}"
        en, ko = "is too large; expected a power below 1.8e308", "너무 큽니다. 1.8e308보다 작아야 합니다"
        raise ExpressionError(Bilingual(f"{power} {en}", f"{power}: {ko}"), text, step.place) from None
    except ZeroDivisionError:
        pass  # inf, and the engine says so


def _compute(name: str, operands: Sequence[Number]) -> Any:
    """Apply a row of arithmetic, or a function: a Value as soon as an operand is one, otherwise a number."""
    op = TABLE[ROWS.get(name, name)]
    if op.infix:
        result = apply(op, operands)
        return result if has_value(operands) else result.data
    function = getattr(functions, name)
    return function(*(op.families(operands) if op.variadic else operands))
