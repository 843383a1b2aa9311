"""The exercise of writing ``backward()`` oneself: checked on random expressions, and mistakes explained in words.

The smallest expression that goes wrong is looked for first. Then every operation in it is tried alone: if one is wrong
by itself, its local derivative is to blame, otherwise the walk through the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import isclose, isfinite
from random import Random
from typing import Any, Literal, NamedTuple, TypeAlias

from ..formula import ATOM, Piece, to_text
from ..graph import adjoints, topological
from ..numerals import numeral, shown
from ..ops import OPS, TABLE, Op
from ..words.phrases import Language, check
from .programs import OPERATORS, Expression, Step, Style, literal, perform

__all__ = ["BackwardReport", "Kind", "check_backward"]

Kind: TypeAlias = Literal[
    "right",
    "accumulation",
    "order",
    "upstream",
    "swapped",
    "sign",
    "kink",
    "partial",
    "value",
    "nothing",
    "error",
    "other",
]
"""What kind of mistake it is."""

Form: TypeAlias = tuple[str, tuple[bool, ...]]
"""A row's name, and which of its operands are the student's values (the others are plain numbers)."""

EXAMPLES, LARGEST = 200, 5
"""How many random expressions are tried, and how many operations they have at most."""

TRIES = 8
"""How often an expression is tried: what goes through a set depends on where its elements are in memory."""

_WORDS: dict[Language, dict[Kind, str]] = {
    "ko": {
        "right": "맞습니다. 무작위 식 {examples}개에서 기울기가 모두 맞았습니다. 쓴 연산: {operations}.",
        "accumulation": "기울기를 더하지 않았습니다. {name}에는 쓰인 곳마다 기여가 오므로 모두 더해야 하는데, "
        "하나만 남았습니다. grad = …로 덮어쓰지 말고 grad += …로 더하세요.",
        "order": "지나는 순서가 틀렸습니다. {name}에서 기울기를 다 받기 전에 앞으로 넘겼습니다(또는 여러 번 "
        "넘겼습니다). 위상 정렬의 역순으로, 한 노드를 쓴 곳을 모두 지난 뒤에 그 노드를 한 번만 지나세요.",
        "upstream": "{op}에서 결과의 grad를 곱하지 않았습니다. 국소적 미분만 더하지 말고, 국소적 미분에 결과의 grad를 "
        "곱해서 더하세요(연쇄 법칙).",
        "swapped": "{op}에서 두 입력이 바뀌었습니다. x에 갈 것이 y에, y에 갈 것이 x에 갔습니다. {partials}.",
        "sign": "{op}에서 {name}에 대한 미분의 부호가 틀렸습니다. {partials}.",
        "kink": "{op}에서 꺾이는 점({point})만 다릅니다. 그곳의 미분은 약속으로 정합니다: 맞는 것은 {want}, 나온 "
        "것은 {got}. 부등호에 등호가 들어가는지 보세요.",
        "partial": "{op}에서 {name}에 대한 국소적 미분이 틀렸습니다({point}). {partials}.",
        "value": "{op}의 값부터 틀렸습니다: 맞는 것은 {want}, 나온 것은 {got}. 순전파를 먼저 보세요.",
        "nothing": "기울기가 어디에도 오지 않았습니다. backward()는 출력 자신의 grad를 1로 놓고 시작합니다.",
        "error": "오류가 났습니다. {error}",
        "other": "이 식의 기울기가 틀렸습니다. 연산은 하나씩 보면 모두 맞고, 흔한 실수로 설명되지 않습니다. "
        "backward()가 그래프를 지나는 길을 보세요.",
    },
    "en": {
        "right": "Right: all gradients of {examples} random expressions agree. They were made of {operations}.",
        "accumulation": "Gradients are not accumulated: {name} is used several times, and its contributions must "
        "be added up, but only one is left. Write grad += …, not grad = ….",
        "order": "The order is wrong: {name} passes its gradient on before all of it has arrived (or several "
        "times). Visit the nodes in reverse topological order, each one once, after everything that uses it.",
        "upstream": "{op} does not multiply by the grad of its result. By the chain rule, add the local derivative "
        "times the grad of the result, not the local derivative alone.",
        "swapped": "The two inputs of {op} are swapped: x gets what belongs to y, and y what belongs to x. {partials}.",
        "sign": "The derivative of {op} with respect to {name} has the wrong sign. {partials}.",
        "kink": "{op} differs only at its kink ({point}): there the derivative is {want} by convention, and "
        "yours is {got}. See whether the comparison should include equality.",
        "partial": "The local derivative of {op} with respect to {name} is wrong (at {point}). {partials}.",
        "value": "The value of {op} is wrong already: it should be {want} and is {got}. Look at the forward pass "
        "first.",
        "nothing": "No gradient arrives anywhere: backward() starts by setting the grad of the output itself to 1.",
        "error": "There is an error. {error}",
        "other": "The gradient of this expression is wrong. Each operation is right by itself, and none of the "
        "usual mistakes explains it. Look at how backward() walks through the graph.",
    },
}

_BESIDE: dict[Language, str] = {"ko": "맞는 것은 {want}, 나온 것은 {got}", "en": "should be {want}, is {got}"}


@dataclass(frozen=True)
class BackwardReport:
    """What :func:`check_backward` found. It is true if nothing is wrong, and prints as an explanation.

    Attributes:
        kind: what kind of mistake it is; ``"right"`` if there is none.
        explanation: what is wrong, in words.
        code: the smallest expression that goes wrong, with the wrong gradients beside it; empty if there is none.
        operations: the names of the rows that were tried.
    """

    kind: Kind
    explanation: str
    code: str = ""
    operations: tuple[str, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return self.kind == "right"

    def __str__(self) -> str:
        indented = "\n".join(f"    {line}" for line in self.code.splitlines())
        return f"{self.explanation}\n\n{indented}" if self.code else self.explanation

    def __repr__(self) -> str:
        return f"<BackwardReport: {self.explanation}>"


def check_backward(
    student: Callable[[float], Any],
    functions: Mapping[str, Callable[..., Any]] | None = None,
    *,
    language: Language = "ko",
) -> BackwardReport:
    """Check somebody's own ``backward()`` on random expressions, and explain the mistake.

    What the class can do is tried out: any of ``+ - * / **`` and of the table's functions as methods (``x.exp()``,
    ``x.relu()``, ``x.tanh()`` …), between its values and with plain numbers. The expressions are made of that.

    Args:
        student: the class, or whatever makes a value of a number. A value has ``data``, ``grad`` and ``backward()``.
        functions: functions that are no methods, by the names of their rows: ``{"exp": exp}``.
        language: Korean (``"ko"``) or English (``"en"``).

    Returns:
        A report, which is true if nothing is wrong; it is the same at every call.

    Raises:
        ImportError: if hypothesis is missing.
        TypeError: if it can do no operation at all.
        ValueError: if the language is unknown, or there is no row of a function's name.

    >>> from tinygrad_kr import Value
    >>> check_backward(Value, language="en").kind
    'right'
    """
    check(language=language)
    work = _Work(student, {} if functions is None else functions)
    smallest = work.smallest()
    names = tuple(op.name for op in OPS if any(form[0] == op.name for form in work.forms))
    if smallest is None:
        symbols = ", ".join(dict.fromkeys(op.symbol for op in OPS if op.name in names))
        words = _WORDS[language]["right"].format(examples=EXAMPLES, operations=symbols)
        return BackwardReport("right", words, operations=names)
    mistake = _diagnosed(work, smallest)
    words = _WORDS[language][mistake.kind].format(**mistake.words)
    return BackwardReport(mistake.kind, words, work.code(mistake.expression, language), names)


class _Mistake(NamedTuple):
    kind: Kind
    expression: Expression
    words: dict[str, str]


class _Result(NamedTuple):
    value: float
    gradient: list[float]


class _Outcome(NamedTuple):
    """What came out of an expression: a result or an error, and whether anything is wrong with it."""

    result: _Result | None
    error: str
    wrong: bool


# ── The student's work, run ───────────────────────────────────────────────────────────────────────────

UNABLE = (TypeError, AttributeError, AssertionError, NotImplementedError)
"""What it raises to say that it can't do an operation."""


class _Work:
    """A student's class: what it can do, and what comes out of it."""

    def __init__(self, student: Callable[[float], Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        if not callable(student):
            raise TypeError(f"check_backward() needs a class (or a function that makes a value), not {shown(student)}")
        if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
            raise TypeError(
                "check_backward() takes functions as a dict from the names of rows to functions, such as {'exp': exp}, "
                f"not {shown(functions)}"
            )
        for name in functions:
            if not any(op.name == name for op in OPS):
                raise ValueError(f"there is no operation {name!r}; name functions as the table does: exp, log, relu …")
        self.student, self.functions = student, dict(functions)
        self.outcomes: dict[str, _Outcome] = {}
        try:
            self.probe = student(1.0)
        except Exception as error:
            raise TypeError(
                f"check_backward() makes values as {_called(student)}(1.0), which raised "
                f"{type(error).__name__}: {error}"
            ) from error
        self.forms = set(self._able())
        if not self.forms:
            raise TypeError(
                f"{_called(student)} has no operations to check; it needs some of + - * / ** or methods as exp()"
            )

    def _able(self) -> Iterator[Form]:
        for op in OPS:
            if not op.variadic:
                every = (True,) * len(op.inputs)
                forms = [moving for moving in product((True, False), repeat=len(op.inputs)) if any(moving)]
                working = [moving for moving in forms if self._can(op, moving)]
                for moving in working or [every] * self._defines(op):  # what is there and always fails is an error
                    yield op.name, moving

    def _can(self, op: Op, moving: tuple[bool, ...]) -> bool:
        """Whether it computes a row of its values (and of numbers, where nothing moves)."""
        example = next(alone(op, moving), None)
        if example is None:
            return False
        try:
            self.output(example)
        except UNABLE:
            return False
        except Exception:  # it can, but fails
            return True
        return True

    def _defines(self, op: Op) -> bool:
        """Whether it has the row's operator, method or function."""
        sign = f"__{OPERATORS[op.name].__name__}__" if op.name in OPERATORS else op.name
        return op.name in self.functions or hasattr(self.probe, sign)

    def output(self, expression: Expression) -> tuple[Any, list[Any]]:
        """The output and the leaves of an expression."""
        leaves = [self.student(number) for number in expression.values]
        nodes = expression.run(leaves, lambda op, operands: perform(op, operands, self.functions))
        if not hasattr(nodes[-1], "data"):
            raise TypeError(f"it returned {shown(nodes[-1])}")
        return nodes[-1], leaves

    def outcome(self, expression: Expression) -> _Outcome:
        """What comes out of an expression; of several tries, the first that is wrong. It is the same ever after."""
        code = repr(expression)
        if code not in self.outcomes:
            want = _Result(expression(), true_gradient(expression))
            kept: list[Any] = []  # so that every try has other places in memory
            for _ in range(TRIES):
                outcome = self._tried(expression, want, kept)
                if outcome.wrong:
                    break
            self.outcomes[code] = outcome
        return self.outcomes[code]

    def _tried(self, expression: Expression, want: _Result, kept: list[Any]) -> _Outcome:
        try:
            output, leaves = self.output(expression)
            kept.append(output)
            output.backward()
            result = _Result(float(output.data), [float(leaf.grad or 0.0) for leaf in leaves])
        except Exception as error:
            return _Outcome(None, f"{type(error).__name__}: {error}", True)
        right = _same(result.value, want.value) and _all_same(result.gradient, want.gradient)
        return _Outcome(result, "", not right)

    def result(self, expression: Expression) -> _Result:
        """The value and the gradient of an expression that raises no error."""
        result = self.outcome(expression).result
        assert result is not None
        return result

    def error(self, expression: Expression) -> str:
        """The error that the expression raises, if any."""
        return self.outcome(expression).error

    def is_wrong(self, expression: Expression) -> bool:
        """Whether anything is wrong with it."""
        return self.outcome(expression).wrong

    def wrong_value(self, expression: Expression) -> bool:
        """Whether its value is wrong already."""
        return not _same(self.result(expression).value, expression())

    def wrong_leaves(self, expression: Expression) -> list[int]:
        """The places of the variables whose gradient is wrong."""
        pairs = zip(self.result(expression).gradient, true_gradient(expression))
        return [place for place, (got, want) in enumerate(pairs) if not _same(got, want)]

    def smallest(self, allowed: Callable[[Expression], bool] = lambda expression: True) -> Expression | None:
        """The smallest expression (of those that are allowed) that goes wrong."""
        from hypothesis import HealthCheck, find, settings
        from hypothesis.errors import NoSuchExample

        from ..strategies import _moderate, _raw_steps, _regular, drawn

        def fits(op: Op, operands: Sequence[int | float], lanes: Sequence[list[float]]) -> bool:
            moving = tuple(isinstance(operand, int) for operand in operands)
            return (op.name, moving) in self.forms and _regular(op, operands, lanes)

        rows = [op for op in OPS if any(form[0] == op.name for form in self.forms)]
        domains = {name: _moderate(place) for place, name in enumerate("xyz")}
        strategy = drawn(domains, _raw_steps(rows, LARGEST), fits, keep=False)
        quiet = settings(max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        try:
            return find(strategy, lambda e: allowed(e) and self.is_wrong(e), settings=quiet, random=Random(0))
        except NoSuchExample:
            return next((e for e in self.edges() if allowed(e) and self.is_wrong(e)), None)

    def edges(self) -> Iterator[Expression]:
        """The conventions of the table at kinks, as expressions."""
        for op in OPS:
            every = (True,) * len(op.inputs)
            if op.kinks and (op.name, every) in self.forms:
                for edge in op.edges:
                    if all(map(isfinite, (*edge.inputs, edge.value, *edge.partials))):
                        yield one_step(op, edge.inputs, every)

    def code(self, expression: Expression, language: Language) -> str:
        """The expression in the student's own words, and what is wrong beside it."""
        style = _StudentStyle(_called(self.student), self.functions)
        lines = [*expression.statements(style), "f.backward()"]
        if not self.error(expression):
            result, wanted = self.result(expression), true_gradient(expression)
            wrong = [
                (f"{expression.variables[k]}.grad", wanted[k], result.gradient[k])
                for k in self.wrong_leaves(expression)
            ]
            if self.wrong_value(expression):  # the gradient of another function is no news
                wrong = [("f.data", expression(), result.value)]
            lines += [
                f"{what}  # {_BESIDE[language].format(want=_short(want), got=_short(got))}" for what, want, got in wrong
            ]
        return "\n".join(lines)


class _StudentStyle(Style):
    """Programs as the student writes them: methods, and the class's own name."""

    def __init__(self, kind: str, functions: Mapping[str, Any]) -> None:
        super().__init__()
        self.kind, self.functions = kind, functions

    def leaf(self, name: str, number: float) -> str:
        return f"{self.kind}({literal(number).text})"

    def operation(self, op: Op, operands: Sequence[Piece]) -> Piece:
        if op.infix and op.name not in self.functions:
            return super().operation(op, operands)
        first, *rest = operands
        texts = [piece.text for piece in rest]
        if op.name in self.functions:
            return Piece(f"{op.name}({', '.join([first.text, *texts])})")
        return Piece(f"{self.group(first, ATOM)}.{op.name}({', '.join(texts)})")


def _called(student: Callable[..., Any]) -> str:
    return getattr(student, "__name__", "Value")


def _same(got: float, want: float) -> bool:
    return isclose(got, want, rel_tol=1e-6, abs_tol=1e-6)


def true_gradient(expression: Expression) -> list[float]:
    """The gradient by the engine, a number for each variable.

    >>> from tinygrad_kr.ops import TABLE
    >>> true_gradient(one_step(TABLE["mul"], (2.0, 3.0), (True, True)))
    [3.0, 2.0]
    """
    from ..value import apply

    leaves = expression.leaves()
    sums = adjoints([expression.run(leaves, apply)[-1]], [1.0])
    return [sums.get(leaf, 0.0) for leaf in leaves]


def one_step(op: Op, inputs: Sequence[float], moving: Sequence[bool]) -> Expression:
    """A row alone: what moves is a variable of its own, the rest are numbers.

    >>> from tinygrad_kr.ops import TABLE
    >>> one_step(TABLE["mul"], (2.0, 3.0), (True, False))
    x = tg.Value(2.0, "x"); f = x * 3.0
    """
    names = op.variables if op.infix or len(op.inputs) != 2 else ("x", "y")
    places = iter(range(len(inputs)))
    operands = tuple(next(places) if move else float(x) for x, move in zip(inputs, moving))
    chosen = [(name, float(x)) for name, x, move in zip(names, inputs, moving) if move]
    return Expression(tuple(name for name, _ in chosen), tuple(x for _, x in chosen), (Step(op, operands),))


def alone(op: Op, moving: Sequence[bool]) -> Iterator[Expression]:
    """A row alone, at several points where it is regular.

    >>> from tinygrad_kr.ops import TABLE
    >>> next(alone(TABLE["div"], (True, True)))
    x = tg.Value(3.0, "x"); y = tg.Value(2.0, "y"); f = x / y
    """
    from ..strategies import _regular

    for inputs in product((3.0, 2.0, 0.5, 1.5, -0.5, -2.0), repeat=len(op.inputs)):
        operands = [k if move else x for k, (x, move) in enumerate(zip(inputs, moving))]
        if len(set(inputs)) == len(inputs) and _regular(op, operands, [[x] for x in inputs]):
            yield one_step(op, inputs, moving)


# ── What the mistake is ───────────────────────────────────────────────────────────────────────────────


def _diagnosed(work: _Work, expression: Expression) -> _Mistake:
    """What goes wrong in an expression."""
    for single in _separated(expression):
        if work.is_wrong(single):
            found = _wrong_step(work, single)
            # An operation made of others has their mistakes: one that can be named explains more.
            return _named_mistake(work) or _upstream(work) or found if found.kind == "partial" else found
    error = work.error(expression)
    if error:
        return _Mistake("error", expression, {"error": error})
    return _upstream(work) or _wrong_walk(work, expression)


def _named_mistake(work: _Work) -> _Mistake | None:
    """Swapped inputs or a wrong sign in any operation alone."""
    for single in _one_each(work):
        if work.is_wrong(single):
            found = _wrong_step(work, single)
            if found.kind in ("swapped", "sign"):
                return found
    return None


def _upstream(work: _Work) -> _Mistake | None:
    """An operation that is right alone, and passes on the same whatever it is multiplied by."""
    made_of = ("add", "mul", "pow", "exp")  # other operations may be made of these, and have their mistakes
    rows = sorted((op for op in OPS if not op.variadic), key=lambda op: op.name not in made_of)
    for op in rows:
        for moving in product((True, False), repeat=len(op.inputs)):
            if (op.name, moving) in work.forms:
                for single in list(alone(op, moving))[:3]:
                    scaled = _scaled(work, single)
                    if scaled is not None and not work.is_wrong(single) and _passes_alike(work, single, scaled):
                        return _Mistake("upstream", scaled, {"op": op.symbol})
    return None


def _scaled(work: _Work, single: Expression) -> Expression | None:
    """An operation alone, and another after it whose derivative is not 1: three times it, if the class can multiply."""
    from ..strategies import _regular

    result = len(single.variables)
    if ("mul", (True, False)) in work.forms:
        return replace(single, steps=(*single.steps, Step(TABLE["mul"], (result, 3.0))))
    if ("mul", (True, True)) in work.forms:
        step = Step(TABLE["mul"], (result + 1, result))  # the new variable stands before the result
        name = next(name for name in "cxyzw" if name not in single.variables)
        return Expression((*single.variables, name), (*single.values, 3.0), (*single.steps, step))
    for op in OPS:
        if (op.name, (True,)) in work.forms and _regular(op, (result,), [[single()]]):
            after = one_step(op, (single(),), (True,))
            if abs(true_gradient(after)[0] - 1) > 0.1 and not work.is_wrong(after):
                return replace(single, steps=(*single.steps, Step(op, (result,))))
    return None


def _passes_alike(work: _Work, single: Expression, scaled: Expression) -> bool:
    """Whether some inputs get the local derivative alone, and the others what they should."""
    if work.error(scaled) or work.wrong_value(scaled):
        return False
    local, got, want = true_gradient(single), work.result(scaled).gradient, true_gradient(scaled)
    wrong = [place for place in range(len(local)) if not _same(got[place], want[place])]
    return bool(wrong) and all(_same(got[place], local[place]) for place in wrong)


def _separated(expression: Expression) -> Iterator[Expression]:
    """Every step alone, with a variable of its own for each operand."""
    nodes = expression.run(expression.values, perform)
    for op, operands in expression.steps:
        moving = [isinstance(operand, int) for operand in operands]
        yield one_step(op, [nodes[a] if isinstance(a, int) else a for a in operands], moving)


def _wrong_step(work: _Work, single: Expression) -> _Mistake:
    """What is wrong with an operation alone."""
    op, operands = single.steps[0]
    error = work.error(single)
    if error:
        return _Mistake("error", single, {"error": error})
    moving = tuple(isinstance(operand, int) for operand in operands)
    samples = [sample for sample in alone(op, moving) if not work.error(sample)][:12]
    for sample in (single, *samples):
        if work.wrong_value(sample):
            want, got = sample(), work.result(sample).value
            return _Mistake("value", sample, {"op": op.symbol, "want": _short(want), "got": _short(got)})
    places = work.wrong_leaves(single)
    first = places[0]
    partials = ", ".join(f"∂z/∂{x} = {to_text(partial)}" for x, partial in zip(op.variables, op.shown_partials))
    words = {
        "op": op.symbol,
        "name": single.variables[first],
        "partials": f"z = {to_text(op.forward)}: {partials}",
        "point": ", ".join(f"{name} = {_short(x)}" for name, x in zip(single.variables, single.values)),
        "want": _short(true_gradient(single)[first]),
        "got": _short(work.result(single).gradient[first]),
    }
    pairs = [(work.result(sample).gradient, true_gradient(sample)) for sample in samples]
    if all(_all_same(got, want) for got, want in pairs):  # right wherever it is regular
        return _Mistake("kink" if op.kinks else "partial", single, words)
    if not any(any(work.result(sample).gradient) for sample in _one_each(work)):
        return _Mistake("nothing", single, words)
    if len(single.variables) == 2 and all(_all_same(got, want[::-1]) for got, want in pairs):
        return _Mistake("swapped", single, words)
    if all(_same(got[place], -want[place]) for got, want in pairs for place in places):
        return _Mistake("sign", single, words)
    return _Mistake("partial", single, words)


def _short(number: float) -> str:
    return numeral(number, digits=6)


def _one_each(work: _Work) -> Iterator[Expression]:
    """One example of everything that the student's class can do, if it raises nothing."""
    for op in OPS:
        for name, moving in work.forms:
            if name == op.name:
                yield from (sample for sample in list(alone(op, moving))[:1] if not work.error(sample))


def _all_same(got: Sequence[float], want: Sequence[float]) -> bool:
    return all(map(_same, got, want))


def _wrong_walk(work: _Work, expression: Expression) -> _Mistake:
    """What is wrong with the walk through the graph, where each operation is right."""
    plain = expression if not _shared(expression) else work.smallest(lambda e: not _shared(e))
    if plain is None:  # it takes an intermediate result that is used several times
        return _Mistake("order", expression, {"name": _shared_name(expression)})
    if any(work.is_wrong(single) for single in _separated(plain)):
        return _diagnosed(work, plain)
    place = work.wrong_leaves(plain)[0]
    got = work.result(plain).gradient[place]
    if _all_same(work.result(plain).gradient, _forwards(plain)):
        return _Mistake("order", plain, {"name": plain.steps[0].op.symbol})
    # Two operations are enough to show that contributions are lost; what takes more has another reason.
    if len(plain) <= 2 and any(_same(got, contribution) for contribution in _contributions(plain, place)):
        return _Mistake("accumulation", plain, {"name": plain.variables[place]})
    return _Mistake("other", plain, {})


def _uses(expression: Expression) -> Counter[int]:
    return Counter(place for step in expression.steps for place in step.places)


def _shared(expression: Expression) -> bool:
    """Whether an intermediate result is used several times."""
    return any(count > 1 for place, count in _uses(expression).items() if place >= len(expression.variables))


def _shared_name(expression: Expression) -> str:
    """What the code calls the first intermediate result that is used several times."""
    return expression.statements()[len(expression.variables)].partition(" = ")[0]


def _contributions(expression: Expression, place: int) -> list[float]:
    """What a variable's gradient is the sum of."""
    from ..value import apply

    leaves = expression.leaves()
    output = expression.run(leaves, apply)[-1]
    sums = adjoints([output], [1.0])
    return [
        contribution
        for node in topological([output])
        for parent, contribution in zip(node.parents, node.vjp(sums[node]))
        if parent is leaves[place]
    ]


def _forwards(expression: Expression) -> list[float]:
    """The gradient that comes out if nodes are visited from the leaves to the output, the wrong way round."""
    from ..value import apply

    leaves = expression.leaves()
    output = expression.run(leaves, apply)[-1]
    order = topological([output])
    sums = dict.fromkeys(order, 0.0)
    sums[output] = 1.0
    for node in order:
        for parent, contribution in zip(node.parents, node.vjp(sums[node])):
            sums[parent] += contribution
    return [sums[leaf] for leaf in leaves]
