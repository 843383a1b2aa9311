"""Sparse Jacobians and Hessians: beside the dense ones and SciPy's, as its users take them, in linear time."""

import sys
from itertools import combinations, pairwise, permutations, product
from random import Random
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import LinearConstraint, least_squares, minimize, rosen_hess
from scipy.sparse import csr_array

import tinygrad_kr as tg
from tinygrad_kr import Value, grad, hessian, jacobian, sparsity, value_and_grad
from tinygrad_kr.derivatives.call import Call
from tinygrad_kr.derivatives.colours import colours, star_colours
from tinygrad_kr.derivatives.sparse import pattern


def rosenbrock(x):
    """Rosenbrock's valley, chained."""
    return tg.sum([100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1)])


def broyden(x):
    """Broyden's tridiagonal function (Moré, Garbow and Hillstrom, problem 30)."""
    padded = [0.0, *x, 0.0]
    return [(3 - 2 * b) * b - a - 2 * c + 1 for a, b, c in zip(padded, padded[1:], padded[2:])]


def broydens_jacobian(x):
    """The same, differentiated on paper."""
    n = len(x)
    return np.diag(3 - 4 * x) - np.diag(np.ones(n - 1), -1) - 2 * np.diag(np.ones(n - 1), 1)


# ── Colours ───────────────────────────────────────────────────────────────────────────────────────────

patterns = st.integers(1, 7).flatmap(
    lambda across: st.tuples(st.lists(st.lists(st.integers(0, across - 1), unique=True), max_size=8), st.just(across))
)


@settings(max_examples=50)
@given(patterns)
def test_lines_of_one_colour_have_no_place_in_common(pattern):
    lines, across = pattern
    of = colours(lines, across)
    for a, b in combinations(range(len(lines)), 2):
        assert of[a] != of[b] or not set(lines[a]) & set(lines[b])
    assert not lines or max(of) < max(1, sum(map(len, lines)))


@settings(max_examples=50)
@given(st.integers(1, 7), st.data())
def test_two_star_colours_have_no_path_of_four(n, data):
    edges = data.draw(st.sets(st.sampled_from([*combinations(range(n), 2)])) if n > 1 else st.just(set()))
    around = [sorted({a + b - v for a, b in edges if v in (a, b)}) for v in range(n)]
    of = star_colours(around)
    assert all(of[a] != of[b] for a, b in edges)
    for path in permutations(range(n), 4):
        if all(b in around[a] for a, b in pairwise(path)):
            assert len({of[v] for v in path}) > 2, path


def test_two_star_colours_have_no_path_of_four_in_a_wider_graph():
    """A vertex that closes a path from its middle comes late where its neighbours have more neighbours."""
    random = Random(1)
    for _ in range(60):
        n = random.randrange(8, 15)
        edges = [edge for edge in combinations(range(n), 2) if random.random() < 0.3]
        around = [sorted({a + b - v for a, b in edges if v in (a, b)}) for v in range(n)]
        of = star_colours(around)
        for b, c in edges:
            for a, d in product(around[b], around[c]):
                assert len({a, b, c, d}) < 4 or len({of[v] for v in (a, b, c, d)}) > 2, (edges, (a, b, c, d))


def test_a_hub_takes_two_colours_and_a_band_as_many_as_it_is_wide():
    hub = [[*range(1, 2000)], *([[0]] * 1999)]
    assert len(set(star_colours(hub))) == 2
    band = [[j for j in range(i - 1, i + 2) if 0 <= j < 2000] for i in range(2000)]
    assert len(set(colours(band, 2000))) == 3
    assert len(set(star_colours([[j for j in row if j != i] for i, row in enumerate(band)]))) <= 4


# ── Beside the dense ones ─────────────────────────────────────────────────────────────────────────────


@settings(max_examples=25)
@given(patterns, st.randoms(use_true_random=False))
def test_a_jacobian_has_its_pattern_and_the_numbers_of_the_dense_one(pattern, random):
    rows, n = pattern
    x = [random.uniform(-1, 1) for _ in range(n)]

    def f(x):
        return [tg.prod([tg.sin(x[j] + i) + 2 for j in row]) for i, row in enumerate(rows)]

    expected = np.array([[j in row for j in range(n)] for row in rows], dtype=bool).reshape(len(rows), n)
    found = sparsity(f, x)
    assert (found.shape, found.dtype) == (expected.shape, bool)
    assert (found.toarray() == expected).all()
    matrix = jacobian(f, sparse=True)(x)
    assert (matrix.nnz, matrix.has_canonical_format) == (expected.sum(), True)
    if rows:
        assert matrix.toarray() == pytest.approx(jacobian(f)(x), rel=1e-13, abs=1e-15)


@settings(max_examples=25)
@given(st.integers(1, 6), st.data())
def test_a_hessian_has_the_numbers_of_the_dense_one_and_is_symmetric(n, data):
    terms = data.draw(st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=3), max_size=6))
    x = data.draw(st.lists(st.floats(-2, 2), min_size=n, max_size=n))

    def f(x):
        return tg.sum([x[0] * 3.0, *(tg.prod([tg.cos(x[j]) for j in term]) for term in terms)])

    matrix, dense = hessian(f, sparse=True)(x).toarray(), hessian(f)(x)
    assert matrix == pytest.approx(dense, rel=1e-12, abs=1e-13)
    assert (matrix == matrix.T).all()
    assert (sparsity(grad(f), x).toarray() >= (dense != 0)).all()


def test_rosenbrocks_hessian_is_scipys():
    x = np.linspace(-1.5, 1.5, 50)
    matrix = hessian(rosenbrock, sparse=True)(x)
    assert isinstance(matrix, csr_array)
    assert matrix.nnz == 3 * 50 - 2
    assert matrix.toarray() == pytest.approx(rosen_hess(x), rel=1e-13)
    assert matrix.toarray() == pytest.approx(hessian(rosenbrock)(x), rel=1e-13)


def test_broydens_jacobian_is_the_one_on_paper():
    x = np.linspace(-1, 1, 50)
    assert jacobian(broyden, sparse=True)(x).toarray() == pytest.approx(broydens_jacobian(x), rel=1e-15)


@pytest.mark.parametrize("f", [lambda x: [tg.sum(x)], lambda x: [x[0] * y for y in x], lambda x: [y**2 for y in x[:1]]])
def test_wide_and_tall_matrices_take_one_sweep_or_two(f):
    x = np.arange(1.0, 200.0)
    assert jacobian(f, sparse=True)(x).toarray() == pytest.approx(jacobian(f)(x), rel=1e-15)


@pytest.mark.parametrize(("f", "sweeps"), [(lambda of, x: [of(x[0])] * 20, 1), (lambda of, x: [of(tg.sum(x))], 1)])
def test_a_line_across_takes_one_sweep(f, sweeps):
    """Each sweep asks for the slope once; 20 rows of one column are one sweep forwards, and a full row is one back."""
    asked = []

    @tg.operation(partials=(lambda x: asked.append(x) or 2.0 * x,))
    def asked_for(x):
        return x * x

    jacobian(lambda x: f(asked_for, x), sparse=True)([1.5] * 20)
    assert asked in ([1.5] * sweeps, [30.0] * sweeps)


def test_every_kind_of_argument_is_flattened_from_the_left():
    def f(p, q):
        return {"a": p["w"][1] * q, "b": [p["w"][0], p["c"] ** 2]}

    arguments = {"w": [2.0, 3.0], "c": np.array(4.0)}, 5.0
    assert jacobian(f, (0, 1), sparse=True)(*arguments).toarray().tolist() == [[0, 5, 0, 3], [1, 0, 0, 0], [0, 0, 8, 0]]
    assert jacobian(f, "q", sparse=True)(*arguments).toarray().tolist() == [[3], [0], [0]]
    assert sparsity(f, *arguments, argnums=(1, 0)).toarray().tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    matrix, aux = jacobian(lambda x: ([x[0] ** 2], x[1] + 1), has_aux=True, sparse=True)([3.0, 4.0])
    assert (matrix.toarray().tolist(), aux) == ([[6, 0]], 5.0)
    matrix, aux = hessian(lambda x: (x[0] ** 2, x[1] + 1), has_aux=True, sparse=True)([3.0, 4.0])
    assert (matrix.toarray().tolist(), aux) == ([[2, 0], [0, 0]], 5.0)
    assert jacobian(lambda x: x, sparse=True)(2.0).toarray().tolist() == [[1]]
    assert jacobian(lambda x: [1.0, 2.0], sparse=True)([1.0, 1.0, 1.0]).toarray().tolist() == [[0] * 3] * 2
    assert hessian(lambda a, b: a * b, argnums=(0, 1), sparse=True)(2.0, 3.0).toarray().tolist() == [[0, 1], [1, 0]]
    assert jacobian(lambda x: [x[0] * x[1]], (0, 0), sparse=True)([3.0, 4.0]).toarray().tolist() == [[4, 3, 4, 3]]


def test_where_a_kink_makes_a_gradient_one_sided_the_pattern_of_a_hessian_is_symmetric():
    """At 0 elu takes its slope from the left, α·exp(x), and α's from the right, 0: one of them depends on the other."""
    assert sparsity(grad(lambda x: tg.elu(x[0], x[1])), [0.0, 2.0]).toarray().tolist() == [[1, 1], [0, 0]]
    matrix = hessian(lambda x: tg.elu(x[0], x[1]), sparse=True)([0.0, 2.0])
    assert (matrix.nnz, matrix[0, 0], (matrix != matrix.T).nnz) == (3, 2.0, 0)


def test_nothing_passes_a_step_and_branches_are_those_that_ran():
    def f(x):
        return [tg.floor(x[0]) + x[1], x[0] if x[1] > 0 else x[1], tg.where(x[0] > 0, x[0], x[1]), tg.sign(x[1])]

    assert sparsity(f, [1.5, 2.5]).toarray().tolist() == [[0, 1], [1, 0], [1, 0], [0, 0]]


def test_an_infinite_slope_stays_in_its_entry():
    def f(x):
        return [tg.sqrt(x[0]), x[1] ** 2, tg.sqrt(x[0]) * x[2]]

    matrix = jacobian(f, sparse=True)([0.0, 3.0, 1.0]).toarray()
    assert matrix.tolist() == [[np.inf, 0, 0], [0, 6, 0], [np.inf, 0, 0]]


def test_inside_another_derivative_a_sparse_array_is_refused():
    with pytest.raises(TypeError, match=r"jacobian\(sparse=True\) gives numbers, and here they depend on Values"):
        grad(lambda x: jacobian(lambda y: [y[0] ** 2 * x], sparse=True)([1.0])[0, 0])(2.0)
    w = Value(2.0, "w")
    with pytest.raises(TypeError, match=r"hessian\(sparse=True\) gives numbers, .*; leave sparse out"):
        hessian(lambda x: w * x[0] ** 2, sparse=True)([1.0])
    assert sparsity(lambda x: [w * x[0], x[1]], [1.0, 2.0]).toarray().tolist() == [[1, 0], [0, 1]]


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    for call, who in [
        (lambda: jacobian(lambda x: x, sparse=True)([1.0]), "jacobian"),
        (lambda: hessian(tg.sum, sparse=True)([1.0]), "hessian"),
        (lambda: sparsity(lambda x: x, [1.0]), "sparsity"),
    ]:
        with pytest.raises(ImportError, match=rf"{who}\(\) needs SciPy .*pip install 'tinygrad_kr\[sparse\]'"):
            call()


# ── Large ones ────────────────────────────────────────────────────────────────────────────────────────


def seconds(f, *args):
    """The least time of three that a call takes on the processor."""
    times = []
    for _ in range(3):
        begin = process_time()
        f(*args)
        times.append(process_time() - begin)
    return min(times)


@pytest.mark.slow
def test_the_time_of_a_hessian_is_linear():
    """Of ten times as many variables a quadratic algorithm needs a hundred times as long."""
    f = hessian(rosenbrock, sparse=True)
    assert seconds(f, np.linspace(-1, 1, 10_000)) < 25 * seconds(f, np.linspace(-1, 1, 1000))


@pytest.mark.parametrize("n", [2000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_long_valley(n):
    x = np.linspace(-1, 1, n)
    matrix = hessian(rosenbrock, sparse=True)(x)
    diagonals = [matrix.diagonal(k) for k in (-1, 0, 1)]
    inner = np.r_[1200 * x[:-1] ** 2 - 400 * x[1:] + 2, 0] + np.r_[0, np.full(n - 1, 200.0)]
    for ours, expected in zip(diagonals, (-400 * x[:-1], inner, -400 * x[:-1])):
        assert ours == pytest.approx(expected, rel=1e-12)
    assert matrix.nnz == 3 * n - 2


def test_a_sum_that_grows_in_a_loop_is_no_burden():
    """Every partial sum depends on all before it; their sets are handed on and not copied."""

    def f(x):
        total = x[0]
        for y in x[1:]:
            total = total + y
        return [total, total * 2]

    few, many = (Call("sparsity", f, ([1.0] * n,), {}, 0) for n in (500, 10_000))
    assert [*map(len, pattern(many))] == [10_000] * 2
    assert seconds(pattern, many) < 100 * seconds(
        pattern, few
    )  # 20 times the nodes; copies would be 400 times the work


# ── As SciPy's users take them ────────────────────────────────────────────────────────────────────────


def test_least_squares_takes_the_pattern_and_the_matrix():
    start = np.full(20, -1.0)
    by_hand = least_squares(broyden, start, jac=broydens_jacobian)
    ours = least_squares(broyden, start, jac=jacobian(broyden, sparse=True))
    grouped = least_squares(broyden, start, jac_sparsity=sparsity(broyden, start))
    for found in (ours, grouped):
        assert found.success
        assert found.x == pytest.approx(by_hand.x, abs=1e-6)
    assert np.abs(broyden(ours.x)).max() < 1e-6


def test_minimize_takes_the_sparse_hessian():
    start = np.full(6, 0.8)
    found = minimize(
        value_and_grad(rosenbrock), start, jac=True, hess=hessian(rosenbrock, sparse=True), method="trust-constr",
        constraints=LinearConstraint(np.ones((1, 6)), -np.inf, 10), options={"gtol": 1e-8, "maxiter": 100},
    )  # fmt: skip
    assert found.x == pytest.approx(np.ones(6), abs=1e-4)


def test_solve_ivp_takes_the_sparse_jacobian():
    """Heat along a rod: its modes decay with the eigenvalues of the discrete Laplacian."""
    n = 20

    def heat(t, u):
        padded = [0.0, *u, 0.0]
        return [a - 2 * b + c for a, b, c in zip(padded, padded[1:], padded[2:])]

    mode = np.sin(np.pi * np.arange(1, n + 1) / (n + 1))
    rate = 4 * np.sin(np.pi / (2 * (n + 1))) ** 2
    options = {"method": "BDF", "rtol": 1e-8, "atol": 1e-10}
    found = solve_ivp(heat, (0, 100), mode, jac=jacobian(heat, "u", sparse=True), **options)
    assert found.y[:, -1] == pytest.approx(mode * np.exp(-100 * rate), rel=1e-5)
