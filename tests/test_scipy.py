"""SciPy with derivatives of ours: a minimum, certified fits, stiff differential equations."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import check_grad, least_squares, minimize, rosen, rosen_der, rosen_hess

import tinygrad_kr as tg
from tinygrad_kr import hessian, hvp, jacobian, value_and_grad

# ── Minimising ────────────────────────────────────────────────────────────────────────────────────────


def rosenbrock(x):
    """Rosenbrock's valley, whose minimum is 0 at (1, …, 1)."""
    return tg.sum([100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(len(x) - 1)])


STARTS = [np.array([-1.2, 1.0]), np.array([1.3, 0.7, 0.8, 1.9, 1.2]), np.linspace(-0.5, 1.5, 10)]


@pytest.mark.parametrize("start", STARTS, ids=len)
def test_the_valley_has_the_derivatives_that_scipy_wrote_by_hand(start):
    value, gradient = value_and_grad(rosenbrock)(start)
    assert value == pytest.approx(rosen(start), rel=1e-14)
    assert gradient == pytest.approx(rosen_der(start), rel=1e-12, abs=1e-12)
    assert hessian(rosenbrock)(start) == pytest.approx(rosen_hess(start), rel=1e-12, abs=1e-12)
    assert check_grad(rosen, lambda x: value_and_grad(rosenbrock)(x)[1], start) < 1e-3


# How each method is told to go on until it can't get any closer.
TO_THE_END = {
    "BFGS": {"gtol": 1e-9},
    "CG": {"gtol": 1e-9},
    "L-BFGS-B": {"gtol": 1e-9, "ftol": 1e-15},
    "TNC": {"gtol": 1e-9, "ftol": 1e-15},
    "SLSQP": {"ftol": 1e-15},
}


@pytest.mark.parametrize("start", STARTS[:2], ids=len)
@pytest.mark.parametrize("method", TO_THE_END)
def test_minimize_finds_the_end_of_the_valley(method, start):
    found = minimize(value_and_grad(rosenbrock), start, jac=True, method=method, options=TO_THE_END[method])
    assert found.success
    assert found.x == pytest.approx(np.ones(len(start)), abs=1e-5)


@pytest.mark.parametrize(
    ("method", "options", "second"),
    [
        ("Newton-CG", {"xtol": 1e-10}, {"hessp": hvp(rosenbrock)}),
        ("trust-exact", {"gtol": 1e-9}, {"hess": hessian(rosenbrock)}),
        ("trust-ncg", {"gtol": 1e-9}, {"hessp": hvp(rosenbrock)}),
    ],
    ids=["Newton-CG", "trust-exact", "trust-ncg"],
)
def test_second_derivatives_find_it_too(method, options, second):
    found = minimize(value_and_grad(rosenbrock), STARTS[0], jac=True, method=method, options=options, **second)
    assert found.success
    assert found.x == pytest.approx(np.ones(2), abs=1e-8)


def test_bfgs_needs_fewer_evaluations_than_with_differences():
    start = STARTS[1]
    ours = minimize(value_and_grad(rosenbrock), start, jac=True, method="BFGS")
    theirs = minimize(rosen, start, method="BFGS")
    assert ours.x == pytest.approx(np.ones(5), abs=1e-5)
    assert ours.nfev * 5 < theirs.nfev


# ── Certified fits: NIST Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd/ ────────

MISRA1A = {  # D. Misra, NIST (1978), dental research, monomolecular adsorption: volume against pressure
    "x": "77.6 114.9 141.1 190.8 239.9 289.0 332.8 378.4 434.8 477.3 536.8 593.1 689.1 760.0",
    "y": "10.07 14.73 17.94 23.93 29.61 35.18 40.02 44.82 50.76 55.05 61.01 66.40 75.47 81.78",
    "starts": ([500, 0.0001], [250, 0.0005]),
    "certified": [2.3894212918e02, 5.5015643181e-04],
    "deviations": [2.7070075241e00, 7.2668688436e-06],
    "squares": 1.2455138894e-01,
}
THURBER = {  # R. Thurber, NIST (197?), semiconductor electron mobility against the logarithm of the density
    "x": """-3.067 -2.981 -2.921 -2.912 -2.840 -2.797 -2.702 -2.699 -2.633 -2.481 -2.363 -2.322 -1.501 -1.460 -1.274
            -1.212 -1.100 -1.046 -0.915 -0.714 -0.566 -0.545 -0.400 -0.309 -0.109 -0.103 0.010 0.119 0.377 0.790 0.963
            1.006 1.115 1.572 1.841 2.047 2.200""",
    "y": """80.574 84.248 87.264 87.195 89.076 89.608 89.868 90.101 92.405 95.854 100.696 101.060 401.672 390.724
            567.534 635.316 733.054 759.087 894.206 990.785 1090.109 1080.914 1122.643 1178.351 1260.531 1273.514
            1288.339 1327.543 1353.863 1414.509 1425.208 1421.384 1442.962 1464.350 1468.705 1447.894 1457.628""",
    "starts": ([1000, 1000, 400, 40, 0.7, 0.3, 0.03], [1300, 1500, 500, 75, 1, 0.4, 0.05]),
    "certified": [
        *(1.2881396800e03, 1.4910792535e03, 5.8323836877e02, 7.5416644291e01, 9.6629502864e-01),
        *(3.9797285797e-01, 4.9727297349e-02),
    ],
    "deviations": [
        *(4.6647963344e00, 3.9571156086e01, 2.8698696102e01, 5.5675370270e00, 3.1333340687e-02),
        *(1.4984928198e-02, 6.5842344623e-03),
    ],
    "squares": 5.6427082397e03,
}


def misra1a(b, x):
    return b[0] * (1 - tg.exp(-b[1] * x))


def thurber(b, x):
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


@pytest.mark.parametrize("which", [0, 1], ids=["far", "near"])
@pytest.mark.parametrize(("model", "data"), [(misra1a, MISRA1A), (thurber, THURBER)], ids=["Misra1a", "Thurber"])
def test_least_squares_reaches_the_certified_values(model, data, which):
    x, y = (np.array(data[name].split(), float) for name in "xy")

    def residuals(b):
        return model(b, x) - y

    found = least_squares(
        residuals, data["starts"][which], jac=jacobian(residuals), method="lm", x_scale="jac", xtol=1e-14, ftol=1e-14
    )
    assert found.x == pytest.approx(data["certified"], rel=1e-7)
    assert 2 * found.cost == pytest.approx(data["squares"], rel=1e-9)
    matrix = jacobian(residuals)(found.x)
    freedom = len(y) - len(found.x)
    covariance = np.linalg.inv(matrix.T @ matrix) * 2 * found.cost / freedom
    assert np.sqrt(np.diag(covariance)) == pytest.approx(data["deviations"], rel=1e-6)


# ── Stiff equations ───────────────────────────────────────────────────────────────────────────────────


def van_der_pol(mu):
    """x″ − μ(1 − x²)x′ + x = 0 as two equations of first order."""
    return lambda t, state: [state[1], mu * (1 - state[0] ** 2) * state[1] - state[0]]


def by_state(equation):
    """The Jacobian of an equation with respect to the state, as solve_ivp asks for it."""
    return jacobian(equation, argnums=1)


def test_the_jacobian_of_van_der_pols_equation_is_the_one_on_paper():
    mu, x, v = 1000.0, 1.5, -0.25
    expected = np.array([[0, 1], [-2 * mu * x * v - 1, mu * (1 - x * x)]])
    assert by_state(van_der_pol(mu))(0.0, np.array([x, v])) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_a_stiff_oscillator_is_followed_through_its_jumps(method):
    """In the time scaled by μ the stiff test problem VDPOL of the Test Set for IVP Solvers, at its end."""
    mu = 1000.0
    equation = van_der_pol(mu)
    ours = solve_ivp(equation, (0, 2 * mu), [2.0, 0.0], method=method, jac=by_state(equation), rtol=1e-8, atol=1e-10)
    assert ours.success
    exact = [1.706167732170483, -0.8928097010247975e-3]
    assert ours.y[:, -1] == pytest.approx(exact, rel=1e-5)


def test_our_jacobian_agrees_with_the_one_by_differences():
    equation = van_der_pol(10.0)
    times = np.linspace(0, 40, 81)
    options = {"method": "Radau", "t_eval": times, "rtol": 1e-8, "atol": 1e-8}
    ours = solve_ivp(equation, (0, 40), [2.0, 0.0], jac=by_state(equation), **options)
    theirs = solve_ivp(equation, (0, 40), [2.0, 0.0], **options)
    assert ours.y == pytest.approx(theirs.y, rel=1e-5, abs=1e-6)
