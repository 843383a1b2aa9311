"""The uncertainty of a result beside the package uncertainties, its budget; a graph in a few numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uncertainties import correlated_values_norm, ufloat, umath

import tinygrad_kr as tg
from tinygrad_kr import Value, propagate, summary
from tinygrad_kr.engine.graph import topological

# ── Beside the package uncertainties ──────────────────────────────────────────────────────────────────

FUNCTIONS = {
    "resistors": lambda m, a, b, c: 1 / (1 / a + 1 / b + 1 / c),
    "pendulum": lambda m, a, b, c: 4 * math.pi**2 * a / (b * b) * (1 + c / 16),
    "used twice": lambda m, a, b, c: a * b - a / b + (a - a) * c,
    "functions": lambda m, a, b, c: m.exp(-a / 9) * m.sin(b) + m.log(c) * m.sqrt(a * c) - m.atan2(a, b),
    "one of three": lambda m, a, b, c: b**3,
}
positive = st.floats(0.5, 5)
deviations = st.floats(0, 0.5)


@pytest.mark.filterwarnings("ignore:Using UFloat objects with std_dev==0")
@settings(max_examples=40)
@given(st.sampled_from([*FUNCTIONS]), st.tuples(positive, positive, positive), st.tuples(*[deviations] * 3), st.data())
def test_uncertainties_and_contributions_are_those_of_the_package(name, numbers, sizes, data):
    f = FUNCTIONS[name]
    # The correlations of three mixtures of three independent causes.
    causes = np.array(data.draw(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=3, max_size=3)))
    causes += 2 * np.eye(3)
    covariance = causes @ causes.T
    scale = np.sqrt(covariance.diagonal())
    correlations = covariance / np.outer(scale, scale)
    ours = [Value(number, letter) for number, letter in zip(numbers, "abc")]
    y = f(tg, *ours)
    alone = propagate(y, dict(zip(ours, sizes)))
    theirs = [ufloat(number, size) for number, size in zip(numbers, sizes)]
    expected = f(umath, *theirs)
    assert alone.value == pytest.approx(expected.nominal_value, rel=1e-12)
    assert alone.std_dev == pytest.approx(expected.std_dev, rel=1e-9, abs=1e-14)
    parts = {row.name: row.contribution for row in alone.rows}
    for letter, variable in zip("abc", theirs):
        assert abs(parts[letter]) == pytest.approx(expected.error_components().get(variable, 0), rel=1e-9, abs=1e-14)
    together = propagate(y, dict(zip(ours, sizes)), correlations)
    pairs = list(zip(numbers, [max(size, 1e-300) for size in sizes]))
    expected = f(umath, *correlated_values_norm(pairs, correlations))
    assert together.std_dev == pytest.approx(expected.std_dev, rel=1e-6, abs=1e-9)
    assert all(x.grad is None for x in ours)
    for budget in (alone, together):
        assert sum(row.share for row in budget.rows) == pytest.approx(1 if budget.std_dev else 0)
        assert [abs(row.share) for row in budget.rows] == sorted((abs(row.share) for row in budget.rows), reverse=True)


def test_the_budget_of_an_energy_is_the_one_by_hand():
    """E = V·I·t: the relative uncertainties 0.2 %, 0.5 % and 1 % add up in squares."""
    V, I, t = Value(5.0, "V"), Value(0.2, "I"), Value(30.0, "t")  # noqa: E741
    budget = propagate(V * I * t, {V: 0.01, I: 0.001, t: 0.3})
    assert budget.std_dev == pytest.approx(30 * math.sqrt(0.002**2 + 0.005**2 + 0.01**2))
    assert [row.name for row in budget.rows] == ["t", "I", "V"]
    assert budget.rows[0] == ("t", 30.0, 0.3, 1.0, pytest.approx(0.3), pytest.approx(100 / 129))


def test_correlations_even_out_or_add_up():
    x, y = Value(3.0, "x"), Value(3.0, "y")
    one, minus = [[1, 1], [1, 1]], np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert propagate(x - y, {x: 0.1, y: 0.1}, one).std_dev == 0.0
    assert propagate(x - y, {x: 0.1, y: 0.1}, minus).std_dev == pytest.approx(0.2)
    assert propagate(x + y, {x: 0.1, y: 0.1}, one).std_dev == pytest.approx(0.2)
    assert propagate(x - 0.5 * y, {x: 0.1, y: 0.1}, one).rows[1].share == pytest.approx(-1.0)
    assert propagate(x - y, {x: 0.1, y: 0.1}, np.eye(2)).std_dev == pytest.approx(0.1 * math.sqrt(2))
    z = Value(3.0, "z")
    balanced = propagate(0.98 * x - 0.95 * y - 0.03 * z, dict.fromkeys((x, y, z), 1.0), np.ones((3, 3)))
    assert balanced.std_dev == pytest.approx(0, abs=1e-15)  # its sum of squares comes out as −1.2e-33


def test_small_and_large_numbers_stay_in_range():
    x, y = Value(1.0, "x"), Value(1.0, "y")
    for size in (1e-200, 1e200):
        assert propagate(x * 3 + y * 4, {x: size, y: size}).std_dev == pytest.approx(5 * size)
        assert propagate(x * 3 + y * 4, {x: size, y: size}, np.eye(2)).std_dev == pytest.approx(5 * size)
    root = tg.sqrt(Value(0.0, "z"))
    assert propagate(root, {root.parents[0]: 0.0}).std_dev == 0.0
    assert propagate(root, {root.parents[0]: 0.1}).std_dev == math.inf
    assert propagate(root + x, {root.parents[0]: 0.1, x: 0.1}, [[1, 0.5], [0.5, 1]]).std_dev == math.inf
    assert propagate(x * 2, {y: 0.1}).rows[0][3:] == (0.0, 0.0, 0.0)  # what the result does not depend on
    assert (propagate(x, {x: 0.5}).std_dev, propagate(x * 2, {}).std_dev) == (0.5, 0.0)


def test_the_budget_is_a_table_in_both_languages_and_a_picture():
    x, y = Value(3.0, "길이"), Value(4.0)
    area = x * y
    area.name = "넓이"
    budget = propagate(area, {x: 0.03, y: 0.01})
    assert str(budget).splitlines()[0] == "12 ± 0.123693"
    assert "표준불확도" in budget.text()
    english = propagate(area, {x: 0.03, y: 0.01}, language="en")
    for text in (english.text(), english.markdown(), english.latex(), english.html(), english._repr_html_()):
        assert "uncertainty" in text
        assert "94.1" in text.replace("\\", "")
    picture = budget.draw()
    assert {end.title for end in picture.picture.of_kind("leaf")} == {"길이 ± 0.03 (94.1 %)", "± 0.01 (5.88 %)"}
    assert [end.title for end in picture.picture.of_kind("output")] == ["넓이 ± 0.123693"]
    for text in (picture.svg(), picture.text(), picture.tikz(), picture.dot()):
        assert "0.03 (94.1" in text
    assert "± 0.03 (94.1 %)!" in picture.text()  # the one that matters most stands out
    none = propagate(area, {x: 0.0, Value(1.0): 0.1}).draw()  # nothing matters, and one is not in the graph
    assert "%)!" not in none.text()
    W = Value.array([[1.0, 2.0], [3.0, 4.0]], "W")
    assert propagate(tg.dot(W, [5.0, 6.0]).sum(), dict.fromkeys(W.flat, 0.1)).draw(arrays=True).svg()
    symbols = budget.draw(labels="symbols", direction="both")
    assert "0.03 (94.1" in symbols.svg()


def test_inputs_without_a_name_get_letters():
    first, last = Value(2.0), Value(1.0)
    budget = propagate(tg.constant(9.0) * first + tg.constant(0.5) * last, {first: 0.1, last: 0.1})
    assert [(row.name, row.sensitivity) for row in budget.rows] == [("x", 9.0), ("y", 0.5)]


def test_notes_are_texts_and_not_markup():
    x = Value(2.0, "x")
    svg = (x * 3).draw(notes={x: "<b>&\n"}).svg()
    assert "<b>" not in svg
    assert "&lt;b&gt;&amp;" in svg
    for notes in ({"x": "1"}, {x: 1}):
        with pytest.raises(TypeError, match="notes needs texts by Values"):
            (x * 3).draw(notes=notes)


CONSTANT = tg.constant(2)
X = Value(2.0, "x")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: propagate(2.0, {}), TypeError, r"propagate\(\) needs a Value, not the float 2.0"),
        (lambda: propagate(X, [0.1]), TypeError, r"needs the uncertainties as a dict, \{x: 0.1\}, not \[0.1\]"),
        (lambda: propagate(X, {"x": 0.1}), TypeError, r"propagate\(\) needs Values as inputs, not the str 'x'"),
        (lambda: propagate(X, {X: "0.1"}), TypeError, r"the uncertainty of Value\(2, name='x'\) needs a real number"),
        (
            lambda: propagate(X, {X: -0.1}),
            ValueError,
            r"the uncertainty of Value\(2, name='x'\) is -0.1; expected",
        ),
        (lambda: propagate(X, {X: math.nan}), ValueError, r"is nan; expected a finite number from 0"),
        (lambda: propagate(X * 2, {X * 2: 0.1}), ValueError, r"Value\(4\) is computed from other values; give the unc"),
        (lambda: propagate(X * CONSTANT, {CONSTANT: 0.1}), ValueError, r"constant\(2\) is a constant, which gets no"),
        (lambda: propagate(X, {X: 0.1}, [[1, 0], [0, 1]]), ValueError, r"a row and a column for each of the 1 inputs"),
        (lambda: propagate(X, {X: 0.1}, [[0.5]]), ValueError, r"a symmetric matrix with 1 on its diagonal"),
        (lambda: propagate(X, {X: 0.1, Value(1.0): 0.1}, [[1, 1.05], [1.05, 1]]), ValueError, r"not positive semi"),
        (lambda: propagate(X, {X: 0.1, Value(1.0): 0.1}, [[1, 0.5], [0, 1]]), ValueError, r"a symmetric matrix"),
        (lambda: propagate(X, {X: 0.1}, [["a"]]), TypeError, r"propagate\(correlations=…\) needs real numbers"),
        (lambda: propagate(X, {X: 0.1}, language="fr"), ValueError, r"language='fr' is unknown"),
        (lambda: summary(2.0), TypeError, r"summary\(\) needs a Value, not the float 2.0"),
        (lambda: summary(X, language="fr"), ValueError, r"language='fr' is unknown"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ── A graph in a few numbers ──────────────────────────────────────────────────────────────────────────


def paths_one_by_one(value):
    """Every way back to a leaf, counted without cleverness."""
    if value.op is None:
        return int(value.moves)
    return sum(map(paths_one_by_one, value.parents))


KINDS = st.sampled_from(["mul", "add", "sin", "sum", "two"])


@settings(max_examples=30)
@given(st.lists(st.tuples(KINDS, st.integers(0, 99), st.integers(0, 99)), max_size=12))
def test_a_summary_counts_what_is_there(steps):
    made = [Value(1.0, "x"), Value(2.0, "y")]
    for name, i, j in steps:
        a, b = made[i % len(made)], made[j % len(made)]
        made.append({"mul": a * b, "add": a + b, "sin": a.sin(), "sum": tg.sum([a, b, a]), "two": 2 * a}[name])
    order, counted = topological([made[-1]]), summary(made[-1])
    depth = {}
    for node in order:
        depth[node] = max((1 + depth[parent] for parent in node.parents), default=0)
    assert (counted.nodes, counted.depth, counted.paths) == (len(order), depth[made[-1]], paths_one_by_one(made[-1]))
    names = [node.op.name for node in order if node.op]
    assert counted.operations == {name: names.count(name) for name in names}
    assert counted.leaves + counted.constants + len(names) == counted.nodes
    assert [*counted.operations.values()] == sorted(counted.operations.values(), reverse=True)


def test_long_graphs_are_counted_without_recursion_and_exactly():
    x = y = Value(1.0, "x")
    for _ in range(3000):
        y = y * y / 1.0
    counted = summary(y, language="en")
    assert (counted.depth, counted.paths, counted.operations) == (6000, 2**3000, {"mul": 3000, "div": 3000})
    assert "about 1.23 × 10" in str(counted)
    assert summary(x).nodes == summary(x).paths == 1
    assert summary(tg.constant(1)).paths == 0


def test_memory_grows_with_the_nodes_and_shared_operands_count_once():
    x = Value(1.0, "x")
    few, many = (summary(tg.sum([x * k for k in range(n)])).memory for n in (10, 1010))
    assert 80 * 1000 < many - few < 500 * 1000
    scores = [x * k for k in range(50)]
    alone = summary(tg.softmax(scores)[0]).memory
    assert summary(tg.sum(tg.softmax(scores))).memory < 10 * alone
