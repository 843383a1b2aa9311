"""Blocks: named parts of a graph, drawn open, closed or as clouds."""

import gc
import weakref

import numpy as np
import pytest
from drawn import softmax_from_parts

import tinygrad_kr as tg
from tinygrad_kr import Value, block, constant
from tinygrad_kr.drawing.depict import depict
from tinygrad_kr.drawing.picture import Options
from tinygrad_kr.engine.blocks import blocks_of


@block("sigmoid", derivative="y * (1 - y)")
def sigmoid(x):
    """1 / (1 + exp(−x)), in its four steps."""
    return tg.reciprocal(1 + tg.exp(x * -1))


@block("Softmax")
def softmax(scores):
    """Softmax in its steps."""
    powers = [tg.exp(score) for score in scores]
    share = 1 / tg.sum(powers)
    return [power * share for power in powers]


def pictured(value, **options):
    return depict(value, Options(**options))


def labels(value, **options):
    return [tuple(map(str, wire.labels)) for wire in pictured(value, **options).wires]


def test_a_decorated_function_makes_a_block_of_every_call():
    x = Value(0.5, "x")
    y, z = sigmoid(x), sigmoid(x)
    assert [made.name for made in blocks_of([y, z])] == ["sigmoid", "sigmoid"]
    (made,) = blocks_of([y])
    assert made.inputs == (x,)
    assert made.outputs == (y,)
    assert len(made.inside()) == 6


def test_numbers_make_no_block():
    assert sigmoid(0.0) == 0.5


def test_blocks_take_values_from_lists_dicts_and_arrays():
    @block("all")
    def together(*args, **kwargs):
        return {"sum": tg.sum([args[0], *args[1], *args[2].flat, kwargs["more"]["z"]])}

    x, y, z = Value(1.0), Value(2.0), Value(3.0)
    result = together(x, [y], np.array([[z]], dtype=object), more={"z": x})["sum"]
    assert blocks_of([result])[0].inputs == (x, y, z)


def test_a_part_can_be_named_after_the_fact():
    x = Value(0.5, "x")
    y = tg.exp(x) + 1
    made = block("later", inputs=x, outputs=[y])
    assert repr(made) == "Block('later', 1 → 1)"
    assert [part.text for part in pictured(y, blocks="collapsed").of_kind("block")] == ["later"]


def test_blocks_go_when_their_outputs_go():
    x = Value(0.5, "x")
    y = sigmoid(x)
    made = weakref.ref(blocks_of([y])[0])
    gc.collect()
    gc.disable()
    try:
        del y
        assert made() is None
    finally:
        gc.enable()


def test_expanded_blocks_are_groups_of_what_is_inside():
    y = sigmoid(Value(0.5, "x"))
    picture = pictured(y)
    (group,) = picture.groups
    operators = [part.id for part in picture.of_kind("operator")]
    assert set(operators) <= set(group.members)
    (x,) = [part.id for part in picture.of_kind("leaf") if part.title == "x"]
    assert x not in group.members
    layout = y.draw().layout
    frame = layout.boxes[group.id]
    for id in operators:
        box = layout.boxes[id]
        assert frame.left < box.left < box.right < frame.right
        assert frame.top < box.top < box.bottom < frame.bottom
    outside = layout.boxes[x]
    assert outside.right <= frame.left


def test_nested_blocks_are_nested_frames():
    @block("outer")
    def outer(x):
        return sigmoid(x * 2) + 1

    picture = pictured(outer(Value(0.5, "x")))
    names = {group.id: str(group.text) for group in picture.groups}
    assert [(names[group.id], names.get(group.inside)) for group in picture.groups] == [
        ("outer", None), ("sigmoid", "outer")]  # fmt: skip
    assert [part.text for part in pictured(outer(Value(1.0)), blocks={"outer": "collapsed"}).of_kind("block")] == [
        "outer"
    ]


def test_a_collapsed_block_shows_the_derivative_through_it():
    x = Value(0.5, "x")
    y = sigmoid(x)
    y.backward(1.3)
    assert labels(y, blocks="collapsed") == [("0.5", "0.305505"), ("0.622459", "1.3")]
    assert x.grad == pytest.approx(0.305505, abs=1e-6)


def test_a_collapsed_block_adds_up_what_flows_through_it():
    @block("cube")
    def cube(x):
        return x * x * x

    x = Value(2.0, "x")
    y = cube(x)
    y.backward()
    assert labels(y, blocks="collapsed") == [("2", "12"), ("8", "1")]


def test_the_author_gives_the_closed_form():
    x = Value(0.5, "x")
    y = sigmoid(x)
    y.name = "y"
    assert labels(y, blocks="collapsed", labels="symbols")[0] == ("x", "∂L/∂y·y(1-y)")
    assert labels(y, blocks="expanded", labels="symbols")[0] == ("x", "∂L/∂y·y²exp(-x)")


def test_a_block_of_several_inputs_and_outputs_keeps_their_order():
    scores = [Value(a, f"a_{k}") for k, a in enumerate((0.3, 2.9, 4.0), 1)]
    outputs = softmax(scores)
    picture = pictured(outputs, blocks="collapsed")
    (part,) = picture.of_kind("block")
    assert (part.inputs, part.outputs) == (3, 3)
    drawing = tg.draw(outputs, blocks="collapsed")
    entries = [drawing.layout.routes[wire.id][-1][1] for wire in picture.wires if wire.target == part.id]
    assert entries == sorted(entries)


def test_clouds_and_hidden_blocks():
    y = sigmoid(Value(0.5, "x")) + 1
    assert [part.text for part in pictured(y, blocks="cloud").of_kind("cloud")] == ["sigmoid"]
    hidden = pictured(y, blocks="hidden")
    assert not hidden.groups
    assert len(hidden.of_kind("operator")) == 5


def test_large_graphs_close_their_blocks_by_themselves():
    x = Value(0.5, "x")
    for _ in range(20):
        x = sigmoid(x)
    picture = pictured(x)
    assert len(picture.of_kind("block")) == 20
    assert not picture.of_kind("operator")
    assert len(pictured(x, blocks="expanded").groups) == 20


def test_a_constant_that_only_a_block_uses_stands_in_its_frame():
    @block("loss")
    def loss(y, t):
        return (y - t) * (y - t)

    t = constant(1.0, "t")
    picture = pictured(loss(Value(0.5, "y"), t))
    (leaf,) = [part for part in picture.of_kind("leaf") if part.title == "t"]
    assert leaf.id in picture.groups[0].members


def test_an_output_that_does_not_depend_on_the_inputs_is_refused():
    x, other = Value(1.0, "x"), Value(2.0, "other")
    with pytest.raises(ValueError, match=r"block\('b'\): the output Value\(4\) does not depend on its inputs"):
        block("b", inputs=x, outputs=other * 2)
    with pytest.raises(ValueError, match="does not depend"):
        block("b", inputs=x, outputs=x)


def test_a_block_that_is_left_and_entered_again_is_refused():
    x = Value(1.0, "x")
    inside = x * 2
    outside = inside + 1
    with pytest.raises(ValueError, match="the input .* depends on .* which is inside the block"):
        block("b", inputs=[x, outside], outputs=[inside * outside, inside])


def test_bad_arguments_say_what_to_give():
    x = Value(1.0, "x")
    with pytest.raises(TypeError, match="name is a text, not the int 3"):
        block(3)
    with pytest.raises(TypeError, match="needs Values as outputs, not the int 3"):
        block("b", inputs=x, outputs=[3])
    with pytest.raises(TypeError, match="both inputs= and outputs="):
        block("b", inputs=x)
    with pytest.raises(ValueError, match="has no inputs"):
        block("b", inputs=[], outputs=x * 2)
    with pytest.raises(ValueError, match="got 2 derivatives for 1 inputs"):
        block("b", inputs=x, outputs=x * 2, derivative=["2", "3"])
    with pytest.raises(ValueError, match="formula"):
        block("b", derivative="import os")
    with pytest.raises(ValueError, match="blocks has 'softmaxx', which is not in the graph; its blocks are 'sigmoid'"):
        sigmoid(x).draw(blocks={"softmaxx": "collapsed"})
    with pytest.raises(ValueError, match="blocks='closed' is unknown"):
        sigmoid(x).draw(blocks="closed")


def test_only_a_part_can_be_drawn_around_a_value():
    loss = softmax_from_parts()
    node = loss.parents[0]
    drawing = loss.draw(around=node, depth=1)
    assert len(drawing.picture.of_kind("operator")) == 2
    assert [str(wire.value) for wire in drawing.picture.wires][-1] == "1.40571"
    with pytest.raises(ValueError, match="around=.* is not in the graph"):
        loss.draw(around=Value(1.0, "elsewhere"))


def test_graphs_without_blocks_are_drawn_as_before():
    x = Value(2.0, "x")
    assert not pictured(x * 3).groups
