"""The tests are tested: the table with one partial derivative wrong at a time has to fail them, every time.

A mutant is a row whose partial has another sign or size, is 0 or 1, is another input's, or lacks a term, a factor, a
case or an edge of a comparison. It is put to the checks that every row of the table is put to: its edge cases, the
gradient check at random points, and mpmath's derivative. What a mutation does not change is no mutant: one whose
partials are the row's own at every one of many other points.
"""

import ast
import copy
import math
from itertools import product
from random import Random

import pytest
from mpmath import mp
from rounding import agrees, same
from truth import derivative, draws, families, partials, truth

from tinygrad_kr import check_gradients
from tinygrad_kr.engine.kernels import Kernel
from tinygrad_kr.engine.ops import OPS, TABLE
from tinygrad_kr.engine.value import apply

# ── Mutations of a formula ────────────────────────────────────────────────────────────────────────────


def changed(formula, names):
    """Formulas that are almost this one."""
    yield from ("0", "1", f"-({formula})", f"2 * ({formula})", f"({formula}) * 1.00001", f"({formula}) + 0.001")
    for a, b in product(names, names):
        if a < b:
            yield from_tree(swapped(ast.parse(formula, mode="eval"), a, b))
    whole = ast.parse(formula, mode="eval")
    for place, node in enumerate(ast.walk(whole)):
        for other in replacements(node):
            yield from_tree(exchanged(whole, place, other))


def replacements(node):
    """What can stand in place of a part of a formula."""
    if isinstance(node, ast.BinOp):  # a term or factor is forgotten
        yield from (node.left, node.right)
        signs = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        if type(node.op) in signs:
            yield ast.BinOp(node.left, signs[type(node.op)](), node.right)
    if isinstance(node, ast.UnaryOp):  # a sign is
        yield node.operand
    if isinstance(node, ast.IfExp):  # a case is, or the two are exchanged
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
    if isinstance(node, ast.Compare):
        signs = {ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.GtE: ast.Gt, ast.Gt: ast.GtE, ast.Eq: ast.NotEq}
        if type(node.ops[0]) in signs:
            yield ast.Compare(node.left, [signs[type(node.ops[0])]()], node.comparators)
    if isinstance(node, ast.BoolOp):
        yield from node.values
    if isinstance(node, ast.Constant) and node.value != 0:
        yield ast.Constant(node.value + 1)


def exchanged(whole, place, other):
    whole = copy.deepcopy(whole)
    old = list(ast.walk(whole))[place]
    for node in ast.walk(whole):
        for field, value in ast.iter_fields(node):
            if value is old:
                setattr(node, field, other)
            elif isinstance(value, list):
                setattr(node, field, [other if each is old else each for each in value])
    return whole


def swapped(whole, a, b):
    whole = copy.deepcopy(whole)
    for node in ast.walk(whole):
        if isinstance(node, ast.Name) and node.id in (a, b):
            node.id = b if node.id == a else a
    return whole


def from_tree(whole):
    return ast.unparse(ast.fix_missing_locations(whole))


def mutants(op):
    """The row with one partial wrong: every way that makes a difference, once."""
    seen = set(op.partials)
    for place, partial in enumerate(op.partials):
        others = [*changed(partial, op.variables), *op.partials]
        for formula in dict.fromkeys(others):
            if formula not in seen or (formula in op.partials and formula != partial):
                mutant = op.replace(partials=(*op.partials[:place], formula, *op.partials[place + 1 :]))
                if not is_equivalent(op, mutant):
                    yield mutant


# ── Equivalence ───────────────────────────────────────────────────────────────────────────────────────

POINTS = (0.0, 0.25, 1.0, 1.75, 2.0, 30.0, 1000.0, math.inf, math.nan)
POINTS = (*POINTS, *(-x for x in POINTS))


def places(op):
    """Many operands, none of those that the checks try but for the edge cases."""
    random = Random(f"{op.name} again")
    for size in (1, 2, 3) if op.variadic else (1,):
        count = size * len(op.inputs)
        if size > (op.k or 0):
            yield from (
                product(POINTS, repeat=count) if count < 3 else (random.choices(POINTS, k=count) for _ in "x" * 200)
            )
            yield from ([random.uniform(-3, 3) for _ in range(count)] for _ in range(30))
    yield from (edge.inputs for edge in op.edges)


def is_equivalent(op, mutant):
    """Whether the partials are the same numbers everywhere, up to rounding."""
    for xs in places(op):
        xs = [float(x) for x in xs]
        z = Kernel(op).forward(*families(op, xs))
        try:
            if partials(mutant, xs, z) != pytest.approx(partials(op, xs, z), rel=1e-9, abs=1e-12, nan_ok=True):
                return False
        except OverflowError:
            return False
    return True


# ── The checks ────────────────────────────────────────────────────────────────────────────────────────


def fails_an_edge(op):
    for edge in op.edges:
        xs = [float(x) for x in edge.inputs]
        if partials(op, xs, Kernel(op).forward(*families(op, xs))) != same(edge.partials):
            return True
    return False


def fails_the_gradient_check(op):
    return not all(check_gradients(lambda *xs: apply(op, xs), *xs) for xs in draws(op, 5, 1))


def fails_mpmath(op):
    f = truth(op)
    with mp.workdps(60):
        for xs in draws(op, 5, 2):
            z = Kernel(op).forward(*families(op, xs))
            slack = 2**-52 * z if op.name == "softmax" else 0.0
            if not all(agrees(got, derivative(f, i), xs, slack) for i, got in enumerate(partials(op, xs, z))):
                return True
    return False


CHECKS = (fails_an_edge, fails_the_gradient_check, fails_mpmath)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_mutant_is_caught(op, record_property):
    assert not any(check(op) for check in CHECKS)
    made = list(mutants(op))
    survivors = [mutant.partials for mutant in made if not any(check(mutant) for check in CHECKS)]
    record_property("mutants", (len(made) - len(survivors), len(made)))
    assert made
    assert not survivors


def test_a_mutation_without_effect_is_no_mutant():
    add = [mutant.partials for mutant in mutants(TABLE["add"])]
    assert ("0", "1") in add
    assert ("-(1)", "1") in add
    assert not any("y" in partial for partial in add)  # the partial of the other input is 1 too
    assert is_equivalent(TABLE["mul"], TABLE["mul"].replace(partials=("y * 1", "x + 0")))
