"""Step by step, blanks to fill in, panels, themes, label styles."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from drawn import apple, apples_and_oranges, shared_inner, sigmoid_in_steps

import tinygrad_kr as tg
from tinygrad_kr import Value, panels

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg, kind):
    root = ElementTree.fromstring(svg)
    return [
        "".join(e.itertext())
        for e in root.iter()
        if (e.get("class") or "").split()[:1] == [kind] and e.tag != f"{SVG}g"
    ]


def test_steps_reveal_one_operator_after_the_other():
    steps = apple().draw().steps()
    assert [len(texts(step.svg(), "value")) for step in steps] == [4, 5, 5, 5, 5]
    assert [texts(step.svg(), "derivative") for step in steps] == [
        [], [], ["1"], ["1.1", "200", "1"], ["2.2", "110", "1.1", "200", "1"]]  # fmt: skip


def test_the_last_step_shows_everything_whatever_branches():
    drawing = shared_inner().draw()
    last = drawing.steps()[-1]
    assert texts(last.svg(), "value") == texts(drawing.svg(), "value")
    assert texts(last.svg(), "derivative") == texts(drawing.svg(), "derivative")


def test_a_stem_shows_its_sum_only_when_every_branch_has_come():
    drawing = shared_inner().draw()
    for step in drawing.steps():
        seen = step._reveal.derivatives
        for wire in drawing.picture.wires:
            if drawing.picture.parts[wire.target].kind == "junction" and wire.id in seen:
                assert {other.id for other in drawing.picture.wires if other.source == wire.target} <= seen


def test_steps_are_on_one_layout_and_mark_the_operator_at_work():
    drawing = sigmoid_in_steps().draw(labels="symbols")
    steps = drawing.steps()
    assert all(step.layout is drawing.layout for step in steps)
    assert len(steps) == 4 + 1 + 4
    current = [ElementTree.fromstring(step.svg()).find(f"{SVG}g[@class='operator current']") for step in steps[:4]]
    assert [group.find(f"{SVG}text").text for group in current] == ["×", "exp", "+", "/"]


def test_steps_as_a_gif_have_a_frame_each(tmp_path):
    from PIL import Image

    drawing = apple().draw()
    image = Image.open(BytesIO(drawing.gif(seconds=0.5)))
    assert image.n_frames == len(drawing.steps())
    assert drawing.save(tmp_path / "apple.gif").read_bytes().startswith(b"GIF89a")
    with pytest.raises(ValueError, match="seconds=0 is not possible"):
        drawing.gif(seconds=0)
    with pytest.raises(ValueError, match="scale=-1 is not possible"):
        drawing.gif(scale=-1)


@pytest.mark.parametrize("theme", ["documents", "colour"])
def test_a_moving_picture_is_small_and_keeps_its_colours(theme):
    from PIL import Image, ImageChops, ImageStat

    x = Value(2.0, "x")
    value = x
    for k in range(8):
        value = value * Value(k + 1.0, f"아주 긴 이름 {k}") if k % 2 else tg.sin(value)
    value.backward()
    drawing = value.draw(theme=theme)
    assert 2 * drawing.layout.width > 1600
    image = Image.open(BytesIO(drawing.gif(progress=False)))
    assert max(image.size) == pytest.approx(1600, abs=1)
    still = Image.open(BytesIO(drawing.steps()[5].png(1600 / drawing.layout.width))).convert("RGB")
    image.seek(5)
    moving = image.convert("RGB")
    difference = ImageChops.difference(still, moving)
    assert max(high for _, high in difference.getextrema()) < 100
    assert max(ImageStat.Stat(difference).mean) < 1


def test_the_making_of_a_moving_picture_can_be_watched(capfd):
    apple().draw().gif(progress=True)
    assert "GIF" in capfd.readouterr().err


def test_a_quiz_has_a_blank_for_every_derivative_and_knows_the_answers():
    drawing = apples_and_oranges().draw(quiz=True)
    svg = drawing.svg()
    assert svg.count('class="blank"') == 9
    assert texts(svg, "derivative") == []
    assert "165" not in svg
    assert list(drawing.answers.values()) == ["110", "2.2", "3.3", "165", "1.1", "1.1", "1.1", "650", "1"]
    assert set(drawing.answers) == {wire.id for wire in drawing.picture.wires}


def test_a_quiz_can_ask_for_some_values_only():
    price = apple()
    tax = price.parents[1]
    assert price.draw(quiz=[tax]).answers == {"wire-4-1": "200"}
    with pytest.raises(ValueError, match="quiz has .* not in the graph"):
        price.draw(quiz=[Value(1.0)])
    with pytest.raises(TypeError, match="quiz needs Values"):
        price.draw(quiz=["소비세"])


def test_no_quiz_has_no_answers():
    assert apple().draw().answers == {}


def test_panels_stand_side_by_side_with_titles_and_ids_of_their_own(tmp_path):
    z = Value(10, "x") * Value(5, "y")
    z.backward(1.3)
    both = panels(z.draw(direction="forward"), z.draw(direction="backward"), titles=["순전파", "<b>역전파"])
    root = ElementTree.fromstring(both.svg())
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert "panel-1-op-2" in ids
    assert [g.find(f"{SVG}text").text for g in root.iter(f"{SVG}g") if g.get("class") == "panel-title"] == [
        "순전파", "<b>역전파"]  # fmt: skip
    assert both.save(tmp_path / "both.png").read_bytes().startswith(b"\x89PNG")
    assert both.save(tmp_path / "both.pdf").read_bytes().startswith(b"%PDF")
    page = both.save(tmp_path / "both.html").read_text("utf-8")
    assert "<title>순전파 | &lt;b&gt;역전파</title>" in page
    assert both.svg() in page
    text = both.save(tmp_path / "both.txt").read_text("utf-8")
    assert text.startswith("순전파\n\n")
    assert all(drawing.text() in text for drawing in both.drawings)
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.txt, \.html"):
        both.save(tmp_path / "both.dot")
    assert not (tmp_path / "both.dot").exists()


def test_panels_draw_values():
    z = Value(10, "x") * Value(5, "y")
    assert panels(z, z.draw(direction="forward")).drawings[0].svg() == z.draw().svg()


def test_panels_refuse_what_does_not_fit():
    drawing = apple().draw()
    with pytest.raises(ValueError, match="at least one Drawing"):
        panels()
    with pytest.raises(ValueError, match="1 titles for 2 drawings"):
        panels(drawing, drawing, titles=["a"])
    with pytest.raises(TypeError, match="needs Drawings or Values, not the str 'a'"):
        panels("a")


def test_the_colour_theme_shows_sign_and_size():
    x = Value(0.5, "x")
    y = tg.exp(x * -1) * 0 + x * 3
    y.backward()
    svg = y.draw(theme="colour").svg()
    assert "prefers-color-scheme: dark" in svg
    assert 'class="backward zero"' in svg
    sig = sigmoid_in_steps().draw(theme="colour").svg()
    assert 'class="backward negative"' in sig
    widths = {e.get("stroke-width") for e in ElementTree.fromstring(sig).iter(f"{SVG}path")}
    assert len(widths) > 3
    with pytest.raises(ValueError, match="theme='neon' is unknown; choose one of 'documents', 'colour'"):
        y.draw(theme="neon")


def test_fractions_write_the_unreduced_chain_of_figure_5_7():
    z = (Value(1.0, "x") + Value(2.0, "y")) ** 2
    z.name = "z"
    wires = {wire.id: wire for wire in z.draw(labels="fractions").picture.wires}
    assert [str(wire.value) for wire in wires.values()] == ["x", "y", "t", "z"]
    assert str(wires["wire-2-0"].derivative) == "∂z/∂z ∂z/∂t ∂t/∂x"
    assert str(wires["wire-4-out"].derivative) == "∂z/∂z"


def test_both_writes_the_number_and_its_factors():
    derivatives = [str(wire.derivative) for wire in apple().draw(labels="both").picture.wires]
    assert derivatives == ["2.2 = 1.1 × 2", "110 = 1.1 × 100", "1.1 = 1 × 1.1", "200 = 1 × 200", "1"]


def test_an_unknown_label_style_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="labels='letters' is unknown; .*'numbers', 'symbols', 'fractions', 'both'"):
        apple().draw(labels="letters")


def test_stacked_fractions_have_a_rule_and_upright_numbers():
    z = Value(2.0, "x") * Value(3.0, "y")
    z.name = "z"
    svg = z.draw(labels="symbols").svg()
    assert svg.count('class="rule"') == 3
    assert 'class="symbol"' in svg


def test_fractions_of_several_outputs_start_at_each_of_them():
    x = Value(2.0, "x")
    y, z = x * 3, x + 1
    y.name, z.name = "y", "z"
    wires = tg.draw([y, z], labels="fractions").picture.wires
    assert {"∂y/∂y", "∂z/∂z", "∂y/∂y ∂y/∂x", "∂z/∂z ∂z/∂x"} <= {str(wire.derivative) for wire in wires}
