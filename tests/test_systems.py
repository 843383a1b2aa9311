"""Systems of equations: solve(), det() and inv() beside fractions, NumPy and mpmath; solvers with implicit()."""

import copy
import math
import pickle
import warnings
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp
from scipy.optimize import fsolve

import tinygrad_kr as tg
from tinygrad_kr import Value, derivative, det, grad, hessian, implicit, inv, jacobian, jvp, no_grad, solve
from tinygrad_kr.engine.added import ADDED
from tinygrad_kr.engine.graph import topological

# ── Determinants ──────────────────────────────────────────────────────────────────────────────────────


def exact_det(rows):
    """The determinant of integers, by Leibniz's formula."""
    n, total = len(rows), Fraction(0)
    for order in permutations(range(n)):
        sign = (-1) ** sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
        total += sign * math.prod((Fraction(rows[i][order[i]]) for i in range(n)), start=Fraction(1))
    return total


def without(rows, i, j):
    return [[x for c, x in enumerate(row) if c != j] for r, row in enumerate(rows) if r != i]


def exact_cofactors(rows):
    n = range(len(rows))
    return [[(-1) ** (i + j) * exact_det(without(rows, i, j)) for j in n] for i in n]


def square(n):
    return st.lists(st.lists(st.integers(-4, 4), min_size=n, max_size=n), min_size=n, max_size=n)


matrices = st.integers(1, 4).flatmap(square)


def test_the_cofactors_of_a_large_matrix_are_those_of_its_inverse():
    a = np.random.default_rng(1).normal(size=(9, 9))
    assert grad(det)(a) == pytest.approx(np.linalg.det(a) * np.linalg.inv(a).T)
    a[0] = a[1] + a[2]  # now singular, and every row of cofactors is a multiple of one
    rows = grad(det)(a)
    assert np.linalg.matrix_rank(rows, tol=1e-10 * np.abs(rows).max()) == 1
    assert rows[0] @ a[1] == pytest.approx(0, abs=1e-9)


@settings(max_examples=40)
@given(matrices)
def test_a_determinant_and_its_derivative_are_those_of_fractions_singular_or_not(rows):
    size = max(1.0, float(np.abs(rows).max())) ** len(rows)
    assert det(rows) == pytest.approx(float(exact_det(rows)), abs=1e-13 * size)
    assert grad(det)(rows) == [pytest.approx([*map(float, row)], abs=1e-12 * size) for row in exact_cofactors(rows)]


@settings(max_examples=10)
@given(square(3))
def test_second_derivatives_of_a_determinant_are_entries(rows):
    """∂²det/∂a₀₀∂aₖₗ is the cofactor of aₖₗ in what is left without the first row and column."""
    expected = np.zeros((3, 3))
    expected[1:, 1:] = np.array(exact_cofactors(without(rows, 0, 0)), dtype=float)
    by_first = hessian(det)(np.array(rows, dtype=float))[0, 0]
    assert by_first == pytest.approx(expected, abs=1e-12)


def test_a_singular_matrix_has_a_determinant_and_its_derivative():
    assert det([[1, 2], [2, 4]]) == pytest.approx(0, abs=1e-15)
    assert grad(det)([[1, 2], [2, 4]]) == [pytest.approx([4, -2]), pytest.approx([-2, 1])]
    assert grad(det)(np.zeros((3, 3))).tolist() == np.zeros((3, 3)).tolist()
    assert derivative(lambda t: det([[t, 0], [0, t]]), 2)(0.0) == 2.0
    assert derivative(lambda t: det([[t, 0, 0], [0, t, 0], [0, 0, t]]), 3)(0.0) == pytest.approx(6.0)


# ── Equations and inverses ────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30)
@given(matrices, st.data())
def test_a_solution_changes_as_matrix_calculus_has_it(rows, data):
    n, d = len(rows), exact_det(rows)
    assume(d)
    b = data.draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n))
    inverse = np.array([[float(c / d) for c in column] for column in zip(*exact_cofactors(rows))])
    x = inverse @ b
    near = {"abs": 1e-11 * (1 + np.abs(inverse).max() ** 2 * (1 + np.abs(x).max()))}
    assert solve(rows, b) == pytest.approx(x, **near)
    assert inv(rows) == pytest.approx(inverse, **near)
    by_matrix, by_right = jacobian(solve, argnums=(0, 1))(np.array(rows, dtype=float), np.array(b, dtype=float))
    assert by_right == pytest.approx(inverse, **near)
    assert by_matrix == pytest.approx(-np.einsum("kp,q->kpq", inverse, x), **near)
    of_inverse = jacobian(inv)(np.array(rows, dtype=float))
    assert of_inverse == pytest.approx(-np.einsum("ip,qj->ijpq", inverse, inverse), **near)


def moving(t, tg=tg):
    """A matrix and a right side that move with t."""
    return [[2 + t, tg.sin(t), 1], [t * t, 3, -t], [0.5, tg.exp(t), 4]], [1, t, tg.cos(t)]


ENDS = {
    "solve": (lambda t: solve(*moving(t))[1], lambda t: mp.lu_solve(*map(mp.matrix, moving(t, mp)))[1]),
    "inv": (lambda t: inv(moving(t)[0])[2, 0], lambda t: (mp.matrix(moving(t, mp)[0]) ** -1)[2, 0]),
    "det": (lambda t: det(moving(t)[0]), lambda t: mp.det(mp.matrix(moving(t, mp)[0]))),
}


@pytest.mark.parametrize("name", ENDS)
def test_derivatives_of_every_order_are_those_of_mpmath(name):
    ours, theirs = ENDS[name]
    with mp.workdps(40):
        expected = [float(mp.diff(theirs, 0.7, n)) for n in range(4)]
    assert [derivative(ours, n)(0.7) for n in range(4)] == pytest.approx(expected, rel=1e-11)
    assert jvp(ours, (0.7,), (1.0,)) == pytest.approx(expected[:2], rel=1e-12)


def test_numbers_and_values_stand_anywhere():
    A, b = [[2, Value(1.0, "a")], (Fraction(1), 3)], [3.0, Value(4.0, "b")]
    x = solve(A, b)
    assert [v.data for v in x] == pytest.approx([1.0, 1.0])
    assert tg.gradients(x[1], [A[0][1], b[1]]) == pytest.approx([0.2, 0.4])
    assert [v.data for v in solve(np.array([[2.0, 1.0], [1.0, 3.0]]), Value.array([3.0, 4.0]))] == pytest.approx([1, 1])
    assert [v.data for v in solve(Value.array([[2.0, 1.0], [1.0, 3.0]]), [3, 4])] == pytest.approx([1, 1])
    plain = solve([[2, 1], [1, 3]], [[3, 1], [4, 0]])
    assert (plain.dtype, plain.shape) == (float, (2, 2))
    assert plain == pytest.approx(np.linalg.solve([[2, 1], [1, 3]], [[3, 1], [4, 0]]))
    two = jacobian(lambda b: solve([[2, 1], [1, 3]], b))(np.ones((2, 3)))
    assert two == pytest.approx(np.einsum("ij,kl->ikjl", np.linalg.inv([[2, 1], [1, 3]]), np.eye(3)))
    assert (det([[Value(5.0)]]).data, inv([[4]]).tolist(), solve([[4]], [2]).tolist()) == (5.0, [[0.25]], [0.5])
    assert grad(lambda t: det([[t]]))(3.0) == 1.0
    assert det(np.diag([1e-200, 1e-200, 1e200, 1e200])) == pytest.approx(1.0)
    with pytest.warns(RuntimeWarning, match="det.* is .*too large for a float"):
        assert det(Value.array(np.diag([1e200, 1e200]))).data == math.inf
    assert grad(lambda t: 2 - 1 / solve([[t, 0], [0, 1]], [1, 1])[0])(3.0) == pytest.approx(-1.0)


def test_numpys_own_names_are_ours_for_values():
    A = Value.array([[2.0, 1.0], [1.0, 3.0]], "A")
    assert np.linalg.det(A).op.name == "det"
    assert np.linalg.inv(A)[0, 0].op.name == "inv"
    assert np.linalg.solve(A, [3, 4])[0].op.name == "solve"


def test_no_elimination_is_recorded():
    A = Value.array(np.eye(4) + 0.1, "A")
    for result, operands in ((solve(A, [1, 2, 3, 4]), 20), (inv(A), 16), (np.array(det(A)), 16)):
        assert len(topological([*result.flat])) == result.size + operands
        assert {len(x.parents) for x in result.flat} == {operands}
    with no_grad():
        assert all(x.moves is False for x in inv(A).flat)


def test_a_matrix_is_singular_however_it_is_scaled_and_only_then():
    scales = np.array([1e-150, 1.0, 1e150])
    regular, singular = np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 4]]), np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert solve(regular * scales, regular.sum(1)) * scales == pytest.approx([1, 1, 1])
    assert solve(regular * scales[:, None], regular.sum(1) * scales) == pytest.approx([1, 1, 1])
    for scaled in (singular, singular * 0.1, singular * scales, singular * scales[:, None], singular * 0):
        with pytest.raises(ValueError, match=r"is singular: its rows depend on one another, so it has no inverse"):
            solve(scaled, [1, 1, 1])
        with pytest.raises(ValueError, match="is singular"):
            inv(Value.array(scaled))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: inv([[1, 2, 3]]), ValueError, r"inv\(\) needs one square matrix, not an array of the shape \(1, 3\)"),
        (lambda: det([1.0]), ValueError, r"det\(\) needs one square matrix, .* \(1,\)"),
        (lambda: inv(np.ones((2, 2, 2))), ValueError, r"inv\(\) needs one square matrix, .* \(2, 2, 2\)"),
        (lambda: det(np.ones((0, 0))), ValueError, r"det\(\) needs one square matrix"),
        (lambda: solve([[1]], [1, 2]), ValueError, r"solve\(\) can't take the shapes \(1, 1\) and \(2,\); expected"),
        (lambda: solve([[1]], 2.0), ValueError, r"solve\(\) can't take the shapes"),
        (lambda: inv([[np.nan]]), ValueError, r"the matrix of inv\(\)\[0, 0\] is nan"),
        (lambda: solve([[1.0]], [np.inf]), ValueError, r"the right side of solve\(\)\[0\] is ∞"),
        (lambda: det([["a"]]), TypeError, r"the matrix of det\(\) needs numbers or Values"),
        (lambda: det([[1, 2], [3]]), ValueError, r"the matrix of det\(\) needs rows of one length"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_such_nodes_travel_are_shown_and_are_checked():
    A = Value.array([[2.0, 1.0], [1.0, 3.0]], "A")
    y = solve(A, [3, 4])[0] * det(A) + inv(A)[1, 1]
    expected = tg.gradients(y, [*A.flat])
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y)), tg.from_json(tg.to_json(y))[0]):
        twins = [node for node in topological([again]) if node.name in {x.name for x in A.flat}]
        assert sorted(tg.gradients(again, twins)) == pytest.approx(sorted(expected))
    for text in (
        y.table(language="en").text(),
        str(y.explain(A[0, 0], language="en")),
        det(A).draw(labels="symbols").svg(),
    ):
        assert "det" in text
    assert tg.check_gradients(lambda a, b: solve([[a, b], [b, 3]], [1, a])[1], 2.0, 0.5)


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ('"k": 1', '"k": 2', "solve of 6 operands has 2 outputs, and no output 2"),
        ('"k": 1', '"k": 9', "k is 9"),
        ('"parents": [0', '"parents": [0, 0', "solve needs n² \\+ n operands, not 7"),
        ('"op": "solve"', '"op": "inv"', "a square matrix needs n² operands, not 6"),
        ('"value": 3.0', '"value": 0.5', r"\[\[2.0, 1.0\], \[1.0, 0.5\]\] is singular"),
    ],
)
def test_a_damaged_file_is_refused(was, now, message):
    text = tg.to_json(solve(Value.array([[2.0, 1.0], [1.0, 3.0]]), [3, 4])[1])
    assert was in text
    with pytest.raises(ValueError, match=message):
        tg.from_json(text.replace(was, now))


def test_a_file_from_another_machine_is_read():
    """LAPACK elsewhere rounds otherwise, and the more so the worse the system is."""
    x = solve(Value.array([[1.0, 1.0], [1.0, 1.0 + 1e-6]]), [2.0, 2.0 + 1e-6])[1]
    text = tg.to_json(x).replace(repr(x.data), "1.0000000001")
    assert "1.0000000001" in text
    assert tg.from_json(text)[0].data == 1.0000000001
    with pytest.raises(ValueError, match="its value is 1.01, but solve of its operands is"):
        tg.from_json(text.replace("1.0000000001", "1.01"))


def test_what_needs_formulas_says_that_there_are_none():
    x = solve(Value.array([[2.0, 1.0], [1.0, 3.0]], "A"), [3.0, 4.0])[0]
    with pytest.raises(ValueError, match="'solve' is written in Python, which SymPy can't read$"):
        tg.to_sympy(x)
    with pytest.raises(ValueError, match="'solve' is written in Python, which a page can't run$"):
        x.play().html()
    with pytest.raises(tg.NotRecordable, match="'solve' is written in Python, which can't be replayed on arrays$"):
        tg.Tape.of(x, [x.parents[0]])


# ── Solvers of systems ────────────────────────────────────────────────────────────────────────────────


def on_circle(x, p):
    """Where a line through the origin meets a circle."""
    return [x[0] ** 2 + x[1] ** 2 - p["area"], x[0] - p["slope"] * x[1]]


@implicit(on_circle, system=True)
def meeting(p):
    found = fsolve(lambda x: on_circle(x, p), [1.0, 1.0], xtol=1e-12)
    return [*map(float, found)]


def meeting_on_paper(p, tg=tg):
    y = tg.sqrt(p["area"] / (1 + p["slope"] ** 2))
    return [p["slope"] * y, y]


def test_a_system_has_the_derivatives_of_its_solution_of_every_order():
    at = {"area": 4.0, "slope": 0.7}
    assert meeting(at) == pytest.approx(meeting_on_paper(at))
    ours, expected = jacobian(meeting)(at), jacobian(meeting_on_paper)(at)
    assert {key: ours[key].tolist() for key in ours} == {key: pytest.approx([*expected[key]]) for key in at}

    def along(solver):
        return lambda t: solver({"area": 4 + t, "slope": 0.7 + t * t})[0]

    with mp.workdps(40):
        exact = [float(mp.diff(along(lambda p: meeting_on_paper(p, mp)), 0.3, n)) for n in range(4)]
    assert [derivative(along(meeting), n)(0.3) for n in range(4)] == pytest.approx(exact, rel=1e-9)
    assert jvp(along(meeting), (0.3,), (1.0,)) == pytest.approx(exact[:2])


def test_a_solver_runs_once_for_all_of_its_nodes():
    calls, asked = [], []

    @implicit(lambda x, A, b: asked.append(1) or [tg.dot(row, x) - c for row, c in zip(A, b)], system=True)
    def equations(A, b):
        calls.append(1)
        return np.linalg.solve(A, b)

    A, b = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]), [1.0, 2.0, 3.0]
    by_both = jacobian(equations, argnums=(0, 1))(A, b)
    for ours, expected in zip(by_both, jacobian(solve, argnums=(0, 1))(A, b)):
        assert ours == pytest.approx(expected)
    assert (len(calls), len(asked)) == (1, 2)  # once to see that it is solved, once for all derivatives
    twice = hessian(lambda b: tg.sum(equations(A, b)) ** 2)(b)
    assert twice == pytest.approx(2 * np.outer(np.linalg.inv(A).sum(0), np.linalg.inv(A).sum(0)))
    assert len(calls) == 1
    tg.sum([*equations(A, Value.array([2.0, 2.0, 3.0])), *equations(A, Value.array([3.0, 2.0, 3.0]))]).backward()
    assert len(calls) == 3  # two solutions side by side are both kept


def test_solutions_are_built_as_the_solver_builds_them():
    @implicit(lambda x, p, q: {"a": x["a"] - p[0] * q, "b": [x["b"][0] - p[1]]}, system=True)
    def tree(p, q):
        return {"a": p[0] * q, "b": [p[1]]}

    assert tree((2, 3), 4) == {"a": 8.0, "b": [3.0]}
    assert grad(lambda q: tree((2, 3), q)["a"])(4.0) == 2.0
    assert tree([Value(2.0), 3], 4)["a"].parents[0].data == 2.0

    @implicit(lambda x, p: x**2 - p[0], system=True)
    def root(p):
        return math.sqrt(p[0])

    assert (root([9.0]), grad(root)([9.0])) == (3.0, [pytest.approx(1 / 6)])
    assert grad(root)(np.array([9.0])) == pytest.approx([1 / 6])
    assert grad(grad(lambda t: root([t])))(4.0) == pytest.approx(-1 / 32)


def test_parameters_may_be_built_otherwise_at_the_next_call():
    @implicit(lambda x, p: x - tg.sum([*p.values()] if isinstance(p, dict) else p), system=True)
    def total(p):
        return float(sum(p.values() if isinstance(p, dict) else p))

    assert grad(total)([1.0, 2.0]) == [1.0, 1.0]
    assert grad(total)([1.0, 2.0, 3.0]) == [1.0, 1.0, 1.0]
    assert grad(total)({"a": 1.0, "b": 2.0}) == {"a": 1.0, "b": 1.0}


def test_a_solver_travels_to_who_does_not_know_it(monkeypatch):
    slope = Value(0.7, "slope")
    y = meeting({"area": 4.0, "slope": slope})[0]
    sent = pickle.dumps(y)
    monkeypatch.delitem(ADDED, "meeting")
    again = pickle.loads(sent)
    twin = next(node for node in topological([again]) if node.name == "slope")
    on_paper = grad(lambda p: meeting_on_paper(p)[0])({"area": 4.0, "slope": 0.7})
    assert tg.gradients(again, twin) == tg.gradients(y, slope) == pytest.approx(on_paper["slope"])


def test_a_system_that_is_not_solved_is_reported():
    @implicit(lambda x, p: [x[0] - p, x[1] - p], system=True)
    def half(p):
        return [p, p + 1]

    with pytest.warns(RuntimeWarning, match=r"^the residual 1 of half\(\) is 1 and not 0; the solver has not") as all_:
        half(Value(1.0))
    assert all_[0].filename == __file__

    @implicit(lambda x, p: [x[0] ** 2 - p], system=True)
    def root(p):
        return [math.sqrt(p) * (1 + error)]

    for error, number in ((1e-4, 4.0), (math.nan, 5.0)):
        with pytest.warns(RuntimeWarning, match=r"^the residual 0 of root\(\) is .* and not 0"):
            root(number)

    @implicit(lambda x, p: [x[0] - p + (0.1 + 0.2 - 0.3)], system=True)
    def same(p):
        return [p]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        meeting({"area": 4.0, "slope": 1.0})
        error = 1e-9
        root(9.0)
        same(0.0)  # 5.6e-17 is rounding, even where there is nothing to compare it with


def test_what_can_not_be_a_system_is_refused():
    w = Value(2.0, "w")

    @implicit(lambda x, p: [x[0] - w * p], system=True)
    def outside(p):
        return [2.0 * p]

    with pytest.raises(ValueError, match=r"the operation 'outside' uses Value\(2, name='w'\) from outside"):
        outside(1.0)

    @implicit(lambda x, p: [x[0] - 2 * p], system=True)
    def by_outside(p):
        return [w * p]

    with pytest.raises(ValueError, match=r"the operation 'by_outside' uses Value\(2, name='w'\) from outside"):
        by_outside(1.0)

    @implicit(lambda x, p: [x[0] - p], system=True)
    def too_few(p):
        return [p, p]

    with pytest.raises(ValueError, match=r"the residual of too_few\(\) needs 2 entries"):
        too_few(1.0)

    @implicit(lambda x, p: [x[0] + x[1] - p, x[0] + x[1] - p], system=True)
    def dependent(p):
        return [p, 0.0]

    x = dependent(Value(1.0))
    with pytest.raises(ValueError, match=r"dependent\(\) has no derivative there: ∂residual/∂x is singular"):
        x[0].backward()

    @implicit(lambda x, p: [x[0] - p], system=True)
    def texts(p):
        return ["1"]

    with pytest.raises(TypeError, match=r"the result of the solver texts\(\) needs a real number, not the str '1'"):
        texts(1.0)
    with pytest.raises(TypeError, match=r"an argument of texts\(\) needs a real number"):
        texts("p")
