"""Graphs as JSON: what comes back is what was saved, and nothing damaged comes back at all."""

import copy
import json
import math
import re
import warnings

import pytest
from damage import attempt, damaged, lengths
from drawn import HOSTILE, apples_and_oranges, hostile_names, shared_inner, softmax_from_parts, softmax_rows
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import Constant, Value, constant, from_json, load_graph, no_grad, save_graph, strict, to_json
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.engine.ops import OPS, TABLE, Op
from tinygrad_kr.engine.value import apply


def shape(outputs):
    """Everything about a graph but the identity of its nodes; repr keeps nan and the sign of zero."""
    order = topological(outputs)
    place = {node: i for i, node in enumerate(order)}
    nodes = [
        (type(n), repr(n.data), repr(n.grad), n.name, n.op, repr(n.local_derivatives()), [place[p] for p in n.parents])
        for n in order
    ]
    return nodes, [place[output] for output in outputs]


# ── What comes back ───────────────────────────────────────────────────────────────────────────────────

NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, math.inf, math.nan, 5e-324, 1.7e308])
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
NAMES = st.none() | st.sampled_from(HOSTILE) | st.text(st.characters()).filter(lambda name: not PAIR.search(name))


def differentiate(outputs):
    """backward(), where there is anything to differentiate: a random graph may be of constants."""
    if any(output.moves for output in outputs):
        tg.backward(outputs)


@st.composite
def graphs(draw):
    """A few outputs of a random graph over all rows, with shared nodes, names, constants and gradients."""
    nodes = [
        (Constant if is_constant else Value)(number, name)
        for number, name, is_constant in draw(
            st.lists(st.tuples(NUMBERS, NAMES, st.booleans()), min_size=1, max_size=5)
        )
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for op in draw(st.lists(st.sampled_from(OPS), max_size=8)):
            size = len(op.inputs) * (draw(st.integers(1, 3)) if op.variadic else 1)
            parents = [nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(size)]
            op = op if op.k is None else op.output(draw(st.integers(0, size - 1)))
            nodes.append(apply(op, parents))
            nodes[-1].name = draw(NAMES)
    outputs = [nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        differentiate(outputs)
    return outputs


@given(graphs())
def test_a_graph_comes_back_to_the_last_digit(outputs):
    again = from_json(to_json(outputs))
    assert shape(again) == shape(outputs)
    differentiate(outputs)
    differentiate(again)
    assert shape(again) == shape(outputs)


@pytest.mark.parametrize(
    "make",
    [apples_and_oranges, softmax_from_parts, softmax_rows, shared_inner, hostile_names],
    ids=lambda f: f.__name__,
)
def test_a_file_comes_back(make, tmp_path):
    output = make()
    save_graph(output, tmp_path / "graph.json")
    assert shape(load_graph(str(tmp_path / "graph.json"))) == shape([output])
    save_graph(output, tmp_path / "graph.json")  # over the old one
    assert [file.name for file in tmp_path.iterdir()] == ["graph.json"]


def test_every_row_comes_back():
    for op in OPS:
        xs = [Value(0.5 + 0.25 * k, f"x{k}") for k in range(2 * len(op.inputs) if op.variadic else len(op.inputs))]
        xs = [Value(1.5)] if op.name == "acosh" else xs
        output = apply(op if op.k is None else op.output(1), xs)
        output.backward()
        assert shape(from_json(to_json(output))) == shape([output])


def test_several_outputs_keep_their_order_and_what_they_share():
    x = Value(3.0, "x")
    square = x * x
    a, b, c, d = from_json(to_json([square + 1, x, square, x]))
    assert (a.data, b.name, c.data) == (10.0, "x", 9.0)
    assert b is d
    assert c.parents == (b, b)
    assert a.parents[0] is c


def test_an_array_of_values_can_be_saved():
    weights = Value.array([[1, 2], [3, 4]], "W")
    assert [w.name for w in from_json(to_json(weights))] == ["W[0, 0]", "W[0, 1]", "W[1, 0]", "W[1, 1]"]


def test_the_text_is_what_the_documentation_says():
    x = Value(3.0, "사과")
    y = x * 2 + constant(math.inf, "\ud800")
    y.backward()
    assert to_json(y) == (
        '{"format": "tinygrad_kr graph", "version": 1, "nodes": [\n'
        '{"value": 3.0, "name": "사과", "grad": 2.0},\n'
        '{"value": 2.0, "constant": true},\n'
        '{"op": "mul", "parents": [0, 1], "value": 6.0, "grad": 1.0},\n'
        '{"value": "inf", "name": "\\ud800", "constant": true},\n'
        '{"op": "add", "parents": [2, 3], "value": "inf", "grad": 1.0}\n'
        '], "outputs": [4]}'
    )
    assert '"k": 1' in to_json(tg.softmax([x, 1.0])[1])


def test_a_pair_of_surrogates_comes_back_as_its_character():
    assert from_json(to_json(Value(1.0, "\ud83d\ude00")))[0].name == "😀"


def test_numbers_may_be_written_by_hand():
    leaves = '{"value": 3, "op": null}, {"value": -0.0}, {"value": 1' + "0" * 300 + "}"
    total = '{"op": "add", "parents": [0, 1], "value": 3}'
    text = f'{{"format": "tinygrad_kr graph", "version": 1, "nodes": [{leaves}, {total}], "outputs": [3, 1, 2]}}'
    total, zero, large = from_json(text)
    assert (total.data, math.copysign(1, zero.data), large.data) == (3.0, -1.0, 1e300)
    assert type(total.parents[0].data) is float


def test_modes_do_not_change_what_is_loaded():
    text = to_json(tg.log(Value(2.0, "x")) / Value(3.0))
    with no_grad(), strict():
        again = from_json(text)
    assert shape(again) == shape(from_json(text))
    assert again[0].parents


@pytest.mark.filterwarnings("error")
def test_inf_and_nan_come_back_without_a_second_warning():
    with pytest.warns(RuntimeWarning, match="is nan"):
        y = tg.log(Value(-1.0, "x"))
    (again,) = from_json(to_json(y))
    assert math.isnan(again.data)


@pytest.mark.parametrize("count", [10_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_a_long_chain_comes_back(tmp_path, count):
    x = y = Value(0.5, "x")
    for _ in range(count):
        y = tg.sin(y) + 1
    save_graph([y, x], tmp_path / "long.json")
    again, start = load_graph(tmp_path / "long.json")
    y.backward()
    again.backward()
    assert (again.data, start.grad) == (y.data, x.grad)


def test_numbers_of_another_mathematics_library_are_taken_as_they_are():
    near = math.nextafter(math.exp(1.0), 9)
    text = to_json(tg.exp(Value(1.0, "x"))).replace(repr(math.exp(1.0)), repr(near))
    (y,) = from_json(text)
    assert y.data == near
    assert y.local_derivatives() == (near,)


# ── What is refused ───────────────────────────────────────────────────────────────────────────────────


def test_what_cannot_be_saved_says_so_and_leaves_the_file_alone(tmp_path):
    path, x = tmp_path / "graph.json", Value(3.0, "x")
    save_graph(x, path)
    before = path.read_bytes()
    y = x * x
    x.data = 10.0
    with pytest.raises(ValueError, match=r"can't save Value\(9\): mul of its operands is 100 now, for a leaf was set"):
        save_graph(y, path)
    cube = Op("cube", "x³", "x * x * x", ("3 * x * x",), "세제곱", "cube")
    with pytest.raises(ValueError, match=r"its operation 'cube' is not a row of tinygrad_kr.engine.ops.TABLE"):
        save_graph(apply(cube, [x]), path)
    with pytest.raises(ValueError, match="its operation 'exp' is not a row"):
        to_json(apply(Op("exp", "exp", "x", ("1",), "", ""), [x]))
    with pytest.raises(ValueError, match="at least one output, but got none"):
        save_graph([], path)
    with pytest.raises(TypeError, match="needs Values as outputs, not the float 3.0"):
        save_graph(3.0, path)
    with pytest.raises(TypeError, match="needs Values as outputs, not the str 'x'"):
        save_graph([x, "x"], path)
    with pytest.raises(FileNotFoundError, match="make it first"):
        save_graph(x, tmp_path / "none" / "graph.json")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_loading_names_the_file(tmp_path):
    path = tmp_path / "graph.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match=rf"can't load '{re.escape(str(path))}': this is not a graph"):
        load_graph(path)
    path.write_bytes(b'{"format": "\xff"}')
    with pytest.raises(ValueError, match="byte 12 is not UTF-8; expected a file that"):
        load_graph(path)
    with pytest.raises(FileNotFoundError):
        load_graph(tmp_path / "none.json")
    with pytest.raises(TypeError, match=r"from_json\(\) needs a text, not the bytes"):
        from_json(b"{}")


GOOD = {
    "format": "tinygrad_kr graph",
    "version": 1,
    "nodes": [
        {"value": 0.5, "name": "x"},
        {"value": 2, "constant": True},
        {"op": "mul", "parents": [0, 1], "value": 1.0, "grad": 1},
        {"op": "softmax", "k": 1, "parents": [2, 0], "value": 0.3775406687981454},
    ],
    "outputs": [3, 2],
}


def changed(*path, to):
    """The good graph as text, with one thing in it exchanged (or added, or with ``...`` taken out)."""
    whole = json.loads(json.dumps(GOOD))
    inner = whole
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    if to is ...:
        del inner[path[-1]]
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "this is not JSON: Expecting value: line 1"),
        ("{", "this is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("3", "this is not a graph; expected an object"),
        ("[]", "this is not a graph; expected an object"),
        ('{"format": "png"}', "this is not a graph; expected an object whose \"format\" is 'tinygrad_kr graph'"),
        ('{"format": 1, "format": 2}', "the graph: the key 'format' stands twice"),
        (changed("version", to=2), "the version is 2, and this tinygrad_kr reads up to 1; update tinygrad_kr"),
        (changed("version", to=True), "the version is True; expected a whole number from 1"),
        (changed("version", to=0), "the version is 0; expected a whole number from 1"),
        (changed("version", to=...), "the version is None"),
        (changed("colour", to=1), "the graph has no 'colour'; expected format, nodes, outputs, version"),
        (changed("nodes", to={}), "nodes is {}; expected a list"),
        (changed("outputs", to=...), "outputs is None; expected a list"),
        (changed("outputs", to=[]), "outputs is empty"),
        (changed("outputs", to=[4]), "output is 4; expected a whole number from 0, less than 4"),
        (changed("outputs", to=[-1]), "output is -1"),
        (changed("outputs", to=[1.0]), "output is 1.0"),
        (changed("nodes", 1, to=[]), "node 1: it is []; expected an object"),
        (changed("nodes", 1, to=None), "node 1: it is None"),
        (changed("nodes", 0, "value", to=...), "node 0: it has no value; expected a number"),
        (changed("nodes", 0, "value", to=None), "node 0: its value is None; expected a number"),
        (changed("nodes", 0, "value", to=True), "node 0: its value is True; expected a number"),
        (changed("nodes", 0, "value", to="0.5"), "node 0: its value is '0.5'; expected a number, or the text \"inf\""),
        (changed("nodes", 0, "value", to="Infinity"), "node 0: its value is 'Infinity'"),
        (changed("nodes", 0, "value", to=10**400), "node 0: its value is too large for a float"),
        (changed("nodes", 0, "value", to=0.5).replace("0.5", "1e999"), "node 0: its value is too large for a float"),
        (changed("nodes", 0, "value", to=0.5).replace("0.5", "9" * 100_000), "node 0: its value is too large"),
        (changed("nodes", 0, "value", to=math.nan), 'NaN is not JSON; expected the text "inf", "-inf" or "nan"'),
        (changed("nodes", 0, "name", to=3), "node 0: its name is 3; expected a text or null"),
        (changed("nodes", 0, "grad", to=[]), "node 0: its grad is []; expected a number"),
        (changed("nodes", 0, "constant", to=1), "node 0: its constant is 1; expected true or false"),
        (changed("nodes", 0, "parents", to=[]), "node 0: a leaf has no 'parents'; expected constant, grad, name"),
        (changed("nodes", 0, "vlaue", to=3), "node 0: a leaf has no 'vlaue'"),
        (changed("nodes", 2, "constant", to=True), "node 2: a result has no 'constant'"),
        (changed("nodes", 2, "op", to="nul"), "node 2: there is no operation 'nul' in this version"),
        (changed("nodes", 2, "op", to=["mul"]), "node 2: there is no operation ['mul']"),
        (changed("nodes", 2, "parents", to=...), "node 2: parents is None; expected a list"),
        (changed("nodes", 2, "parents", to=[0]), "node 2: mul takes 2 parents, not 1"),
        (changed("nodes", 2, "parents", to=[0, 2]), "node 2: parent is 2; expected a whole number from 0, less than 2"),
        (changed("nodes", 2, "parents", to=[0, 3]), "node 2: parent is 3"),
        (changed("nodes", 2, "parents", to=[0, True]), "node 2: parent is True"),
        (changed("nodes", 2, "parents", to=[0, 10**30]), "node 2: parent is 1000000000000000000000000000000;"),
        (changed("nodes", 2, "k", to=0), "node 2: mul has one output and needs no k, but has k = 0"),
        (changed("nodes", 2, "value", to=1.0001), "node 2: its value is 1.0001, but mul of its operands is 1"),
        (changed("nodes", 2, "value", to=1 + 1e-13), "node 2: its value is 1.0000000000001, but"),
        (changed("nodes", 2, "value", to="nan"), "node 2: its value is nan, but mul of its operands is 1"),
        (changed("nodes", 2, "value", to="inf"), "node 2: its value is inf"),
        (changed("nodes", 3, "k", to=2), "node 3: k is 2; expected a whole number from 0, less than 2"),
        (changed("nodes", 3, "k", to=...), "node 3: k is None"),
        (changed("nodes", 3, "k", to=0), "node 3: its value is 0.3775406687981454, but softmax of"),
        (changed("nodes", 3, "op", to="dot").replace('"k": 1, ', "").replace("[2, 0]", "[2, 0, 1]"),
         "node 3: dot takes 2 families of equal length, not 3 parents in all"),
        (changed("nodes", 0, "name", to="x").replace('"name": "x"', '"name": "x", "name": "y"'),
         "node 0: the key 'name' stands twice"),
    ],
    ids=lambda text: text[:60] if " " in text[:20] else "",
)  # fmt: skip
def test_what_is_wrong_is_named_in_one_sentence(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_number_in_place_of_inf_is_refused():
    with pytest.warns(RuntimeWarning, match="is inf"):
        text = to_json(Value(1e308) * 10)
    with pytest.raises(ValueError, match="node 2: its value is 5, but mul of its operands is inf"):
        from_json(text.replace('"inf"', "5"))


def test_the_good_graph_is_good():
    assert [output.data for output in from_json(json.dumps(GOOD))] == [0.3775406687981454, 1.0]


def loads_or_says(text):
    """A text either loads, or a ValueError says why not; nothing else ever."""
    try:
        outputs = from_json(text)
    except ValueError:
        return
    differentiate(outputs)
    assert shape(from_json(to_json(outputs))) == shape(outputs)


def places(tree):
    """(container, key) of everything inside a JSON tree."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places(tree[key])


SCALARS = st.none() | st.booleans() | st.integers(-3, 9) | st.integers() | st.floats() | st.text(max_size=3)
ANYTHING = SCALARS | st.sampled_from([*TABLE, "inf", "nan", [], {}, [0], [0, 1], [[]], {"op": 1}])


@given(graphs(), st.lists(st.tuples(st.integers(0, 10**6), ANYTHING), min_size=1, max_size=3))
def test_a_graph_with_something_exchanged_is_refused_or_another_graph(outputs, changes):
    whole = json.loads(to_json(outputs))
    for which, thing in changes:
        inside = [*places(whole["nodes"]), *places(whole["outputs"])]
        if not inside:
            break
        inner, key = inside[which % len(inside)]
        inner[key] = copy.deepcopy(thing)  # a list that is drawn twice is one list, and could be put into itself
    loads_or_says(json.dumps(whole))


@given(graphs(), st.data())
def test_a_damaged_text_is_refused_or_another_graph(outputs, data):
    text = to_json(outputs)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = start + data.draw(st.integers(0, 5))
        text = text[:start] + data.draw(st.text('0123456789-.eE[]{},:"\\ntu ak', max_size=4)) + text[stop:]
    loads_or_says(text)


@given(st.text())
def test_no_text_makes_anything_but_a_value_error(text):
    loads_or_says(text)


# ── Damaged a little ───────────────────────────────────────────────────────────────────────────────────


@lengths
def test_a_damaged_graph_file_is_refused_or_another_graph(examples, tmp_path):
    path = tmp_path / "graph.json"

    def check(content):
        path.write_bytes(content)
        sentence = ""
        try:
            differentiate(load_graph(path))
        except ValueError as error:
            sentence = str(error)
        assert not sentence or sentence.startswith(f"can't load {str(path)!r}: ")
        assert "\n" not in sentence

    contents = graphs().map(lambda outputs: to_json(outputs).encode())
    pieces = st.binary(max_size=4) | st.sampled_from([b"1e999", b"-0", b"NaN", b'"inf"', b"[[", b"null", b"\xff"])
    attempt(examples, st.binary(max_size=200) | contents.flatmap(lambda content: damaged(content, pieces)), check)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    text = to_json(Value(2.0, "x") * 3)
    assert from_json("\ufeff" + text)[0].data == 6.0
    (tmp_path / "graph.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_graph(tmp_path / "graph.json")[0].data == 6.0
