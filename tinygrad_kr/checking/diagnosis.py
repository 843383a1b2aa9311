"""What is wrong with a student's ``backward()``, given the smallest program that goes wrong.

Every operation in it is tried alone: if one is wrong by itself, its local derivative is to blame, otherwise the walk
through the graph.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias

from ..engine.ops import TABLE, Op
from ..text.numerals import numeral
from ..text.options import LANGUAGES, Language
from ..words.rules import in_words
from .fitting import regular
from .gradients import all_same, contributions, from_the_leaves, same, true_gradient
from .programs import Expression, Step
from .single import alone, one_step, separated
from .smallest import smallest
from .student import Student

__all__ = ["Kind", "Mistake", "diagnosed", "short"]

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


class Mistake(NamedTuple):
    """A kind of mistake, an expression that shows it, and what to say of it."""

    kind: Kind
    expression: Expression
    words: dict[str, Any]


def diagnosed(student: Student, expression: Expression) -> Mistake:
    """What goes wrong in an expression, and the expression that shows it best.

    >>> from tinygrad_kr import Value
    >>> diagnosed(Student(Value, {"exp": lambda x: x.exp() * 2}), one_step(TABLE["exp"], (0.0,), (True,))).kind
    'value'
    """
    for single in separated(expression):
        if student.is_wrong(single):
            found = _wrong_step(student, _wrong_part(student, single) or single)
            # An operation made of others has their mistakes: one that can be named explains more.
            return _named_mistake(student) or _upstream(student) or found if found.kind == "partial" else found
    error = student.error(expression)
    if error:
        return Mistake("error", expression, {"error": error})
    return _upstream(student) or _wrong_walk(student, expression)


def _wrong_part(student: Student, single: Expression) -> Expression | None:
    """A wrong operation that this one is made of: / of ** and ×, in a class that computes x / y as x * y**-1."""
    for name in student.parts(single):
        for moving in (moving for row, moving in student.forms if row == name):
            for part in islice(alone(TABLE[name], moving), 6):
                if student.is_wrong(part):
                    return part
    return None


# ── An operation that is wrong by itself ─────────────────────────────────────────────────────────────


def _wrong_step(student: Student, single: Expression) -> Mistake:
    """What is wrong with an operation alone."""
    op, operands = single.steps[0]
    error = student.error(single)
    if error:
        return Mistake("error", single, {"error": error})
    moving = [isinstance(operand, int) for operand in operands]
    samples = [sample for sample in alone(op, moving) if not student.error(sample)][:12]
    for sample in (single, *samples):
        if student.wrong_value(sample):
            want, got = sample(), student.result(sample).value
            return Mistake("value", sample, {"op": op.symbol, "want": short(want), "got": short(got)})
    return Mistake(_wrong_partial(student, single, samples), single, _partial_words(student, single))


def _wrong_partial(student: Student, single: Expression, samples: Sequence[Expression]) -> Kind:
    """How the local derivatives of an operation are wrong, by samples of it where it is regular."""
    places = student.wrong_leaves(single)
    pairs = [(student.result(sample).gradient, true_gradient(sample)) for sample in samples]
    if all(all_same(got, want) for got, want in pairs):  # right wherever it is regular
        return "kink" if single.steps[0].op.kinks else "partial"
    if not any(any(student.result(sample).gradient) for sample in _one_each(student)):
        return "nothing"
    if len(single.variables) == 2 and all(all_same(got, want[::-1]) for got, want in pairs):
        return "swapped"
    if all(same(got[place], -want[place]) for got, want in pairs for place in places):
        return "sign"
    return "partial"


def _partial_words(student: Student, single: Expression) -> dict[str, Any]:
    """What there is to say of an operation's first wrong derivative."""
    op = single.steps[0].op
    first = student.wrong_leaves(single)[0]
    return {
        "op": op.symbol,
        "name": single.variables[first],
        "partials": {language: _rule(op, language) for language in LANGUAGES},
        "point": ", ".join(f"{name} = {short(x)}" for name, x in zip(single.variables, single.values)),
        "want": short(true_gradient(single)[first]),
        "got": short(student.result(single).gradient[first]),
    }


def _rule(op: Op, language: Language) -> str:
    """What an operation computes, and its partial derivatives."""
    slopes = (f"∂z/∂{x} = {in_words(partial, language)}" for x, partial in zip(op.variables, op.shown_partials))
    return f"z = {in_words(op.forward, language)}: {', '.join(slopes)}"


def _named_mistake(student: Student) -> Mistake | None:
    """Swapped inputs or a wrong sign in any operation alone."""
    for single in _one_each(student):
        if student.is_wrong(single) and _wrong_part(student, single) is None:
            found = _wrong_step(student, single)
            if found.kind in ("swapped", "sign"):
                return found
    return None


def _one_each(student: Student) -> Iterator[Expression]:
    """One example of everything that the student's class can do, if it raises nothing."""
    for name, moving in student.forms:
        for sample in islice(alone(TABLE[name], moving), 1):
            if not student.error(sample):
                yield sample


# ── An operation that leaves out the chain rule ──────────────────────────────────────────────────────


def _upstream(student: Student) -> Mistake | None:
    """An operation that is right alone, and passes on the same whatever it is multiplied by."""
    made_of = ("add", "mul", "pow", "exp")  # other operations may be made of these, and have their mistakes
    for name, moving in sorted(student.forms, key=lambda form: form[0] not in made_of):
        for single in islice(alone(TABLE[name], moving), 3):
            scaled = _scaled(student, single)
            if scaled is not None and not student.is_wrong(single) and _passes_alike(student, single, scaled):
                return Mistake("upstream", scaled, {"op": TABLE[name].symbol})
    return None


def _scaled(student: Student, single: Expression) -> Expression | None:
    """An operation alone, and another after it whose derivative is not 1: three times it, if the class can multiply."""
    result = len(single.variables)
    if ("mul", (True, False)) in student.forms:
        return replace(single, steps=(*single.steps, Step(TABLE["mul"], (result, 3.0))))
    if ("mul", (True, True)) in student.forms:
        step = Step(TABLE["mul"], (result + 1, result))  # the new variable stands before the result
        name = next(name for name in "cxyzw" if name not in single.variables)
        return Expression((*single.variables, name), (*single.values, 3.0), (*single.steps, step))
    for op in student.rows:
        if (op.name, (True,)) in student.forms and regular(op, (result,), [[single()]]):
            after = one_step(op, (single(),), (True,))
            if abs(true_gradient(after)[0] - 1) > 0.1 and not student.is_wrong(after):
                return replace(single, steps=(*single.steps, Step(op, (result,))))
    return None


def _passes_alike(student: Student, single: Expression, scaled: Expression) -> bool:
    """Whether some inputs get the local derivative alone, and the others what they should."""
    if student.error(scaled) or student.wrong_value(scaled):
        return False
    local, got, want = true_gradient(single), student.result(scaled).gradient, true_gradient(scaled)
    wrong = [place for place in range(len(local)) if not same(got[place], want[place])]
    return bool(wrong) and all(same(got[place], local[place]) for place in wrong)


# ── A walk through the graph that is wrong ───────────────────────────────────────────────────────────


def _wrong_walk(student: Student, expression: Expression) -> Mistake:
    """What is wrong with the walk through the graph, where each operation is right."""
    plain = expression if not _shared(expression) else smallest(student, lambda e: not _shared(e))
    if plain is None:  # it takes an intermediate result that is used several times
        return Mistake("order", expression, {"name": _shared_name(expression)})
    if any(student.is_wrong(single) for single in separated(plain)):
        return diagnosed(student, plain)
    gradient = student.result(plain).gradient
    if all_same(gradient, from_the_leaves(plain)):
        return Mistake("order", plain, {"name": plain.steps[0].op.symbol})
    place = student.wrong_leaves(plain)[0]
    # Two operations are enough to show that contributions are lost; what takes more has another reason.
    if len(plain) <= 2 and any(same(gradient[place], one) for one in contributions(plain, place)):
        return Mistake("accumulation", plain, {"name": plain.variables[place]})
    return Mistake("other", plain, {})


def _shared(expression: Expression) -> bool:
    """Whether an intermediate result is used several times."""
    uses = Counter(place for step in expression.steps for place in step.places)
    return any(count > 1 for place, count in uses.items() if place >= len(expression.variables))


def _shared_name(expression: Expression) -> str:
    """What the code calls the first intermediate result that is used several times."""
    return expression.statements()[len(expression.variables)].partition(" = ")[0]


def short(number: float) -> str:
    """A number as sentences say it.

    >>> short(2 / 3)
    '0.666667'
    """
    return numeral(number, digits=6)
