"""Step by step, blanks to fill in, panels, themes, label styles."""

import re
from io import BytesIO
from itertools import pairwise
from math import exp
from xml.etree import ElementTree

import pytest
from drawn import apple, apples_and_oranges, shared_inner, sigmoid_in_steps

import tinygrad_kr as tg
from tinygrad_kr import Value, compare, panels, worksheet
from tinygrad_kr.text.notebooks import narrowing

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
    for k in range(5):
        value = value * Value(k + 1.0, f"아주 길고 긴 이름 {k}") if k % 2 else tg.sin(value)
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


def test_blanks_have_the_numbers_of_their_answers_in_every_format():
    drawing = apples_and_oranges().draw(quiz=True)
    numbers = [f"({number})" for number in range(1, 10)]
    assert texts(drawing.svg(), "number-of-blank") == numbers
    for written in (drawing.text(), drawing.dot(), drawing.tikz()):
        assert all(written.count(number) == 1 for number in numbers)
    filled = {wire.id: str(wire.derivative) for wire in drawing.key().picture.wires}
    assert filled == {id: f"{number} {answer}" for number, (id, answer) in zip(numbers, drawing.answers.items())}
    assert drawing.key().answers == {}
    assert 'class="blank"' not in drawing.key().svg()


def test_a_key_has_its_numbers_in_the_face_of_the_picture():
    y = Value(2, "x") * -3
    y.backward()
    svg = y.draw(quiz=True).key().svg()
    assert "<tspan" not in re.search(r'<text class="derivative".*', svg)[0]
    assert texts(svg, "derivative") == ["(1) −3", "(2) 1"]


def test_a_key_leaves_alone_what_was_not_asked():
    price = apple()
    key = price.draw(quiz=[price.parents[1]]).key()
    assert [str(wire.derivative) for wire in key.picture.wires] == ["2.2", "110", "1.1", "(1) 200", "1"]


# ── Sheets ────────────────────────────────────────────────────────────────────────────────────────────


def shopping(random):
    price = Value(random.randrange(50, 200, 10), "사과") * Value(random.randint(2, 9), "개수")
    price.name = "금액"
    return price


def test_a_sheet_and_its_key_have_the_same_numbers_which_the_seed_chooses(tmp_path):
    questions, key = worksheet(shopping, shopping, seed=3, title="<연쇄법칙>")
    for asked, answered in zip(questions.drawings, key.drawings):
        price, count, total = (wire.value for wire in asked.picture.wires)
        assert int(total) == int(price) * int(count)
        assert [wire.value for wire in answered.picture.wires] == [price, count, total]
        assert [str(wire.derivative) for wire in answered.picture.wires] == [f"(1) {count}", f"(2) {price}", "(3) 1"]
    again, other = worksheet(shopping, shopping, seed=3).questions, worksheet(shopping, shopping, seed=4).questions
    assert [drawing.answers for drawing in again.drawings] == [drawing.answers for drawing in questions.drawings]
    assert [drawing.answers for drawing in other.drawings] != [drawing.answers for drawing in questions.drawings]
    for sheet, heading in ((questions, "<연쇄법칙>"), (key, "<연쇄법칙> · 답지")):
        texts_of_page = ["".join(text.itertext()) for text in ElementTree.fromstring(sheet.svg()).iter(f"{SVG}text")]
        assert {heading, "1.", "2.", "번호 3 · 1/1"} < set(texts_of_page)
        assert sheet.svg() == sheet.save(tmp_path / "sheet.svg").read_text("utf-8")
        assert narrowing(sheet.pages()[0]) in sheet.save(tmp_path / "sheet.html").read_text("utf-8")
        assert sheet.save(tmp_path / "sheet.txt").read_text("utf-8").startswith(heading)


def test_a_sheet_goes_on_over_pages_and_what_is_large_becomes_smaller(tmp_path):
    y = Value(1, "x")
    for _ in range(9):
        y = y * 2
    with pytest.warns(RuntimeWarning, match="question 8 becomes 40% of its size to fit on A4, too small to be read"):
        sheet = worksheet(*[shopping] * 7, y, language="en").questions
    assert len(sheet.pages()) == 2
    assert sheet.pdf().count(b"/MediaBox") == 2
    ids = [element.get("id") for element in ElementTree.fromstring(sheet.svg()).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    places = []
    for page in sheet.pages():
        root = ElementTree.fromstring(page)
        assert float(root.get("width")) / float(root.get("height")) == pytest.approx(210 / 297, rel=1e-3)
        for inner in root.findall(f"{SVG}svg"):
            x, y, w, h = (float(inner.get(name)) for name in ("x", "y", "width", "height"))
            assert 0 < x < x + w < float(root.get("width"))
            assert 0 < y < y + h < float(root.get("height"))
            across, down = map(float, inner.get("viewBox").split()[2:])
            assert w / h == pytest.approx(across / down, rel=1e-3)
            places.append((y, h))
        assert all(y + h < below for (y, h), (below, _) in pairwise(places))
        places.clear()
    assert "Write the derivative into each blank." in sheet.text()


def test_a_question_is_differentiated_where_it_is_not_and_a_drawing_is_taken_as_it_is():
    fresh, mine = Value(3, "x") * 2, apple()
    sheet = worksheet(fresh, mine.draw(quiz=[mine.parents[1]], labels="both"), language="en")
    assert fresh.grad == 1
    assert [list(drawing.answers.values()) for drawing in sheet.questions.drawings] == [["2", "1"], ["200 = 1 × 200"]]
    assert sheet.key.heading == "Worksheet · answers"


@pytest.mark.parametrize(
    ("questions", "options", "message"),
    [
        ([], {}, "at least one question"),
        (["금액"], {}, "question 1 should be a Value, a drawing or a function .* not the str '금액'"),
        ([shopping, lambda random: 3.0], {}, "question 2 should be .* not the float 3"),
        ([apple().draw()], {}, "question 1 has no blanks; draw it with quiz=True"),
        ([(Value(3.0) * 2).draw(quiz=True)], {}, r"question 1 has no derivatives; call backward\(\)"),
        ([shopping], {"seed": 1.5}, "seed=1.5 is not possible"),
        ([shopping], {"language": "fr"}, "language='fr' is unknown"),
    ],
)
def test_a_sheet_says_what_it_needs(questions, options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        worksheet(*questions, **options)


# ── An answer beside the solution ─────────────────────────────────────────────────────────────────────


def test_what_differs_is_marked_in_both_pictures_in_every_format():
    x, y = Value(2, "x"), Value(3, "y")
    found = compare((x * 4 + y).exp(), (x * 5 + y).sin())
    assert found
    for drawing, symbol, number in zip(found.drawings, ("exp", "sin"), ("4", "5")):
        svg = drawing.svg()
        assert svg.count('class="operator marked"') == 1
        assert re.search(rf'class="operator marked".*?>{symbol}</text>', svg)
        assert '<text class="value marked" id="wire-2-1-value" x=' in svg
        assert f"{symbol}!" in drawing.text()
        assert f"{number}!" in drawing.text()
        assert re.search(rf"\\node\[operator, marked.*{symbol}", drawing.tikz())
        assert drawing.dot().count("#cc0000") > 0
    assert found.titles == ("답", "풀이")


X, Y = Value(2, "x"), Value(3, "y")
DIFFERENCES = {
    "operands may be swapped": (lambda: (X * Y + X, X + Y * X), [], []),
    "names of what is computed": (lambda: (X * Y, name_of(X * Y, "t")), [], []),
    "leaves without a name": (lambda: (Value(2) * Y, X * Y), [], []),
    "another operation": (lambda: ((X + Y) * X, (X * Y) * X), [5], [6]),
    "operands that may not be swapped": (lambda: (X - Y, Y - X), [-1], [1]),
    "another number": (lambda: (X * 3 + Y, X * 4 + Y), [3], [4]),
    "another value of the same graph": (lambda: (X * X + Y, X * Y + Y), [4], [6]),
    "another name": (lambda: (X * Value(3, "z"), X * Y), [3], [3]),
    "an operation too many": (lambda: (X + Y.exp(), X + Y), [exp(3)], [3]),
    "a derivative of one's own": (lambda: (doubled(1.0), doubled(2.0)), [4], [4]),
}


def name_of(value, name):
    value.name = name
    return value


def doubled(slope):
    @tg.operation(partials=[str(slope)])
    def double(x):
        return 2 * x

    return double(X)


@pytest.mark.parametrize("what", DIFFERENCES)
def test_the_difference_is_marked_and_not_what_follows_from_it(what):
    make, mine, theirs = DIFFERENCES[what]
    found = compare(*make())
    assert [[node.data for node in nodes] for nodes in found.differing] == [mine, theirs]
    assert bool(found) == bool(mine or theirs)


def test_long_graphs_are_compared_without_recursion():
    ends = []
    for start in (1.0, 2.0):
        y = Value(start, "x")
        for _ in range(900):
            y = y + 1
        ends.append(y)
    assert [[node.data for node in nodes] for nodes in compare(*ends).differing] == [[1.0], [2.0]]


def test_compare_says_what_it_needs():
    with pytest.raises(TypeError, match="answer should be a Value, not the int 3"):
        compare(3, X)
    with pytest.raises(ValueError, match="titles='ab' is not possible"):
        compare(X, Y, titles="ab")
    with pytest.raises(TypeError, match="marked needs Values of the graph"):
        (X * Y).draw(marked=[3])
    for alone in (X, "x", 3):
        with pytest.raises(TypeError, match=r"wrt needs Values of the graph, as in wrt=\[x\], not the"):
            (X * Y).draw(wrt=alone)
    with pytest.raises(ValueError, match="marked has .* not in the graph"):
        (X * Y).draw(marked=[Value(1.0)])


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
    assert narrowing(both.svg()) in page
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
    with pytest.raises(ValueError, match="labels='letters' is unknown; .*'numbers', 'symbols', .*'both', 'none'"):
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
