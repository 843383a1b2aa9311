"""Graphs of arrays: which arrays are seen, what the wires carry, and that the rules give the derivatives."""

import copy
import pickle
import re
import time

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr import Drawing, Value, backward, constant, draw
from tinygrad_kr.drawing.arrays import _ArrayLabels
from tinygrad_kr.drawing.lifting import lift
from tinygrad_kr.drawing.picture import Badge, Options
from tinygrad_kr.words import mathtext


def array(name, *shape):
    """An array of named leaves, or a plain Value where there is no shape."""
    numbers = np.random.default_rng(len(name) + sum(map(ord, name))).normal(size=shape)
    return Value.array(numbers, name)


def numbers(*shape):
    return np.random.default_rng(0).normal(size=shape)


def affine(*batch):
    """Figures 5-24 to 5-27."""
    return tg.dot(array("X", *batch, 2), array("W", 2, 3)) + array("B", 3)


def carried(value, **options):
    """What stands over and under the wires of an array picture."""
    drawing = draw(value, arrays=True, **options)
    return [tuple(map(str, wire.labels)) for wire in drawing.picture.wires]


def shapes(value):
    """The arrays of a graph, by name or operation, with their shapes."""
    listed = list(np.asarray(value, dtype=object).flat)
    return [(array.name or (array.op.name if array.op else "?"), array.shape) for array in lift(listed)[0]]


def net():
    """Two layers with ReLU, and the sum as a loss."""
    hidden = tg.relu(tg.dot(array("X", 4, 2), array("W_1", 2, 3)) + array("b_1", 3))
    loss = tg.sum(tg.dot(hidden, array("W_2", 3, 2)) + array("b_2", 2))
    loss.name = "L"
    return loss


def classifier():
    """Data and labels as numbers, NumPy's @, Softmax and cross-entropy, the mean over a batch."""
    scores = numbers(4, 2) @ array("W", 2, 3) + array("B", 3)
    labels = np.eye(3)[[0, 2, 1, 0]]
    return tg.mean([tg.cross_entropy(tg.softmax(row), label) for row, label in zip(scores, labels)])


# ── The figures ───────────────────────────────────────────────────────────────────────────────────────


def test_figure_5_24_one_wire_per_array_with_its_shape_over_the_name():
    assert carried(affine(), direction="forward") == [
        ("X (2,)",), ("W (2,3)",), ("X·W (3,)",), ("B (3,)",), ("Y (3,)",)]  # fmt: skip
    drawing = draw(affine(), arrays=True, direction="forward")
    assert [part.text for part in drawing.picture.of_kind("operator")] == ["dot", "+"]
    assert [part.text for part in drawing.picture.of_kind("leaf")] == ["", "", ""]
    assert repr(drawing) == "Drawing(2 operators, 3 leaves)"
    assert drawing.title.endswith(": Y")


def test_figure_5_25_the_rules_under_the_backward_arrows():
    assert carried(affine()) == [
        ("X (2,)", "∂L/∂Y·Wᵀ"), ("W (2,3)", "Xᵀ·∂L/∂Y"),
        ("X·W (3,)", "∂L/∂Y"), ("B (3,)", "∂L/∂Y"), ("Y (3,)", "∂L/∂Y"),
    ]  # fmt: skip


def test_figure_5_27_a_batch_is_summed_over_axis_0():
    assert carried(affine(4)) == [
        ("X (4,2)", "∂L/∂Y·Wᵀ"), ("W (2,3)", "Xᵀ·∂L/∂Y"),
        ("X·W (4,3)", "∂L/∂Y"), ("B (3,)", "Σ_(axis 0)∂L/∂Y"), ("Y (4,3)", "∂L/∂Y"),
    ]  # fmt: skip


def test_numbers_on_the_arrows_and_the_formulas_below():
    drawing = draw(affine(), arrays="numbered")
    badges = [wire.derivative for wire in drawing.picture.wires if isinstance(wire.derivative, Badge)]
    assert [(badge.number, str(badge)) for badge in badges] == [(1, "∂L/∂Y·Wᵀ"), (2, "Xᵀ·∂L/∂Y"), (3, "∂L/∂Y")]
    assert [(str(note), note.shapes) for note in drawing.picture.notes] == [
        ("∂L/∂X = ∂L/∂Y·Wᵀ", "(2,) = (3,)·(3,2)"),
        ("∂L/∂W = Xᵀ·∂L/∂Y", "(2,3) = (2,1)·(1,3)"),
        ("∂L/∂B = ∂L/∂Y", "(3,)"),
    ]
    batch = draw(affine(4), arrays="numbered").picture
    assert [note.shapes for note in batch.notes] == ["(4,2) = (4,3)·(3,2)", "(2,3) = (2,4)·(4,3)", "(3,)"]
    forward = draw(affine(), arrays="numbered", direction="forward")
    assert forward.picture.notes == []
    assert "badge" not in re.sub("<style>.*?</style>", "", forward.svg(), flags=re.DOTALL)


def test_formulas_appear_step_by_step_with_the_wires_they_belong_to():
    steps = draw(affine(), arrays="numbered").steps()
    notes = [len(re.findall(r'<g class="note"', step.svg())) for step in steps]
    assert notes == [0, 0, 0, 1, 3]


def test_a_net_of_two_layers_and_the_sum_as_a_loss():
    assert carried(net()) == [
        ("X (4,2)", "∂L/∂A₁·W₁ᵀ"), ("W₁ (2,3)", "Xᵀ·∂L/∂A₁"),
        ("X·W₁ (4,3)", "∂L/∂A₁"), ("b₁ (3,)", "Σ_(axis 0)∂L/∂A₁"),
        ("A₁ (4,3)", "∂L/∂Z ∘ relu′(A₁)"),
        ("Z (4,3)", "∂L/∂A₂·W₂ᵀ"), ("W₂ (3,2)", "Zᵀ·∂L/∂A₂"),
        ("Z·W₂ (4,2)", "∂L/∂A₂"), ("b₂ (2,)", "Σ_(axis 0)∂L/∂A₂"),
        ("A₂ (4,2)", "1"), ("L", "1"),
    ]  # fmt: skip


def test_softmax_and_cross_entropy_of_data_that_has_no_names():
    assert carried(classifier()) == [
        ("X (4,2)",), ("W (2,3)", "Xᵀ·∂L/∂A₁"),
        ("X·W (4,3)", "∂L/∂A₁"), ("B (3,)", "Σ_(axis 0)∂L/∂A₁"),
        ("A₁ (4,3)", "Z ∘ (∂L/∂Z - Σ_(axis 1)∂L/∂Z ∘ Z)"),
        ("Z (4,3)", "-∂L/∂A₂ ∘ T / Z"), ("T (4,3)",), ("A₂ (4,)", "1/4"), ("L", "1"),
    ]  # fmt: skip


# ── The rules give the derivatives ────────────────────────────────────────────────────────────────────


class Amount:
    """A number or an array that the rules' signs work on: · is the matrix product, ∘ goes element by element."""

    def __init__(self, amount):
        self.amount = np.asarray(amount, dtype=float)

    @property
    def T(self):
        return Amount(self.amount.T)

    def __matmul__(self, other):
        a, b = self.amount, other.amount
        if 0 in (a.ndim, b.ndim) or 1 in (a.size, b.size):
            return Amount(a * b if a.ndim == b.ndim or 0 in (a.ndim, b.ndim) else np.outer(a, b))
        return Amount(np.outer(a, b) if a.ndim == b.ndim == 1 else a @ b)

    def __mul__(self, other):
        return Amount(self.amount * other.amount)

    def __truediv__(self, other):
        return Amount(self.amount / other.amount)

    def __sub__(self, other):
        return Amount(self.amount - other.amount)

    def __add__(self, other):
        return Amount(self.amount + other.amount)

    def __neg__(self):
        return Amount(-self.amount)

    def __pow__(self, exponent):
        return Amount(self.amount**exponent)


SLOPES = {"relu": lambda x: x > 0, "abs": np.sign}


FUNCTIONS = {"exp": np.exp, "log": np.log, "cos": np.cos, "softmax": lambda x: np.exp(x) / np.exp(x).sum()}
TOKEN = re.compile(
    r"Σ(?P<some>_\(axis (?P<axes>[0-9, ]+)\))?|∂L/∂(?P<derivative>[A-Za-z][₀-₉]*)"
    r"|(?P<slope>\w+)′|(?P<function>[a-z]+)(?=\()|(?P<name>[A-Za-z][₀-₉]*)|(?P<number>[0-9.]+)|(?P<sign>.)"
)
SIGNS = {"ᵀ": ".T", "²": "**2", "·": "@", "∘": "*"}


def worked_out(rule, values, derivatives):
    """What a rule amounts to, read as people read it: Σ goes over everything that is multiplied behind it."""
    text, open_sums = "", [0]
    for found in TOKEN.finditer(rule):
        kind, token = found.lastgroup, found[0]
        if token.startswith("Σ"):
            text += f"Sum(({found['axes']},), " if found["axes"] else "Sum(None, "
            open_sums[-1] += 1
        elif kind in ("derivative", "name"):
            text += f"{'D' if kind == 'derivative' else 'V'}[{found[kind]!r}]"
        elif kind in ("slope", "function"):
            text += f"F[{found[kind] + kind[0]!r}]"
        elif kind == "number":
            text += f"Amount({token})"
        elif token == "(":
            text, open_sums = text + token, [*open_sums, 0]
        else:
            text += ")" * open_sums.pop() if token == ")" else ""
            text += SIGNS.get(token, token)
    functions = {f"{name}s": f for name, f in SLOPES.items()} | {f"{name}f": f for name, f in FUNCTIONS.items()}
    scope = {
        "V": {name: Amount(amount) for name, amount in values.items()},
        "D": {name: Amount(amount) for name, amount in derivatives.items()},
        "F": {name: lambda x, f=f: Amount(f(x.amount)) for name, f in functions.items()},
        "Amount": Amount,
        "Sum": lambda axes, x: Amount(x.amount.sum(axis=axes, keepdims=axes is not None)),
    }
    return eval(text + ")" * sum(open_sums), scope).amount


def filled(array, number_of):
    """An array's numbers in its shape."""
    whole = np.zeros(array.shape)
    for node in array.nodes:
        whole[array.place[node]] = number_of(node)
    return whole


X, W, V, x, y, B, P = (
    array(*each)
    for each in [("X", 4, 2), ("W", 2, 3), ("V", 3, 2), ("x", 2), ("y", 3), ("B", 3), ("P", 4, 3)]
)  # fmt: skip
s = Value(0.7, "s")

RULES = {
    "X·W": lambda: tg.dot(X, W),
    "x·W": lambda: tg.dot(x, W),
    "W·y": lambda: tg.dot(W, y),
    "x·x": lambda: tg.dot(x, x) + 1,
    "X·Vᵀ": lambda: [[tg.dot(row, v) for v in V] for row in X],
    "Vᵀ·Xᵀ": lambda: [[tg.dot(v, row) for row in X] for v in W.T[:, :]],
    "Wᵀ·x": lambda: [tg.dot(column, x) for column in W.T],
    "V·x, x first": lambda: [tg.dot(x, row) for row in V],
    "Pᵀ·X": lambda: tg.dot(P.T, X),
    "X·Xᵀ": lambda: tg.dot(X, X.T),
    "numpy": lambda: tg.tanh(X @ W + B) @ V,
    "numpy, vectors": lambda: x @ W @ V + s,
    "data": lambda: numbers(5, 2) @ W - B,
    "bias in front": lambda: B - tg.dot(X, W) * s,
    "elements": lambda: tg.exp(P) / (P * P + 1) - tg.sigmoid(P) ** 2,
    "column": lambda: (P * array("c", 4, 1)) * s,
    "slopes": lambda: tg.relu(P) * tg.abs(B) + tg.sin(P) + tg.square(P),
    "sum": lambda: tg.sum(P * P) * 2,
    "numpy sum": lambda: (P * B).sum() * s,
    "sum of columns": lambda: P.sum(axis=0) * B,
    "sum of rows": lambda: [tg.sum(row) * s for row in P],
    "mean of rows": lambda: [tg.mean(row) for row in P],
    "mean": lambda: tg.mean((X @ W - numbers(4, 3)) ** 2),
    "softmax": lambda: [tg.softmax(row) for row in P],
    "softmax of one": lambda: tg.softmax(y),
    "log softmax": lambda: [tg.log_softmax(row) for row in P],
    "log softmax of one": lambda: tg.log_softmax(y),
    "logaddexp": lambda: tg.logaddexp(P, B),
    "logsumexp": lambda: tg.logsumexp(y) * s,
    "prod": lambda: tg.prod(y) * s,
    "rowwise": lambda: [tg.dot(a, b) for a, b in zip(P, P + B)],
    "net": net,
    "classifier": classifier,
}


@pytest.mark.parametrize("name", RULES)
def test_the_rules_give_the_derivatives_of_the_engine(name):
    result = RULES[name]()
    outputs = list(np.asarray(result, dtype=object).flat)
    seeds = [1.0] if len(outputs) == 1 else list(numbers(len(outputs)))
    backward(outputs, seeds)
    arrays, array_of = lift(outputs)
    ends = list(dict.fromkeys(array_of[output] for output in outputs))
    labels = _ArrayLabels(arrays, ends, Options())
    called = {array: mathtext.text(labels._box[array]) for array in arrays}
    values = {called[array]: filled(array, lambda node: node.data) for array in arrays}
    derivatives = {called[a]: filled(a, lambda node: node.grad) for a in arrays if not a.is_constant}
    checked = 0
    for array in arrays:
        if array.is_constant:
            continue
        total = np.zeros(array.shape)
        uses = [(user, k) for user in arrays for k, use in enumerate(user.uses) if use.array is array]
        for user, k in uses:
            label = labels.contribution(labels.twins[user], k)
            assert "∂" not in re.sub(r"∂L/∂\w+", "", label), f"{label} is no closed form"
            passed = dict(derivatives)
            if user.shape and user.op.k is None:  # what was summed along an axis goes to all that lie along it
                passed[called[user]] = np.expand_dims(passed[called[user]], user.reduced)
            amount = worked_out(label, values, passed)
            same = amount.size == array.size
            total = total + (amount.reshape(array.shape) if same else np.broadcast_to(amount, array.shape))
            checked += 1
        if uses:
            np.testing.assert_allclose(total, derivatives[called[array]], rtol=1e-9, atol=1e-12)
    assert checked


# ── Which arrays there are ────────────────────────────────────────────────────────────────────────────


def test_numpys_chains_of_products_are_the_same_picture_as_dot():
    for a, b in [(X, W), (x, W), (W, V), (W, y)]:
        assert carried(a @ b + 0.5) == carried(tg.dot(a, b) + 0.5)


def test_a_sum_over_a_product_of_arrays_stays_one():
    assert shapes((P * P).sum()) == [("P", (4, 3)), ("mul", (4, 3)), ("sum", ())]
    assert shapes((2 * x).sum()) == [("x", (2,)), ("?", ()), ("mul", (2,)), ("sum", ())]
    assert shapes(np.ones((4, 2)) @ W)[-1] == ("dot", (4, 3))
    assert shapes((x * x).sum()) == [("x", (2,)), ("dot", ())]
    assert shapes((numbers(4, 3) * P).sum(axis=1)) == [("P", (4, 3)), ("?", (4, 3)), ("mul", (4, 3)), ("sum", (4,))]


def test_shapes_follow_numpys_broadcasting():
    c = array("c", 4, 1)
    assert shapes(P * c) == [("P", (4, 3)), ("c", (4, 1)), ("mul", (4, 3))]
    assert shapes(B * c)[-1] == ("mul", (4, 3))
    assert shapes(P.sum(axis=0))[-1] == ("sum", (3,))
    assert shapes(tg.max(list(B)))[-1] == ("max", ())
    assert shapes([tg.softmax(row) for row in P])[-1] == ("softmax", (4, 3))
    assert shapes(array("K", 2, 3, 4) + array("k", 3, 1))[-1] == ("add", (2, 3, 4))


def test_numbers_without_a_name_take_the_shape_in_which_they_enter():
    assert shapes(numbers(5, 2) @ W) == [("W", (2, 3)), ("?", (5, 2)), ("dot", (5, 3))]
    assert shapes(tg.dot(X, numbers(2, 3))) == [("X", (4, 2)), ("?", (2, 3)), ("dot", (4, 3))]
    assert shapes(P - numbers(4, 1))[1] == ("?", (4, 1))
    assert shapes(P - numbers(3))[1] == ("?", (3,))
    assert shapes(2 * P)[1] == ("?", ())
    assert shapes(tg.dot(Value.array(numbers(4, 2)), W))[1] == ("?", (4, 2))
    assert carried(P - numbers(4, 3)) == [("P (4,3)", "∂L/∂Y"), ("X (4,3)",), ("Y (4,3)", "∂L/∂Y")]


def test_weights_by_rows_are_a_product_with_the_transpose():
    rows = [[tg.dot(w, row) for w in V] for row in X]
    assert carried(np.array(rows)) == [("V (3,2)", "(∂L/∂Y)ᵀ·X"), ("X (4,2)", "∂L/∂Y·V"), ("Y (4,3)", "∂L/∂Y")]
    one = [tg.dot(row, y) for row in W]
    assert carried(one) == [("W (2,3)", "∂L/∂Y·yᵀ"), ("y (3,)", "Wᵀ·∂L/∂Y"), ("Y (2,)", "∂L/∂Y")]


def test_layers_whose_arrays_share_a_name_are_told_apart():
    hidden = tg.relu(X @ Value.array(numbers(2, 2), "W") + Value.array(numbers(2), "b"))
    result = tg.dot(hidden, Value.array(numbers(2, 2), "W")) + Value.array(numbers(2), "b")
    assert [labels[0] for labels in carried(result)] == [
        "X (4,2)", "W₁ (2,2)", "X·W₁ (4,2)", "b₁ (2,)", "A (4,2)",
        "Z (4,2)", "W₂ (2,2)", "Z·W₂ (4,2)", "b₂ (2,)", "Y (4,2)",
    ]  # fmt: skip


def test_names_that_do_not_tell_arrays_apart_are_refused():
    a, b = Value.array([1, 2], "W"), Value.array([3, 4], "W")
    with pytest.raises(ValueError, match=r"several leaves are called 'W\[0\]'.*Value.array\(numbers, name='W1'\)"):
        draw(tg.exp(a) * tg.exp(b), arrays=True)


def test_a_value_used_several_times_branches_and_its_contributions_are_rules():
    labels = carried(tg.exp(P) * P)
    assert labels == [
        ("P (4,3)", "∂L/∂P"), ("P (4,3)", "∂L/∂Z ∘ Z"), ("Z (4,3)", "∂L/∂Y ∘ P"), ("P (4,3)", "∂L/∂Y ∘ Z"),
        ("Y (4,3)", "∂L/∂Y"),
    ]  # fmt: skip
    notes = draw(tg.exp(P) * P, arrays="numbered").picture.notes
    assert [str(note) for note in notes] == ["∂L/∂Z ∘ Z", "∂L/∂Z = ∂L/∂Y ∘ P", "∂L/∂Y ∘ Z"]


def test_what_is_no_grid_is_a_list_with_the_chain_rule_itself():
    assert shapes(X[1:] - X[:-1])[-1] == ("sub", (6,))
    assert carried(X[1:] - X[:-1])[1] == ("X (4,2)", "∂L/∂Y ∂Y/∂X")
    assert carried(tg.maximum(P, B))[0] == ("P (4,3)", "∂L/∂Y ∂Y/∂P")
    assert shapes(tg.dot(X[1], W))[-1] == ("dot", (3,))
    assert carried(tg.dot(X[1], W) - X.sum())[1] == ("X (4,2)", "∂L/∂Y ∂A/∂X")  # a row of it
    nameless = Value.array([1, 2, 3])
    assert carried(nameless[::-1] * nameless)[1] == ("X (3,)", "∂L/∂Y ∂Y/∂X")
    assert carried(nameless[1:] * nameless[:-1])[0] == ("X (2,)", "∂L/∂Y ∘ T")  # only names tell that they overlap
    mixed = tg.sum([Value(1, "p"), *B])
    assert carried(mixed) == [("p", "1"), ("B (3,)", "1"), ("L", "1")]
    convolution = [B[0] * x[0] + B[1] * x[1], B[1] * x[0] + B[2] * x[1]]
    assert carried(convolution)[-1] == ("Y (2,)", "∂L/∂Y")


def test_single_values_stay_single_values():
    assert carried(s * B + 1) == [
        ("s", "Σ∂L/∂Y ∘ B"), ("B (3,)", "s·∂L/∂Y"), ("A (3,)", "∂L/∂Y"), ("1",), ("Y (3,)", "∂L/∂Y")]  # fmt: skip
    folded = draw(2 * B**2, arrays=True, constants="folded").picture
    assert [part.text for part in folded.of_kind("operator")] == ["**2", "2×"]


def test_names_of_computed_values_are_kept():
    Y = tg.dot(X, W)
    for (i, j), value in np.ndenumerate(Y):
        value.name = f"점수[{i}, {j}]"
    loss = tg.sum(Y)
    loss.name = "손실"
    assert carried(loss) == [
        ("X (4,2)", "∂L/∂점수·Wᵀ"), ("W (2,3)", "Xᵀ·∂L/∂점수"), ("점수 (4,3)", "∂L/∂손실·1"), ("손실", "∂L/∂손실"),
    ]  # fmt: skip


# ── Options ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_seed_can_be_named():
    assert carried(affine(), seed="∂E/∂Y")[0] == ("X (2,)", "∂E/∂Y·Wᵀ")
    assert carried(affine(), seed="E")[-1] == ("Y (3,)", "E")
    assert carried(tg.relu(affine()), seed="∂E/∂Y")[0] == ("X (2,)", "∂E/∂A·Wᵀ")
    with pytest.raises(ValueError, match="seed"):
        draw(affine(), arrays=True, seed=" ")


def test_shapes_that_fit_are_drawn_alone():
    X, W = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W")
    Y = tg.dot(X, W) + Value.array([0, 0, 0], "B")
    picture = draw(Y, arrays="shapes").picture
    assert [*map(str, picture.notes)] == [
        "X(2,)·W(2,3) = A(3,)", "∂L/∂Y(3,)·Wᵀ(3,2) = ∂L/∂X(2,)", "Xᵀ(2,1)·∂L/∂Y(1,3) = ∂L/∂W(2,3)"]  # fmt: skip
    assert (picture.parts, picture.wires) == ({}, [])
    assert [*map(str, draw(Y, arrays="shapes", direction="forward").picture.notes)] == ["X(2,)·W(2,3) = A(3,)"]
    only = draw(Y, arrays="shapes", direction="backward", wrt=[*X])
    assert [*map(str, only.picture.notes)] == ["∂L/∂Y(3,)·Wᵀ(3,2) = ∂L/∂X(2,)"]
    assert only.text().strip() == "∂L/∂Y(3,)·W^T(3,2) = ∂L/∂X(2,)"  # in signs that cp949 has
    for suffix in ("svg", "dot", "tikz"):
        assert getattr(only, suffix)()
    with pytest.raises(ValueError, match="this graph has none"):
        draw(Value.array([1, 2], "X") * 2, arrays="shapes")


@pytest.mark.parametrize(("a", "b"), [((2,), (2, 3)), ((4, 2), (2, 3)), ((3, 2), (2,))])
def test_brackets_join_lengths_that_agree(a, b):
    A, B = (Value.array(np.arange(1.0, 1 + np.prod(s)).reshape(s), name) for s, name in ((a, "A"), (b, "B")))
    for note in draw(tg.dot(A, B), arrays="shapes").picture.notes:
        shapes = [shape for _, shape in (note.box.left, note.box.right, note.box.result)]
        joined = [(shapes[i][j], shapes[k][m]) for (i, j), (k, m) in note.box.links]
        assert all(one == other for one, other in joined)
        assert len(joined) == sum(map(len, shapes)) / 2  # every length has its other one


def test_the_two_uses_of_an_array_are_told_apart_in_its_shapes():
    X, W = Value.array([[1, 2], [3, 4]], "X"), Value.array([[1, 2], [4, 5]], "W")
    Y = tg.dot(tg.dot(X, W), W)
    notes = [*map(str, draw(Y, arrays="shapes", direction="backward", wrt=list(W.flat)).picture.notes)]
    assert [note.rpartition(" = ")[2] for note in notes] == ["∂L/∂W①(2,2)", "∂L/∂W②(2,2)"]


def test_directions_quiz_and_parts_of_the_graph():
    result = tg.dot(X, W) + B
    backward_only = draw(result, arrays=True, direction="backward").picture
    assert [part.text for part in backward_only.parts.values()] == ["X", "W", "dot", "B", "+", "Y"]
    assert carried(result, wrt=list(B)) == [
        ("X (4,2)",), ("W (2,3)",), ("X·W (4,3)",), ("B (3,)", "Σ_(axis 0)∂L/∂Y"), ("Y (4,3)", "∂L/∂Y")]  # fmt: skip
    quiz = draw(result, arrays=True, quiz=True)
    assert list(quiz.answers.values())[:2] == ["∂L/∂Y·Wᵀ", "Xᵀ·∂L/∂Y"]
    assert list(draw(result, arrays=True, quiz=[W[0, 0]]).answers.values()) == ["Xᵀ·∂L/∂Y"]
    last = draw(net(), arrays=True, depth=1).picture
    assert [part.text for part in last.parts.values()] == ["⋯", "+", ""]
    near = draw(result, arrays=True, around=W[0, 0], depth=1).picture
    assert [part.text for part in near.of_kind("operator")] == ["dot"]


def test_several_outputs():
    labels = carried([*(X @ W).flat, *(X + 1).flat])
    assert [label for label in labels if label[0].startswith("Y")] == [
        ("Y₁ (4,3)", "∂L/∂Y₁"), ("Y₂ (4,2)", "∂L/∂Y₂")]  # fmt: skip


def test_a_graph_without_arrays_is_refused_and_so_is_what_does_not_apply():
    with pytest.raises(ValueError, match=r"arrays=True.*this graph has none.*Value.array\(numbers, name='W'\)"):
        (Value(2, "x") * 3).draw(arrays=True)
    for labels in ("fractions", "both"):
        with pytest.raises(ValueError, match=f"labels='{labels}' is not for arrays"):
            draw(affine(), arrays=True, labels=labels)
    assert carried(affine(), labels="symbols") == carried(affine())
    with pytest.raises(ValueError, match="arrays='yes' is unknown; choose one of False, True, 'numbered'"):
        draw(affine(), arrays="yes")
    with pytest.raises(ValueError, match="not in the graph"):
        draw(affine(), arrays=True, wrt=[Value(1, "elsewhere")])
    with pytest.raises(ValueError, match="arrays"):
        draw(affine(), arrays=True).play()


@pytest.mark.parametrize("suffix", [".svg", ".png", ".txt", ".dot", ".tex", ".gif"])
def test_array_pictures_are_saved_in_every_format(tmp_path, suffix):
    assert draw(affine(4), arrays="numbered").save(tmp_path / f"affine{suffix}").stat().st_size > 500


def test_text_and_tex_have_shapes_and_formulas():
    drawing = draw(affine(4), arrays="numbered")
    assert "X (4,2)" in drawing.text()
    assert "∂L/∂Y·W^T" in drawing.text()
    assert r"\overset{(4,2)}{\mathbf{X}}" in drawing.tikz()
    assert r"\dfrac{\partial L}{\partial \mathbf{Y}}\cdot {\mathbf{W}}^{T}" in drawing.tikz()
    assert "(4,2) = (4,3)" in drawing.tikz()


def test_hostile_names_of_arrays_do_nothing():
    name = '<script>"&\x00\u202e'
    svg = draw(Value.array([1, 2], name) * Value.array([3, 4], "x[0]") + Value.array([1, 2], "]["), arrays=True).svg()
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    huge = Value(1.0, "x[" + "9" * 5000 + "]") * Value.array([1, 2], "x[999999999]")
    assert isinstance(draw(huge, arrays=True).svg(), str)
    empty = Value.array([1, 2], "")
    assert carried(empty * 2)[0] == ("X (2,)", "2·∂L/∂Y")


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_rows_times_a_number_each_are_an_array(batch):
    rows, shares = array("P", batch, 3), array("s", batch)
    assert shapes(rows * shares[:, None])[-1] == ("mul", (batch, 3))
    assert shapes(shares[:, None] * rows)[-1] == ("mul", (batch, 3))
    assert [name for name, _ in shapes(tg.exp(rows * shares[:, None]))] == ["P", "s", "mul", "exp"]
    assert shapes(tg.exp(rows * shares[:, None]))[-1] == ("exp", (batch, 3))
    assert shapes(rows * array("b", 3))[-1] == ("mul", (batch, 3))  # at the right, as NumPy has it


def test_a_classifier_has_the_shape_of_its_batch_as_far_as_the_loss():
    drawing = tg.TwoLayerNet(4, 5, 3, seed=0).draw(np.ones((2, 4)), [0, 1], arrays=True)
    assert "(6,)" not in drawing.svg()
    assert "(2,3)" in drawing.svg()


def test_drawing_arrays_changes_nothing():
    leaf = X[0, 0]
    before = (leaf.name, leaf.grad, leaf.op)
    draw(tg.dot(X, W), arrays=True).svg()
    assert (leaf.name, leaf.grad, leaf.op) == before


def test_a_layer_of_two_thousand_weights_takes_no_time():
    result = tg.relu(tg.dot(array("X", 64), array("W", 64, 32)) + array("B", 32))
    start = time.perf_counter()
    drawing: Drawing = draw(result, arrays=True)
    assert "(64,32)" in drawing.svg()
    assert time.perf_counter() - start < 2


# ── dot of matrices ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "shapes", [((2,), (2, 3)), ((4, 2), (2, 3)), ((4, 2), (2,)), ((1, 2), (2, 1)), ((0, 2), (2, 3)), ((2, 0), (0, 3))]
)
def test_dot_of_matrices_is_numpys(shapes):
    a, b = (np.random.default_rng(k).normal(size=shape) for k, shape in enumerate(shapes))
    plain = tg.dot(a, b)
    np.testing.assert_allclose(plain, a @ b)
    assert plain.dtype == float
    if a.size:
        recorded = tg.dot(Value.array(a), b)
        assert recorded.shape == (a @ b).shape
        assert all(value.op.name == "dot" for value in recorded.flat)
        np.testing.assert_allclose([value.data for value in recorded.flat], (a @ b).ravel())


def test_dot_takes_a_list_beside_a_matrix():
    assert [value.data for value in tg.dot([1, 2], Value.array([[1, 2], [3, 4]]))] == [7, 10]


@pytest.mark.parametrize(
    ("a", "b"), [((4, 2), (3, 2)), ((2,), (3, 2)), ((2, 2, 2), (2, 2)), ((4, 3), (2,)), ((), (2, 2))]
)
def test_shapes_that_do_not_go_together_are_refused_with_both(a, b):
    with pytest.raises(ValueError, match=re.escape(f"dot() can't multiply the shapes {a} and {b}")):
        tg.dot(np.ones(a), Value.array(np.ones(b), "W"))


def test_dot_of_vectors_stays_a_single_node():
    value = tg.dot(array("x", 3), [1, 2, 3])
    assert isinstance(value, Value)
    with pytest.raises(ValueError, match="not 2 and 3 operands"):
        tg.dot([1, 2], [1, 2, 3])
    assert tg.dot(constant(2.0) * np.ones(1), [3.0]).data == 6


def test_where_takes_arrays_and_says_so_of_lists():
    with pytest.raises(TypeError, match=r"where\(\) needs numbers or arrays, not the list \[True, False\]; use np"):
        tg.where([True, False], [Value(1.0), 2], 0)
    with pytest.raises(TypeError, match=r"not the tuple \(1, 2\); use np\.array\(\.\.\.\)"):
        tg.where(True, (1, 2), 0)
    chosen = tg.where(np.array([True, False]), np.array([Value(1.0), 2]), 0)
    assert (chosen[0].data, chosen[1]) == (1.0, 0.0)


def test_in_a_product_of_matrices_constants_get_no_derivative():
    xs, ws = Value.array(np.ones((2, 3)), "x"), np.ones((3, 2))
    (left,), (right,) = tg.dot(xs, ws)[:1, 0], tg.dot(ws, xs)[:1, 0]
    assert left.vjp(1.0) == tg.dot(xs[0], ws[:, 0]).vjp(1.0) == (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    assert right.vjp(1.0) == tg.dot(ws[0], xs[:, 0]).vjp(1.0) == (0.0, 0.0, 1.0, 1.0)


def test_the_products_of_a_column_share_its_operands():
    xs, ws = Value.array(np.ones((3, 2)), "x"), Value.array(np.ones((2, 4)), "w")
    products = tg.dot(xs, ws)
    for i, j in np.ndindex(3, 4):
        row, column = products[i, j].families
        assert row is products[i, 0].families[0]
        assert column is products[0, j].families[1]
        assert products[i, j].parents == (*xs[i], *ws[:, j])
    assert len({id(family) for product in products.flat for family in product.families}) == 3 + 4
    assert len({id(y.families[0]) for y in tg.softmax(xs[0])}) == 1


@pytest.mark.parametrize("again", [copy.deepcopy, lambda total: pickle.loads(pickle.dumps(total))])
def test_copies_share_operands_as_their_originals_do(again):
    products = tg.dot(Value.array(np.ones((3, 2)), "x"), Value.array(np.ones((2, 4)), "w"))
    twins = again(tg.sum(products)).parents
    assert len({id(family) for twin in twins for family in twin.families}) == 3 + 4
    assert not {id(f) for twin in twins for f in twin.families} & {id(f) for p in products.flat for f in p.families}


def test_arrays_of_floats_tell_of_inf_with_its_operand():
    with pytest.warns(RuntimeWarning, match=r"^exp\(1000\) is inf; the result is too large for a float"):
        assert tg.exp(np.array([0.0, 1000.0])).tolist() == [1.0, np.inf]


def test_arrays_of_floats_do_not_mind_what_numpy_thinks_of_an_underflow():
    with np.errstate(all="raise"):
        assert tg.exp(np.array([-800.0, 0.0])).tolist() == [0.0, 1.0]


def test_an_array_called_l_is_not_the_loss():
    x, weights = Value.array([[1, 2]], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "L")
    text = tg.draw(list(tg.dot(x, weights).flat), arrays=True).text()
    assert "∂E/∂" in text
    assert "∂L/∂" not in text
    assert "Y (1,3)" not in tg.draw(list(tg.dot(x, weights).flat), arrays=True, seed="Y").text()  # Y is what arrives
    with pytest.raises(ValueError, match="seed='L' has the name of a value in this graph"):
        tg.draw(list(tg.dot(x, weights).flat), arrays=True, seed="L")
