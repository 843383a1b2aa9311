"""Graphs that people draw, each in the way its author would write it: what a layout is measured on."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np

import tinygrad_kr as tg
from tinygrad_kr import Drawing, Value, constant
from tinygrad_kr.shell.gallery import softmax_with_loss


def readme() -> Value:
    """The expression of micrograd's README, with gradients 138.8338 and 645.5773."""
    a, b = Value(-4.0, "a"), Value(2.0, "b")
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + tg.relu(b + a)
    d += 3 * d + tg.relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    return g + 10.0 / f


def network(*sizes: int, inputs: bool = True) -> Value:
    """Neurons in layers, tanh between them, all weights named; several outputs are added up."""
    x = [Value(0.5 - 0.3 * k, f"x{k + 1}") for k in range(sizes[0])]
    for level, (into, out) in enumerate(pairwise(sizes), 1):
        letter = "uvw"[level - 1]
        hidden = []
        for k in range(out):
            total = Value(0.1 * k, f"b{level}{k + 1}")
            for i in range(into):
                total = total + Value(0.4 - 0.2 * i + 0.1 * k, f"{letter}{k + 1}{i + 1}") * x[i]
            hidden.append(tg.tanh(total))
        x = hidden
    return x[0] if len(x) == 1 else tg.sum(x)


def neuron() -> Value:
    """Karpathy's neuron: tanh(x1 w1 + x2 w2 + b)."""
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    return tg.tanh(x1 * w1 + x2 * w2 + Value(6.8813735870195432, "b"))


def softmax_of(n: int) -> Value:
    """Softmax and cross-entropy from exp, +, / and log, for n classes of which the second is right."""
    scores = [Value(0.3 + 0.7 * k, f"a_{k + 1}") for k in range(n)]
    powers = [tg.exp(score) for score in scores]
    total = powers[0]
    for power in powers[1:]:
        total = total + power
    shares = [power / total for power in powers]
    loss = Value(0.0)
    for k, share in enumerate(shares):
        term = constant(float(k == 1), f"t_{k + 1}") * tg.log(share)
        loss = term if k == 0 else loss + term
    return -loss


def attention(tokens: int = 3) -> Value:
    """One query over some tokens: softmax of scores, and the weighted sum of values."""
    query = Value(0.7, "q")
    scores = [query * Value(0.2 * k + 0.1, f"k{k + 1}") for k in range(tokens)]
    powers = [tg.exp(score) for score in scores]
    total = powers[0]
    for power in powers[1:]:
        total = total + power
    out = None
    for k, power in enumerate(powers):
        term = power / total * Value(1.0 + k, f"v{k + 1}")
        out = term if out is None else out + term
    return out


def batch_norm(n: int = 4) -> Value:
    """The second of n numbers, normalised, scaled and moved; all of them are in the loss."""
    x = [Value(0.5 * k * k - 1, f"x{k + 1}") for k in range(n)]
    gamma, beta = Value(1.5, "γ"), Value(0.2, "β")
    mean = tg.sum(x) / n
    centred = [each - mean for each in x]
    variance = tg.sum([each**2 for each in centred]) / n
    scale = tg.sqrt(variance + 1e-5)
    return tg.sum([(gamma * (each / scale) + beta) ** 2 for each in centred])


def layer_norm() -> Value:
    """Three numbers, normalised by their own mean and variance, the first taken."""
    x = [Value(k + 0.5 * k * k, f"x_{k + 1}") for k in range(3)]
    mean = (x[0] + x[1] + x[2]) / 3
    variance = ((x[0] - mean) ** 2 + (x[1] - mean) ** 2 + (x[2] - mean) ** 2) / 3
    return (x[0] - mean) / tg.sqrt(variance + 1e-5) * Value(2.0, "g") + Value(0.1, "b")


def black_scholes() -> Value:
    """The price of a European call."""
    S, K, T = Value(100.0, "S"), Value(105.0, "K"), Value(0.5, "T")
    r, sigma = Value(0.03, "r"), Value(0.2, "σ")
    d1 = (tg.log(S / K) + (r + sigma**2 / 2) * T) / (sigma * tg.sqrt(T))
    d2 = d1 - sigma * tg.sqrt(T)

    def normal(x: Value) -> Value:
        return 0.5 * (1 + tg.erf(x / math.sqrt(2)))

    return S * normal(d1) - K * tg.exp(-r * T) * normal(d2)


def quadratic() -> Value:
    """(-b + √(b² - 4ac)) / 2a."""
    a, b, c = Value(1.0, "a"), Value(-5.0, "b"), Value(6.0, "c")
    return (-b + tg.sqrt(b**2 - 4 * a * c)) / (2 * a)


def rosenbrock() -> Value:
    """(1 - x)² + 100 (y - x²)²."""
    x, y = Value(-1.2, "x"), Value(1.0, "y")
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def newton() -> Value:
    """Three steps of Newton's method for √a, from 1."""
    a = Value(2.0, "a")
    x: Value = constant(1.0, "x0")
    for _ in range(3):
        x = (x + a / x) / 2
    return x


def fibonacci() -> Value:
    """Ten numbers of Fibonacci's, from two leaves."""
    a, b = Value(1.0, "a"), Value(1.0, "b")
    for _ in range(8):
        a, b = b, a + b
    return b


def affine() -> Value:
    """Two affine layers with relu between, 2-2-2, and squared errors."""
    x = [Value(1.0, "x1"), Value(-2.0, "x2")]
    W = [[Value(0.3, "w11"), Value(-0.4, "w12")], [Value(0.5, "w21"), Value(0.6, "w22")]]
    V = [[Value(0.7, "v11"), Value(0.1, "v12")], [Value(-0.2, "v21"), Value(0.9, "v22")]]
    h = [tg.relu(x[0] * W[0][j] + x[1] * W[1][j] + Value(0.1, f"b{j + 1}")) for j in range(2)]
    y = [h[0] * V[0][j] + h[1] * V[1][j] + Value(0.2, f"c{j + 1}") for j in range(2)]
    return (y[0] - 1) ** 2 + (y[1] - 2) ** 2


def lstm() -> Value:
    """One step of an LSTM cell of one unit."""
    x, h, c = Value(0.5, "x"), Value(0.1, "h"), Value(-0.3, "c")

    def gate(name: str) -> Value:
        return Value(0.6, f"W_{name}") * x + Value(0.4, f"U_{name}") * h + Value(0.1, f"b_{name}")

    forget, into, out = (tg.sigmoid(gate(name)) for name in "fio")
    cell = forget * c + into * tg.tanh(gate("g"))
    return out * tg.tanh(cell)


def gru() -> Value:
    """One step of a gated recurrent unit."""
    x, h = Value(0.5, "x"), Value(0.2, "h")
    update = tg.sigmoid(Value(0.3, "W_z") * x + Value(0.5, "U_z") * h)
    reset = tg.sigmoid(Value(0.2, "W_r") * x + Value(-0.4, "U_r") * h)
    new = tg.tanh(Value(0.7, "W_n") * x + reset * (Value(0.1, "U_n") * h))
    return (1 - update) * new + update * h


def recurrent() -> Value:
    """A recurrent unit over three steps: two weights used three times."""
    w, u, h = Value(0.5, "w"), Value(0.8, "u"), constant(0.0, "h0")
    for k in range(3):
        h = tg.tanh(w * Value(0.3 * k + 0.1, f"x{k + 1}") + u * h)
    return h


def regression() -> Value:
    """The mean squared error of a straight line over four points."""
    w, b = Value(0.5, "w"), Value(0.1, "b")
    errors = [w * constant(float(x), f"x{x}") + b - constant(2.0 * x + 1, f"y{x}") for x in range(1, 5)]
    return tg.sum([error**2 for error in errors]) / 4


def logistic() -> Value:
    """Logistic loss of two points."""
    w1, w2, b = Value(0.5, "w1"), Value(-0.5, "w2"), Value(0.1, "b")
    loss = None
    for k, (x1, x2, t) in enumerate(((1.0, 2.0, 1.0), (-1.0, 0.5, 0.0))):
        p = tg.sigmoid(w1 * constant(x1, f"x{k}1") + w2 * constant(x2, f"x{k}2") + b)
        term = -(t * tg.log(p) + (1 - t) * tg.log(1 - p))
        loss = term if loss is None else loss + term
    return loss


def powers() -> Value:
    """A polynomial by powers: 1 + 2x + 3x² + 4x³ + 5x⁴."""
    x = Value(1.1, "x")
    return 1 + 2 * x + 3 * x**2 + 4 * x**3 + 5 * x**4


def horner() -> Value:
    """The same by Horner's rule."""
    x, y = Value(1.1, "x"), Value(5.0, "c4")
    for k in (3, 2, 1, 0):
        y = y * x + Value(float(k + 1), f"c{k}")
    return y


def gaussian() -> Value:
    """The density of a normal distribution."""
    x, mu, sigma = Value(0.7, "x"), Value(0.1, "μ"), Value(1.3, "σ")
    return tg.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))


def kinetic() -> Value:
    """The distance of two points in the plane, over their sum."""
    x1, y1, x2, y2 = (Value(k + 1.0, name) for k, name in enumerate(("x1", "y1", "x2", "y2")))
    return tg.sqrt((x1 - x2) ** 2 + (y1 - y2) ** 2) / (x1 + x2 + y1 + y2)


def numbered() -> Value:
    """x₁·1 + x₂·2 + … + x₁₂·12."""
    return tg.sum([Value(float(k), f"x{k + 1}") * (k + 1) for k in range(12)])


def squares() -> Value:
    """x¹² by repeated multiplication."""
    x = Value(1.1, "x")
    two = x * x
    four = two * two
    return four * four * four


def determinant() -> Value:
    """A determinant of three rows."""
    (a, b, c), (d, e, f), (g, h, i) = ([Value(float(ord(s) % 7 + 1), s) for s in row] for row in ("abc", "def", "ghi"))
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def convolution() -> Value:
    """A kernel of two over five numbers, relu and the sum."""
    x = [Value(0.5 * k - 1, f"x{k + 1}") for k in range(5)]
    k1, k2 = Value(0.4, "k1"), Value(-0.7, "k2")
    return tg.sum([tg.relu(x[k] * k1 + x[k + 1] * k2) for k in range(4)])


def dropped() -> Value:
    """A random graph of twenty operators."""
    dice = random.Random(3)
    values = [Value(dice.random() + 0.5, f"x{k}") for k in range(4)]
    for _ in range(20):
        a, b = dice.choice(values[-8:]), dice.choice(values[-8:])
        values.append(dice.choice([lambda a=a, b=b: a + b, lambda a=a, b=b: a * b, lambda a=a: tg.tanh(a)])())
    return tg.sum(values[-3:])


def matrices() -> Value:
    """The sum of the squares of a product of matrices, 2 × 2."""
    A = Value.array(np.array([[1.0, 2.0], [3.0, 4.0]]), "A")
    B = Value.array(np.array([[0.5, -1.0], [1.5, 2.0]]), "B")
    C = [[A[i, 0] * B[0, j] + A[i, 1] * B[1, j] for j in range(2)] for i in range(2)]
    return tg.sum([c**2 for row in C for c in row])


def runge_kutta() -> Value:
    """A step of the classical Runge–Kutta method for y' = y(1 − y)."""
    y, h = Value(1.5, "y"), Value(0.1, "h")

    def slope(y: Value) -> Value:
        return y * (1 - y)

    k1 = slope(y)
    k2 = slope(y + h / 2 * k1)
    k3 = slope(y + h / 2 * k2)
    k4 = slope(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def kalman() -> Value:
    """A Kalman filter's prediction and update in one dimension; state and variance are added up."""
    x, p, f, q = Value(1.0, "x"), Value(0.5, "P"), Value(1.1, "F"), Value(0.1, "Q")
    h, r, z = Value(1.2, "H"), Value(0.3, "R"), Value(1.4, "z")
    x = f * x
    p = f * p * f + q
    gain = p * h / (h * p * h + r)
    return x + gain * (z - h * x) + (1 - gain * h) * p


def haversine() -> Value:
    """The distance of two places on a globe."""
    north1, north2, east1, east2 = Value(0.6, "φ1"), Value(0.8, "φ2"), Value(2.2, "λ1"), Value(2.3, "λ2")
    h = tg.sin((north2 - north1) / 2) ** 2 + tg.cos(north1) * tg.cos(north2) * tg.sin((east2 - east1) / 2) ** 2
    return 2 * Value(6371.0, "R") * tg.asin(tg.sqrt(h))


def residual() -> Value:
    """Three residual blocks."""
    x = Value(0.5, "x")
    for k in range(1, 4):
        x = x + Value(0.3, f"v{k}") * tg.relu(Value(0.7, f"w{k}") * x + Value(0.1, f"b{k}"))
    return x


def mixture() -> Value:
    """The negative log-likelihood of a mixture of two normal distributions."""
    x, likelihood = Value(0.5, "x"), constant(0.0)
    for k in (1, 2):
        share, mean, deviation = Value(0.5, f"π{k}"), Value(float(k), f"μ{k}"), Value(0.7, f"σ{k}")
        likelihood = likelihood + share * tg.exp(-(((x - mean) / deviation) ** 2) / 2) / deviation
    return -tg.log(likelihood)


def capacitor() -> Value:
    """The power taken by a capacitor that is charged through a resistor."""
    r, c, v, t = Value(100.0, "R"), Value(0.01, "C"), Value(5.0, "V"), Value(0.5, "t")
    return v * (1 - tg.exp(-t / (r * c))) * (v / r * tg.exp(-t / (r * c)))


def cosine() -> Value:
    """The cosine of the angle between two vectors."""
    a = [Value(float(k), f"a{k}") for k in (1, 2, 3)]
    b = [Value(float(k % 3 + 1), f"b{k}") for k in (1, 2, 3)]

    def dot(a: list[Value], b: list[Value]) -> Value:
        return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

    return dot(a, b) / (tg.sqrt(dot(a, a)) * tg.sqrt(dot(b, b)))


def cross_product() -> Value:
    """The area of a parallelogram in space."""
    a = [Value(float(k), f"a{k}") for k in (1, 2, 3)]
    b = [Value(float(k % 3 + 1), f"b{k}") for k in (1, 2, 3)]
    sides = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return tg.sqrt(tg.sum([side**2 for side in sides]))


USUAL: dict[str, Callable[[], Value]] = {
    "micrograd README": readme,
    "neuron": neuron,
    "MLP 2-3-1": lambda: network(2, 3, 1),
    "MLP 3-2-2": lambda: network(3, 2, 2),
    "figure 5-29": lambda: softmax_with_loss(),
    "softmax 3": lambda: softmax_of(3),
    "softmax 5": lambda: softmax_of(5),
    "attention 3": attention,
    "batch norm 4": batch_norm,
    "layer norm 3": layer_norm,
    "Black-Scholes": black_scholes,
    "quadratic": quadratic,
    "Rosenbrock": rosenbrock,
    "Newton": newton,
    "Fibonacci": fibonacci,
    "affine layers": affine,
    "LSTM": lstm,
    "GRU": gru,
    "RNN": recurrent,
    "regression": regression,
    "logistic": logistic,
    "polynomial": powers,
    "Horner": horner,
    "Gaussian": gaussian,
    "distance": kinetic,
    "x_k k": numbered,
    "x^12": squares,
    "determinant": determinant,
    "convolution": convolution,
    "matrices": matrices,
    "random": dropped,
    "MLP 3-8-3": lambda: network(3, 8, 3),
}

UNSEEN: dict[str, Callable[[], Value]] = {
    "Runge-Kutta": runge_kutta,
    "Kalman": kalman,
    "haversine": haversine,
    "residual": residual,
    "mixture": mixture,
    "capacitor": capacitor,
    "cosine": cosine,
    "cross product": cross_product,
}
"""Others, which the layout's weights were not chosen on."""


# ── Dense ones ────────────────────────────────────────────────────────────────────────────────────────


def lagrange() -> Value:
    """Lagrange's polynomial through three points, written out."""
    x = Value(1.5, "x")
    xs = [Value(float(k), f"x{k}") for k in range(3)]
    total = None
    for i in range(3):
        term = Value(float(i * i + 1), f"y{i}")
        for j in {0, 1, 2} - {i}:
            term = term * (x - xs[j]) / (xs[i] - xs[j])
        total = term if total is None else total + term
    return total


def collision() -> Value:
    """The energy of two masses after an elastic collision."""
    m1, m2, v1, v2 = (Value(k + 1.0, name) for k, name in enumerate(("m1", "m2", "v1", "v2")))
    u1 = ((m1 - m2) * v1 + 2 * m2 * v2) / (m1 + m2)
    u2 = ((m2 - m1) * v2 + 2 * m1 * v1) / (m1 + m2)
    return 0.5 * m1 * u1**2 + 0.5 * m2 * u2**2


def self_attention() -> Value:
    """Self-attention over two tokens of two numbers."""
    q = [[Value(0.1 * (i + j + 1), f"q{i + 1}{j + 1}") for j in range(2)] for i in range(2)]
    k = [[Value(0.2 * (i + j + 1), f"k{i + 1}{j + 1}") for j in range(2)] for i in range(2)]
    v = [Value(1.0 + i, f"v{i + 1}") for i in range(2)]
    outs = []
    for query in q:
        powers = [tg.exp((query[0] * key[0] + query[1] * key[1]) / math.sqrt(2)) for key in k]
        total = powers[0] + powers[1]
        outs.append(powers[0] / total * v[0] + powers[1] / total * v[1])
    return outs[0] + outs[1]


def double_pendulum() -> Value:
    """The acceleration of the upper arm of a double pendulum."""
    t1, t2, w1, w2 = Value(0.5, "θ1"), Value(0.3, "θ2"), Value(0.1, "ω1"), Value(0.2, "ω2")
    m1, m2, l1, l2, g = Value(1.0, "m1"), Value(1.5, "m2"), Value(1.0, "l1"), Value(0.8, "l2"), Value(9.8, "g")
    d = t1 - t2
    pull = -g * (2 * m1 + m2) * tg.sin(t1) - m2 * g * tg.sin(t1 - 2 * t2)
    pull -= 2 * tg.sin(d) * m2 * (w2**2 * l2 + w1**2 * l1 * tg.cos(d))
    return pull / (l1 * (2 * m1 + m2 - m2 * tg.cos(2 * d)))


def gated_twice() -> Value:
    """Two steps of a gated recurrent unit."""
    h = Value(0.2, "h0")
    W = {gate: (Value(0.3, f"W_{gate}"), Value(0.5, f"U_{gate}")) for gate in "zrn"}
    for x in (Value(0.5, "x1"), Value(-0.2, "x2")):
        z, r = (tg.sigmoid(W[gate][0] * x + W[gate][1] * h) for gate in "zr")
        h = (1 - z) * tg.tanh(W["n"][0] * x + W["n"][1] * (r * h)) + z * h
    return h


DENSE: dict[str, tuple[Callable[[], Value], int]] = {
    "Lagrange": (lagrange, 61),
    "collision": (collision, 24),
    "self-attention": (self_attention, 18),
    "double pendulum": (double_pendulum, 18),
    "GRU, two steps": (gated_twice, 27),
    "MLP 3-4-2": (lambda: network(3, 4, 2), 20),
    "MLP 3-8-3": (lambda: network(3, 8, 3), 150),
}
"""Graphs in which much is used many times, and the crossings that they may have."""


BEFORE = {
    "micrograd README": (16, 1, 3), "neuron": (0, 0, 0), "MLP 2-3-1": (27, 0, 5), "MLP 3-2-2": (25, 0, 3),
    "figure 5-29": (2, 0, 1), "softmax 3": (6, 2, 0), "softmax 5": (19, 2, 2), "attention 3": (9, 2, 1),
    "batch norm 4": (24, 2, 0), "layer norm 3": (6, 0, 1), "Black-Scholes": (15, 1, 2), "quadratic": (1, 0, 0),
    "Rosenbrock": (2, 1, 0), "Newton": (3, 0, 0), "Fibonacci": (4, 0, 0), "affine layers": (16, 0, 2),
    "LSTM": (40, 1, 15), "GRU": (15, 1, 3), "RNN": (9, 2, 3), "regression": (26, 1, 5), "logistic": (11, 2, 0),
    "polynomial": (0, 0, 0), "Horner": (5, 0, 2), "Gaussian": (1, 0, 0), "distance": (2, 2, 0), "x_k k": (0, 1, 2),
    "x^12": (0, 0, 0), "determinant": (22, 5, 6), "convolution": (22, 0, 3), "matrices": (24, 1, 10),
    "random": (0, 0, 0), "MLP 3-8-3": (164, 9, 22),
}  # fmt: skip
"""Crossings, wires through something, merged pairs, where every picture was laid out in one way: leaves in a column
at the left, operands in the order written."""


def drawn(name: str) -> Drawing:
    """The picture of one of them, with its derivatives."""
    value = (USUAL | UNSEEN | {dense: make for dense, (make, _) in DENSE.items()})[name]()
    value.backward()
    return value.draw()
