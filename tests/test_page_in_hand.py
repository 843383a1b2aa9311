"""What a reader does with the page by hand: turn numbers, wiggle, look closely, predict, learn, count paths."""

import math
import re
from pathlib import Path

import pytest
from drawn import apple, apples_and_oranges, hostile_names, softmax_from_parts, softmax_rows
from usual import quadratic

import tinygrad_kr as tg
from tinygrad_kr import Value, constant
from tinygrad_kr.engine.graph import topological

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

AXE = Path(__file__).parent.parent / "node_modules/axe-core/axe.min.js"
LOOKS = [
    pytest.param({"width": 390, "height": 844, "has_touch": True, "is_mobile": True}, id="phone"),
    pytest.param({"width": 1280, "height": 900, "color_scheme": "dark", "locale": "en-US"}, id="desk"),
]
DARK = pytest.param({"width": 390, "height": 844, "color_scheme": "dark"}, id="dark")

SIZE = "document.querySelector('#sheet svg').getBoundingClientRect().width"
IN_SIGHT = """(selector) => {
  const [inner, outer] = [selector, "#stage"].map((part) => document.querySelector(part).getBoundingClientRect());
  const isWithin = inner.left >= outer.left && inner.right <= outer.right;
  return isWithin && inner.top >= outer.top && inner.bottom <= outer.bottom;
}"""


# The beginning


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_opens_at_the_beginning_and_tells_nothing_that_is_not_computed_yet(living, look):
    here = living(apple(), steps="none", **look)
    assert here.text("#place") == "0 / 6"
    spoken = here.page.evaluate("[...document.querySelectorAll('[aria-label]')].map(e => e.ariaLabel).join()")
    here.page.evaluate("document.getElementById('all').open = true")
    here.page.wait_for_function("() => document.querySelector('#table data').value !== ''")
    for answer in ("2.2", "110", "220"):
        assert answer not in re.split(r"[^\d.]+", here.page.evaluate("document.body.innerText") + spoken)
    here.page.locator("#wire-2-0").hover()
    assert here.text("#caption") in ("사과 → × · 경로 1개", "사과 → × · 1 path")
    for _ in range(4):
        here.page.click("#forth")
    assert here.page.locator(".slope").evaluate_all("all => all.map(e => e.hidden)") == [True, True, False]  # tax first
    here.page.click("#forth")
    assert here.page.locator(".slope").evaluate_all("all => all.map(e => e.hidden)") == [False] * 3
    assert here.page.locator("#wire-2-0").get_attribute("aria-label").endswith("2.2")


def test_a_forward_pass_alone_never_shows_a_derivative(living):
    here = living(apple(), play={"direction": "forward"})
    assert here.page.locator(".slope").first.is_hidden()
    assert "미분" not in here.page.locator("#wire-2-0").get_attribute("aria-label")


def test_inputs_stand_in_the_order_of_their_names_with_small_indices(living):
    y = tg.sum([Value(1.0, name) for name in ("t_2", "a_10", "t_1", "x", "a_2", "b")]) * Value(2.0)
    here = living(y, locale="en-US")
    labels = here.page.locator("#variables label")
    assert labels.all_text_contents() == ["t1", "t2", "a2", "a10", "x", "b", "input 7"]
    assert labels.locator("sub").all_text_contents() == ["1", "2", "2", "10"]
    assert here.text("#about").startswith("t")


@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
def test_the_title_says_what_of(living, locale):
    y = Value(2.0, "x") * 3
    y.name = "L"
    here = living(y, locale=locale)
    title = {"ko-KR": "L의 계산 그래프", "en-US": "Computation graph of L"}[locale]
    assert (here.text("h1"), here.page.title(), here.text("#about")) == (title, title, "x → L")


@pytest.mark.parametrize("labels", ["numbers", "symbols", "fractions"])
def test_the_order_of_the_labels_does_not_follow_the_option(living, labels):
    here = living(apple(), play={"labels": labels})
    assert here.page.locator("#labels label").all_inner_texts() == ["숫자", "기호", "분수"]
    assert here.page.locator(f"#labels-{labels}").is_checked()


# The stage


@pytest.mark.parametrize("make", [apple, apples_and_oranges, softmax_from_parts])
@pytest.mark.parametrize("look", LOOKS)
def test_the_whole_picture_is_seen_first_and_it_stays_in_sight(living, make, look):
    here = living(make(), steps="none", **look)
    assert here.page.evaluate(IN_SIGHT, "#sheet [id^=out]")
    assert here.page.evaluate(IN_SIGHT, "#sheet .leaf")
    here.page.locator("#variables .leaf").last.scroll_into_view_if_needed()
    box = here.page.locator("figure").bounding_box()
    assert box["y"] >= 0
    assert box["height"] < 0.65 * look["height"]
    assert here.page.locator("#variables .leaf input").last.is_visible()


def test_on_a_phone_a_step_brings_its_operator_into_readable_size(living):
    here = living(softmax_from_parts(), steps="none", width=390, height=844, has_touch=True, is_mobile=True,
                  reduced_motion="reduce")  # fmt: skip
    scale = SIZE + " / document.querySelector('#sheet svg').viewBox.baseVal.width"
    assert here.page.evaluate(scale) < 0.5
    here.page.click("#forth")
    assert here.page.evaluate(scale) == pytest.approx(0.7, rel=1e-4)
    assert here.page.evaluate(IN_SIGHT, "#sheet .operator.lit")
    here.page.click("#fit")
    assert here.page.evaluate(scale) < 0.5
    assert here.page.locator("#fit").get_attribute("aria-pressed") == "true"
    here.page.click("#larger")
    chosen = here.page.evaluate(scale)
    here.page.click("#forth")
    assert here.page.evaluate(scale) == chosen  # whoever chose a size keeps it


def test_the_wheel_with_ctrl_zooms_about_the_pointer_and_a_mouse_pulls(living):
    here = living(softmax_from_parts())
    target = here.page.locator("#sheet .operator").nth(3)
    before, size = target.bounding_box(), here.page.evaluate(SIZE)
    here.page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    here.page.keyboard.down("Control")
    for _ in range(5):
        here.page.mouse.wheel(0, -100)
    here.page.keyboard.up("Control")
    here.page.wait_for_function(f"() => {SIZE} > {size} * 4")
    after = target.bounding_box()
    assert abs(after["x"] + after["width"] / 2 - before["x"] - before["width"] / 2) < 8
    stage = here.page.locator("#stage").bounding_box()
    x, y = stage["x"] + stage["width"] - 30, stage["y"] + stage["height"] - 30
    here.page.mouse.move(x, y)
    here.page.mouse.down()
    here.page.mouse.move(x - 60, y, steps=4)
    here.page.mouse.up()
    assert target.bounding_box()["x"] == pytest.approx(after["x"] - 60, abs=1)
    assert here.page.locator("[aria-pressed=true].wire").count() == 0  # nothing was pressed


def test_two_fingers_zoom_the_picture_and_not_the_page(living):
    here = living(apple(), width=390, height=844, has_touch=True, is_mobile=True)
    touch = here.page.context.new_cdp_session(here.page)
    stage = here.page.locator("#stage").bounding_box()
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] - 14
    size = here.page.evaluate(SIZE)

    def fingers(kind, apart):
        points = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}] if apart else []
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 30)
    for apart in (40, 50, 60):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    assert here.page.evaluate(SIZE) == pytest.approx(2 * size, rel=0.02)
    assert here.page.evaluate("visualViewport.scale") == 1


# Numbers at the leaf


@pytest.mark.parametrize("look", LOOKS)
def test_a_leafs_number_is_dragged_where_it_stands(living, look):
    here = living(apple(), **look)
    dial = here.page.locator("#dial-0")
    box = dial.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    here.page.mouse.move(x, y)
    here.page.mouse.down()
    here.page.mouse.move(x + 40, y, steps=5)
    assert here.label("wire-2-0", "value") == "150"  # ten steps of 5
    assert here.label("wire-4-out", "value") == "330"
    here.page.mouse.move(x - 40, y, steps=5)
    here.page.mouse.up()
    assert here.label("wire-4-out", "value") == "110"
    assert here.page.locator("#number-0").input_value() == "50"
    assert dial.get_attribute("aria-valuenow") == "50"
    assert here.page.locator(".typed").count() == 0  # a drag is no press


@pytest.mark.parametrize("look", LOOKS)
def test_a_leafs_number_is_typed_where_it_stands(living, look):
    here = living(apple(), **look)
    here.page.locator("#dial-3").click()
    box = here.page.locator(".typed input")
    assert box.input_value() == "1.1"
    box.press_sequentially("1/4")
    assert here.label("wire-4-out", "value") == "50"
    box.fill("abc")
    assert box.get_attribute("aria-invalid") == "true"
    assert "소비세" in here.text("#problem")
    box.press("Enter")
    assert here.page.locator(".typed").count() == 0
    assert here.text("#problem") == ""
    assert here.label("wire-4-1", "value") == "0.25"  # the last number that was one
    assert here.page.evaluate("document.activeElement.id") == "dial-3"
    here.page.keyboard.press("7")
    assert here.label("wire-4-1", "value") == "7"
    here.page.keyboard.press("Escape")
    assert here.label("wire-4-1", "value") == "0.25"


def test_a_leafs_number_is_turned_by_keys_and_tab_reaches_one(living):
    here = living(apple())
    dials = here.page.locator(".dial")
    assert dials.evaluate_all("all => all.map(d => d.tabIndex)") == [0, -1, -1]
    assert here.page.get_by_role("spinbutton", name="그림의 사과", exact=True).count() == 1
    dials.first.focus()
    here.page.keyboard.press("ArrowUp")
    assert here.label("wire-2-0", "value") == "105"
    here.page.keyboard.press("PageDown")
    assert here.label("wire-2-0", "value") == "55"
    here.page.keyboard.press("Shift+ArrowDown")
    assert here.label("wire-2-0", "value") == "54.95"
    here.page.keyboard.press("ArrowRight")
    assert here.page.evaluate("document.activeElement.id") == "dial-1"
    assert dials.evaluate_all("all => all.map(d => d.tabIndex)") == [-1, 0, -1]
    assert here.text("#place") == "6 / 6"  # the keys are not the steps' here
    here.page.keyboard.press("Enter")
    here.page.keyboard.type("-∞")
    here.page.keyboard.press("Enter")
    assert here.page.locator("#dial-1").get_attribute("aria-valuetext") == "-∞"
    assert here.page.locator("#dial-1").get_attribute("aria-valuenow") is None
    assert math.isinf(here.numbers()[-1][0])


# Wiggling


def labels(here, *wires):
    return [here.label(wire, "value") for wire in wires]


def lines(here, tool):
    return here.page.locator(f"#tool-{tool} .lines p").all_inner_texts()


@pytest.mark.parametrize("look", LOOKS)
def test_a_change_runs_along_the_wires_and_is_derivative_times_delta(living, look):
    here = living(apple(), reduced_motion="reduce", **look)
    korean = "locale" not in look
    wires = ("wire-2-0", "wire-4-0", "wire-4-out", "wire-2-1")
    here.page.get_by_role("button", name="흔들어 보기" if korean else "Wiggle", exact=True).click()
    chip = here.page.get_by_role("button", name="사과 +0.1", exact=True)
    chip.click()
    assert chip.get_attribute("aria-pressed") == "true"
    assert labels(here, *wires) == ["+0.1", "+0.2", "+0.22", "2"]
    happened, promised, verdict = lines(here, "wiggle")
    assert happened == ("사과 100 → 100.1 ⇒ 지불 금액의 변화 +0.22" if korean else
                        "사과 100 → 100.1 ⇒ 지불 금액 changes by +0.22")  # fmt: skip
    assert promised.endswith("× Δ = 2.2 × 0.1 = 0.22")
    assert verdict.startswith("둘이 같습니다" if korean else "They are the same")
    here.page.get_by_label("×10: Δ에 10을 곱하기" if korean else "×10: multiply Δ by 10").click()
    assert labels(here, *wires) == ["+1", "+2", "+2.2", "2"]
    here.page.get_by_label("Δ", exact=True).fill("-1/2")
    assert labels(here, *wires) == ["−0.5", "−1", "−1.1", "2"]
    here.page.get_by_label("Δ", exact=True).fill("0")
    assert here.page.get_by_label("Δ", exact=True).get_attribute("aria-invalid") == "true"
    here.page.locator("#tool-wiggle .chip").first.click()
    assert labels(here, *wires) == ["100", "200", "220", "2"]
    assert lines(here, "wiggle") == []


def test_the_difference_of_a_curved_function_is_told(living):
    y = Value(3.0, "x") ** 2
    y.name = "y"
    here = living(y, reduced_motion="reduce")
    here.page.locator("#tools button").first.click()
    here.page.locator("#tool-wiggle .chip").click()
    assert lines(here, "wiggle") == [
        "x 3 → 3.1 ⇒ y의 변화 +0.61",
        "미분 × Δ = 6 × 0.1 = 0.6",
        "둘의 차이는 0.01입니다. 굽은 함수라서 그렇고, Δ를 줄이면 차이는 더 빨리 줄어듭니다.",
    ]
    here.set("x", "1")  # goes on while an input moves
    assert lines(here, "wiggle")[0] == "x 1 → 1.1 ⇒ y의 변화 +0.21"


def test_a_wiggle_before_the_backward_pass_measures_what_the_derivative_will_be(living):
    here = living(apple(), steps="none", reduced_motion="reduce")
    here.page.locator("#tools button").first.click()
    here.page.get_by_role("button", name="소비세 +0.1").click()
    assert lines(here, "wiggle")[1].startswith("변화 ÷ Δ = 20 ÷ 0.1 = 200.")
    assert here.page.locator("[id=wire-4-out-value]").is_visible()
    here.page.get_by_role("button", name="소비세 +0.1").click()
    assert here.page.locator("[id=wire-4-out-value]").is_hidden()


def test_a_leafs_name_is_held_and_let_go(living):
    here = living(apple(), steps="none")
    name = here.page.locator("#leaf-0 text").bounding_box()
    here.page.mouse.move(name["x"] + name["width"] / 2, name["y"] + name["height"] / 2)
    here.page.mouse.down()
    here.page.locator("#sheet .pulse").wait_for()
    here.page.wait_for_function("() => document.querySelector('[id=wire-4-out-value]').textContent === '+0.22'")
    assert here.page.locator("#sheet .pulse").count() == 0
    here.page.mouse.up()
    assert labels(here, "wire-2-0") == ["100"]
    assert here.page.locator("#tools button").first.get_attribute("aria-expanded") == "true"
    here.page.mouse.down()
    here.page.mouse.up()  # a short press leaves it moved
    here.page.wait_for_function("() => document.querySelector('[id=wire-2-0-value]').textContent === '+0.1'")
    here.page.locator("#tools button").first.click()  # closing the tool takes it back
    assert labels(here, "wire-2-0") == ["100"]


# The lens


def seen(here):
    return [view.locator("p").all_inner_texts() for view in here.page.locator("#tool-lens .view").all()]


@pytest.mark.parametrize("look", LOOKS)
def test_an_operator_that_is_pressed_shows_its_curve_and_its_slope(living, look):
    x = Value(0.5, "x")
    here = living(tg.exp(x) * Value(3.0, "a"), **look)
    here.page.locator("#sheet .operator", has_text="exp").click()
    assert here.page.locator("#tools [aria-expanded=true]").count() == 1
    ((at, slope),) = seen(here)
    assert at == "x: 0.5 ↦ 1.64872"
    assert slope.endswith("= 1.64872")
    assert here.page.locator("#sheet .looked-at").get_attribute("id") == "op-1"
    plot = here.page.get_by_role("img", name=re.compile("x: 0.5 ↦ 1.64872"))
    assert plot.count() == 1
    rise = plot.evaluate(TANGENT)
    curve = plot.evaluate(CURVE)
    assert rise == pytest.approx(curve, rel=0.05)  # the tangent is as steep as the curve beside the point
    here.set("x", "1")
    assert seen(here)[0][0] == "x: 1 ↦ 2.71828"
    here.page.locator("#tool-lens select").select_option(index=1)
    ((area, width, height),) = seen(here)
    assert area.endswith("2.71828 × a = 2.71828 × 3 = 8.15485")
    assert ("3 × Δ" in width, "2.71828 × Δ" in height) == (True, True)
    here.page.locator("#first").click()
    here.page.locator("#forth").click()  # the lens goes along
    assert seen(here)[0][0] == "x: 1 ↦ 2.71828"


TANGENT = """(svg) => {
  const [line] = svg.querySelectorAll(".tangent");
  const at = (name) => line[name].baseVal.value;
  return (at("y2") - at("y1")) / (at("x2") - at("x1"));
}"""

CURVE = """(svg) => {
  const [path, point] = [svg.querySelector(".curve"), svg.querySelector("circle").cx.baseVal.value];
  const corners = path.getAttribute("d").slice(1).split("L").map((pair) => pair.split(",").map(Number));
  const [a] = corners.filter(([x]) => x < point - 2).slice(-1);
  const [b] = corners.filter(([x]) => x > point + 2);
  return (b[1] - a[1]) / (b[0] - a[0]);
}"""

CORNERS = [
    (lambda x: tg.relu(x), 0.0, ("0", "1", "0")),
    (lambda x: abs(x), 0.0, ("−1", "1", "0")),
    (lambda x: tg.floor(x), 2.0, ("∞", "0", "0")),
    (lambda x: tg.maximum(x, constant(1.5)), 1.5, ("0", "1", "0.5")),
]


@pytest.mark.parametrize(("make", "at", "slopes"), CORNERS, ids=["relu", "abs", "floor", "maximum"])
def test_a_kink_shows_both_slopes_and_that_a_convention_was_used(living, make, at, slopes):
    left, right, agreed = slopes
    here = living(make(Value(at, "x")))
    assert here.page.locator("#sheet .operator .kink").count() == 1
    here.page.click("#back")
    assert here.sentence[-1] == "꺾이는 점이라 여기에는 미분이 없습니다. 국소적 미분은 약속으로 정한 값입니다."
    here.page.locator("#sheet .operator").click()
    assert seen(here)[0][1] == (
        f"꺾이는 점입니다. 왼쪽 기울기({left})와 오른쪽 기울기({right})가 달라서 미분이 없습니다. "
        f"약속으로 정한 값은 {agreed}입니다."
    )
    assert here.page.locator("#tool-lens .tangent").count() == sum(slope != "∞" for slope in (left, right))
    here.set("x", "2.75")
    assert here.page.locator("#sheet .operator .kink").count() == 0
    assert "꺾이는" not in here.text("#sentence") + here.text("#tool-lens")


def test_the_lens_looks_through_a_closed_block_and_at_each_of_many_operands(living):
    square = tg.block("square")(lambda x: x * x)
    here = living(square(Value(3.0, "x")), play={"blocks": "collapsed"})
    here.page.get_by_role("button", name="돋보기").click()
    assert seen(here) == [["x: 3 ↦ 9", "접선의 기울기 = 국소적 미분 = 6"]]
    here = living(tg.softmax([Value(float(k), f"a_{k}") for k in range(6)])[0])
    here.page.get_by_role("button", name="돋보기").click()
    assert here.page.locator("#tool-lens svg").count() == 4
    assert "그 밖에 2개" in here.text("#tool-lens")
    here.set("a0", "inf")
    assert "유한하지 않아" in here.text("#tool-lens")


# Predicting


@pytest.mark.parametrize("look", LOOKS)
def test_a_step_asks_for_a_number_before_it_shows_it(living, look):
    here = living(apple(), steps="none", **look)
    korean = "locale" not in look
    here.page.get_by_role("switch", name="먼저 맞혀 보기" if korean else "Predict first").check()

    def answer(text):
        here.page.keyboard.type(text)
        here.page.keyboard.press("Enter")

    here.page.click("#forth")
    here.page.click("#forth")
    assert here.page.locator(".over input").count() == 0  # the forward pass is not asked about
    here.page.click("#forth")
    assert here.text("#place") == "2 / 6"
    assert here.page.get_by_role("textbox", name=re.compile("지불 금액 = \\?")).count() == 1
    answer("1")
    assert here.text("#place") == "3 / 6"
    here.page.keyboard.press("Enter")  # the button to go on has the focus
    assert here.page.evaluate("document.activeElement.dataset.wire") == "wire-4-0"
    assert here.sentence[1].startswith("1 × 국소적 미분 = ? →" if korean else "1 × local derivative = ? →")
    assert here.page.locator("[id=wire-4-0-derivative]").is_hidden()
    assert "1.1" not in here.page.locator("#wire-4-0").get_attribute("aria-label")
    answer("x")
    assert here.text("#clued").startswith("수를 읽지 못했습니다" if korean else "That is not a number")
    here.page.locator(".over input").fill("")
    answer("200")
    assert here.text("#clued").startswith("아직 아닙니다" if korean else "Not yet")
    here.page.click("#clue")
    assert ("다른 쪽 입력" if korean else "other input") in here.text("#clued")
    here.page.locator(".over input").fill("1.1")
    here.page.keyboard.press("Enter")
    assert here.text("#place") == "4 / 6"
    assert here.text("#streak").startswith("2문제 가운데 1문제" if korean else "1 of 2 right at once")
    assert here.page.locator("#asking").is_hidden()
    here.page.click("#forth")
    here.page.click("#tell")
    assert here.text("#place") == "5 / 6"
    assert here.text("#streak").startswith("3문제 가운데 1문제" if korean else "1 of 3")
    assert here.sentence[2] == "1.1 × 2 = 2.2 → 사과"


def test_where_branches_meet_their_sum_is_asked_for(living):
    x = Value(3.0, "x")
    here = living(x * x + x, steps="none")
    here.page.check("#predict")
    for _ in range(5):
        here.page.click("#forth")
    here.page.locator("#step").fill("4")
    here.page.click("#forth")
    assert here.sentence[1].startswith("x: 갈래의 합 ? + ? + 1 = ?")
    here.page.keyboard.type("7")
    here.page.keyboard.press("Enter")
    assert here.text("#place") == "5 / 6"
    assert here.sentence[-1] == "x: 갈래의 합 3 + 3 + 1 = 7"


def test_a_question_goes_away_with_whatever_else_is_done(living):
    here = living(apple(), steps="none")
    here.page.check("#predict")
    leave = [
        lambda: here.page.click("#back"),
        lambda: here.page.check("#direction-backward"),
        lambda: here.page.check("#labels-symbols"),
        lambda: here.page.check("#quiz"),
        lambda: here.page.uncheck("#predict"),
        lambda: here.page.click("#forth"),
    ]
    for done in leave:
        here.page.uncheck("#quiz")
        here.page.check("#predict")
        here.page.check("#direction-both")
        here.page.check("#labels-numbers")
        here.page.locator("#step").fill("3")
        here.page.click("#forth")
        assert here.page.locator(".over input").count() == 1
        done()
        assert here.page.locator("#asking").is_hidden()
        assert here.page.locator(".over input").count() in (0, 5)  # none, or the quiz's
    here.page.uncheck("#quiz")
    here.page.click("#first")
    here.page.clock.install()
    here.page.click("#play")
    here.page.clock.run_for(20_000)
    assert here.text("#place") == "2 / 6"  # playing waits for an answer
    here.set("사과", "50")
    here.page.locator(".over input").fill("1")
    here.page.keyboard.press("Enter")
    assert here.text("#place") == "3 / 6"


# Learning


@pytest.mark.parametrize("look", LOOKS)
def test_a_step_of_learning_goes_against_the_derivatives(living, look):
    y = (Value(3.0, "x") - Value(1.0, "t")) ** 2
    y.name = "L"
    here = living(y, steps="none", **look)
    korean = "locale" not in look
    here.page.click("#open-learn")
    assert here.text("#place").startswith(here.text("#place").split(" / ")[1])  # all derivatives are shown
    rate = here.page.get_by_label("η", exact=True)
    assert rate.input_value() == "0.01"  # a tenth of 4 is 0.4, and 0.4 / (4² + 4²) = 0.0125
    rate.fill("0.1")
    here.page.get_by_role("button", name="t", exact=True).click()  # t stays
    here.page.get_by_role("button", name="한 걸음" if korean else "Take a step").click()
    told = lines(here, "learn")
    assert told[1:] == ["x ← 3 − 0.1 × 4 = 2.6"]
    assert told[0] == ("L: 4 → 2.56 (1걸음)" if korean else "L: 4 → 2.56 (1 step)")
    assert here.page.locator("#number-0").input_value() == "2.6"
    here.page.click("#onestep")
    assert lines(here, "learn")[1] == "x ← 2.6 − 0.1 × 3.2 = 2.28"
    assert here.page.locator("#tool-learn svg .curve").get_attribute("d").count(",") == 3
    rate.fill("2")
    here.page.click("#onestep")
    assert lines(here, "learn")[-1].startswith("출력이 커졌습니다" if korean else "The output grew")
    here.page.click("#startagain")
    assert here.page.locator("#number-0").input_value() == "3"
    assert lines(here, "learn") == ["L = 4"]


def test_learning_goes_on_until_it_rests_or_nothing_changes(living):
    y = (Value(3.0, "x") - 1) ** 2
    y.name = "L"
    here = living(y)
    here.page.clock.install(time=0)
    here.page.clock.pause_at(1000)  # in seconds: from now on, only run_for lets time pass
    here.page.click("#open-learn")
    here.page.get_by_label("η", exact=True).fill("0.25")
    go = here.page.locator("#keepgoing")
    go.click()
    assert (go.inner_text(), go.get_attribute("aria-pressed")) == ("멈춤", "true")
    here.page.clock.run_for(700)
    go.click()
    assert lines(here, "learn")[0] == "L: 4 → 0.0625 (3걸음)"  # the distance to 1 is halved every time
    here.page.clock.run_for(2000)
    assert lines(here, "learn")[0] == "L: 4 → 0.0625 (3걸음)"
    here.set("x", "5")  # by hand: a new beginning
    assert lines(here, "learn") == ["L = 16"]
    go.click()
    here.page.clock.run_for(60_000)
    assert go.inner_text() == "계속"
    assert here.page.locator("#number-0").input_value() == "1"
    here.page.get_by_label("η", exact=True).fill("1e308")
    here.set("x", "3")
    go.click()
    here.page.clock.run_for(2000)
    assert go.inner_text() == "계속"  # what is no longer finite is left


# Paths and sweeps


def three_paths():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    z = (x * y + x) * (x + y)
    z.name = "z"
    return z


def path_lengths(output, leaf):
    """The number of edges of every path from a leaf to the output, by following each."""
    lengths, started = [], [(output, 0)]
    while started:
        node, length = started.pop()
        lengths += [length] if node is leaf else []
        started += [(parent, length + 1) for parent in node.parents]
    return lengths


def edges_after(order, leaves):
    """How many operands, of all nodes, depend on some leaves."""
    reached = set(leaves)
    count = 0
    for node in order:
        inside = [parent for parent in node.parents if parent in reached]
        count += len(inside)
        if inside:
            reached.add(node)
    return count


@pytest.mark.parametrize("make", [three_paths, apple, softmax_from_parts])
def test_multiplications_are_counted_by_path_forward_and_backward(living, make):
    output = make()
    order = topological([output])
    leaves = [node for node in order if node.op is None and not isinstance(node, tg.Constant)]
    here = living(output, locale="en-US")
    here.page.click("#open-counting")
    cells = here.page.locator(".counts tbody tr")
    for leaf in leaves:
        chip = here.page.locator("#tool-counting .chip").nth(leaves.index(leaf))
        chip.click()
        bypaths, byforward, bybackward = [
            [int(text) for text in row.locator("td").all_inner_texts()] for row in cells.all()
        ]
        assert bypaths == [sum(path_lengths(output, leaf)), sum(sum(path_lengths(output, x)) for x in leaves)]
        assert byforward == [edges_after(order, [leaf]), sum(edges_after(order, [x]) for x in leaves)]
        assert bybackward == [edges_after(order, leaves)] * 2


@pytest.mark.parametrize("look", LOOKS)
def test_paths_light_up_one_after_another_and_stack_up_to_the_derivative(living, look):
    here = living(three_paths(), steps="none", **look)
    korean = "locale" not in look
    here.page.click("#open-counting")
    following = here.page.get_by_role("button", name="다음" if korean else "Next")
    lit, counts, told = [], [], []
    for _ in range(3):
        following.click()
        lit.append(here.lit("walked", "g.wire"))
        counts.append(int(re.sub(r"\D", "", here.text(".counter"))))
        told.append(lines(here, "counting"))
    stem, end = "wire-0", "wire-5-out"
    assert all({stem, end} < wires for wires in lit)
    assert len({frozenset(wires) for wires in lit}) == 3
    assert counts[-1] == 7
    products = sorted(line[0].rpartition(" = ")[2] for line in told)
    assert products == ["10", "5", "9"]  # by hand: 5·1·2, 5·1, 9·1
    assert told[-1][1].endswith(" = 24")
    assert told[-1][2] == "∂z/∂x = 24"
    assert here.page.locator("#tool-counting svg .strip").count() == 3
    assert here.page.get_by_role("img", name=re.compile("= 24")).count() == 1


def test_forward_mode_carries_tangents_and_reverse_mode_everything_at_once(living):
    here = living(three_paths())
    here.page.click("#open-counting")
    here.page.get_by_role("button", name="순방향 모드").click()
    for _ in range(4):
        here.page.locator("[data-text=nextwalk]").click()
    assert here.text(".counter") == "곱셈 6번"
    assert lines(here, "counting") == ["3 × 5 + 1 × 9 = 24 → z", "∂z/∂x = 24"]
    assert labels(here, "wire-0", "wire-5-0", "wire-5-out", "wire-1") == ["1", "3", "24", "2"]
    here.page.get_by_role("button", name="역방향 모드").click()
    assert labels(here, "wire-0", "wire-5-0", "wire-5-out", "wire-1") == ["3", "9", "45", "2"]
    here.page.clock.install()
    here.page.get_by_role("button", name="재생").last.click()
    here.page.clock.run_for(20_000)
    assert here.text(".counter") == "곱셈 8번"
    assert lines(here, "counting")[-1] == "모든 입력에 대한 미분이 한 번에 나왔습니다."
    here.page.click("#open-counting")
    assert here.lit("walked") == set()


def test_numbers_beside_the_picture_have_its_minus_and_its_powers_of_ten(living):
    x = Value(2.0, "x")
    here = living(x * -2e-9 + x * -3e-9)
    here.page.keyboard.press("End")
    assert here.text("#variables .slope") == "미분 −5×10⁻⁹"
    here.page.evaluate("document.getElementById('all').open = true")
    here.page.wait_for_function("() => document.querySelector('#table data').value !== ''")
    cells = here.page.locator("#table data").all_text_contents()
    assert "−5×10⁻⁹" in cells
    assert not any(sign in cell for cell in cells for sign in "-e")
    here.page.click("#open-counting")
    here.page.clock.install()
    here.page.get_by_role("button", name="재생").last.click()
    here.page.clock.run_for(30_000)
    texts = here.page.locator("svg.plot text").all_text_contents()
    assert "−5×10⁻⁹" in texts
    assert not any(sign in text for text in texts for sign in "-e")


def test_more_paths_than_anybody_walks_are_counted(living):
    doubling = Value(1.0, "x")
    for _ in range(60):
        doubling = doubling + doubling
    here = living(doubling)
    here.page.click("#open-counting")
    assert here.page.locator(".counts tbody td").all_inner_texts() == ["6.91753×10¹⁹"] * 2 + ["120"] * 4
    here.page.clock.install()
    here.page.get_by_role("button", name="재생").last.click()
    here.page.clock.run_for(30_000)
    assert "경로가 1.15292×10¹⁸개라서 60개만" in lines(here, "counting")[-1]


# For everybody

TOOLS = ["wiggle", "lens", "learn", "counting"]
SMALL = """[...document.querySelectorAll("#more :is(button, input, select), #asking button, .zoom button")]
  .filter((control) => control.checkVisibility())
  .map((control) => [control.id || control.textContent, control.getBoundingClientRect()])
  .filter(([, box]) => box.height < 32 || box.width < 32).map(([name]) => name)"""


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "look", [*LOOKS, pytest.param({"width": 390, "height": 844, "color_scheme": "dark"}, id="dark")]
)
def test_axe_finds_nothing_in_the_tools(living, tool, look):
    here = living(three_paths(), **look)
    here.page.evaluate(AXE.read_text(encoding="utf-8"))
    here.page.click(f"#open-{tool}")
    for prepare in ("", "document.querySelector('#panels section:not([hidden]) :is(.chip, #onestep)')?.click()"):
        here.page.evaluate(prepare)
        here.page.wait_for_timeout(250)  # colours fade
        found = here.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == [], prepare
    assert here.page.evaluate("document.documentElement.scrollWidth") <= look["width"]
    assert here.page.evaluate(SMALL) == []
    here.page.check("#predict")
    here.page.locator("#step").fill("4")
    here.page.click("#forth")
    found = here.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []


COVERED = """(selector) => {
  const [part, figure] = [selector, "figure"].map((each) => document.querySelector(each).getBoundingClientRect());
  return part.top < figure.bottom;
}"""


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_opened_or_tabbed_to_is_not_behind_the_picture(living, look):
    here = living(three_paths(), **look)
    for tool in TOOLS:
        here.page.click(f"#open-{tool}")
        assert not here.page.evaluate(COVERED, f"#tool-{tool}"), tool
    here.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    here.page.locator("#all summary").focus()
    for _ in range(12):
        here.page.keyboard.press("Shift+Tab")
        assert not here.page.evaluate(COVERED, ":focus")


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_speak_both_languages_and_are_reached_by_keys(living, tool):
    here = living(three_paths())
    here.page.locator("#predict").focus()
    for _ in range(1 + TOOLS.index(tool)):
        here.page.keyboard.press("Tab")
    here.page.keyboard.press("Enter")
    panel = here.page.locator(f"#tool-{tool}")
    assert panel.is_visible()
    korean = panel.inner_text()
    assert re.search(r"[습입합갑셉됩]니다\.", korean)
    here.page.get_by_role("button", name="English").click()
    assert re.findall("[가-힣]+", panel.inner_text()) == []
    here.page.click(f"#open-{tool}")
    assert panel.is_hidden()


def test_one_tool_is_open_at_a_time_and_another_view_closes_it(living):
    here = living(three_paths())
    for tool in TOOLS:
        here.page.click(f"#open-{tool}")
        assert here.page.locator("#tools [aria-expanded=true]").get_attribute("id") == f"open-{tool}"
        assert here.page.locator("#panels > section:visible").count() == 1
    here.page.check("#labels-symbols")
    assert here.page.locator("#panels > section:visible").count() == 0
    here.page.click("#open-counting")  # tools speak of numbers
    assert here.page.locator("#labels-numbers").is_checked()
    here.page.check("#quiz")
    assert here.page.locator("#more").is_hidden()
    assert here.lit("walked") == set()


def test_a_page_of_a_small_graph_is_under_200_kilobytes():
    for make in (apple, apples_and_oranges, three_paths, softmax_rows, quadratic):
        assert len(make().play().html().encode()) < 200_000


def test_where_a_browser_cannot_unpack_the_first_picture_can_be_used(browser, tmp_path):
    page = browser.new_page(locale="ko-KR")
    page.add_init_script("delete window.DecompressionStream")
    page.goto(apple().play().save(tmp_path / "apple.html").as_uri())
    page.click("#last")
    assert page.locator("[id=wire-2-0-derivative]").text_content() == "2.2"
    assert page.locator("#labels").is_hidden()
    page.close()


def two_outputs():
    x = Value(2.0, "x")
    return tg.draw([x * x, tg.sin(x) * 3])


def closed_blocks():
    square = tg.block("square")(lambda x: x * x + x)
    return square(square(Value(3.0, "x"))).draw(blocks="collapsed")


def infinite():
    return Value(math.inf, "x") * Value(math.nan, "y") + tg.exp(Value(1000.0, "z"))


ODD = {
    "one leaf": lambda: Value(3.0, "x"),
    "one constant": lambda: constant(3.0) * 2,
    "two outputs": two_outputs,
    "closed blocks": closed_blocks,
    "not finite": infinite,
    "hostile names": hostile_names,
    "many": lambda: tg.sum([Value(float(k), f"x_{k}") * (k + 1) for k in range(40)]),
    "seeded": lambda: seeded(),
}


def seeded():
    y = Value(3.0, "x") ** 2
    y.name = "y"
    y.backward(2.0)
    return y


@pytest.mark.parametrize("make", ODD.values(), ids=ODD.keys())
def test_the_tools_work_on_any_graph(living, make):
    """What goes wrong in the page fails the test by itself: ``living`` looks at the console."""
    here = living(make(), reduced_motion="reduce")
    for tool in TOOLS:
        here.page.click(f"#open-{tool}")
        for button in here.page.locator(f"#tool-{tool} button:visible").all()[:12]:
            button.click()
        for option in here.page.locator(f"#tool-{tool} select option").all()[:6]:
            here.page.locator(f"#tool-{tool} select").select_option(value=option.get_attribute("value"))
        here.page.keyboard.press("Escape")
    here.page.click("#open-counting")
    assert "undefined" not in here.page.evaluate("document.body.innerText")
    here.page.check("#predict")
    here.page.click("#first")
    for _ in range(8):
        here.page.evaluate("document.getElementById('forth').click()")
    assert here.page.evaluate("document.querySelectorAll('main :is(b, a, img, script)').length") == 0


def test_a_seed_is_part_of_the_change_and_of_what_is_learned(living):
    here = living(seeded(), reduced_motion="reduce")
    here.page.click("#open-wiggle")
    here.page.locator("#tool-wiggle .chip").click()
    assert lines(here, "wiggle")[:2] == ["x 3 → 3.1 ⇒ L의 변화 +1.22", "미분 × Δ = 12 × 0.1 = 1.2"]
    here.page.click("#open-counting")
    here.page.locator("[data-text=nextwalk]").click()
    assert lines(here, "counting")[0].endswith("2 × 6 = 12")


def test_a_finger_drags_a_number_and_scrolls_nothing(living):
    here = living(softmax_from_parts(), steps="none", width=390, height=844, has_touch=True, is_mobile=True)
    for _ in range(4):
        here.page.click("#larger")
    touch = here.page.context.new_cdp_session(here.page)
    here.page.evaluate("document.getElementById('stage').scrollTo(0, 0)")
    box = here.page.locator(".dial").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = here.page.locator(".dial").first.get_attribute("aria-valuenow")
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x - 6 * step, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert here.page.evaluate("document.getElementById('stage').scrollLeft") == 0
    assert float(here.page.locator(".dial").first.get_attribute("aria-valuenow")) < float(before)
    assert here.page.locator(".typed").count() == 0
