"""The page at every size: a phone, a tablet and paper, with fingers and without a jump."""

import re

import pytest
from drawn import apple, softmax_from_parts
from usual import black_scholes, readme

import tinygrad_kr as tg
from tinygrad_kr import Value

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
TABLET = PHONE | {"width": 800, "height": 1180}

SCALE = """(() => {
  const svg = document.querySelector("#sheet svg");
  return svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
})()"""
IN_SIGHT = """(selector) => {
  const [inner, outer] = [selector, "#stage"].map((part) => document.querySelector(part).getBoundingClientRect());
  const isAcross = inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
  return isAcross && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
}"""


def top(here, selector):
    return here.page.locator(selector).bounding_box()["y"]


@pytest.mark.parametrize("look", [PHONE, TABLET], ids=["phone", "tablet"])
def test_no_button_moves_away_while_steps_zoom(living, look):
    here = living(black_scholes(), steps="none", **look)
    before = top(here, "#forth")
    here.page.click("#forth")
    assert top(here, "#forth") == before
    here.page.check("#predict")
    here.page.locator("#step").fill("29")
    here.page.click("#forth")
    assert here.page.locator(".over input").count() == 1
    assert top(here, "#forth") == before
    assert here.page.evaluate(IN_SIGHT, ".over")


def test_another_picture_is_fitted_anew_unless_a_size_was_chosen(living):
    here = living(black_scholes(), **PHONE)
    here.page.click("#back")
    here.page.click("#last")
    assert here.page.evaluate(SCALE) == pytest.approx(0.7, rel=1e-4)
    here.page.check("#labels-symbols")
    assert here.page.evaluate(IN_SIGHT, "#sheet svg")
    here.page.click("#larger")
    chosen = here.page.evaluate(SCALE)
    here.page.check("#labels-fractions")
    assert here.page.evaluate(SCALE) == pytest.approx(chosen, rel=1e-4)
    here.page.click("#fit")  # and from then on, none is chosen
    here.page.click("#back")
    assert here.page.evaluate(SCALE) == pytest.approx(0.7, rel=1e-4)


def test_the_quiz_opens_where_the_backward_pass_starts(living):
    here = living(readme(), **PHONE)
    here.page.locator("#quiz").scroll_into_view_if_needed()
    here.page.check("#quiz")
    assert here.page.evaluate(IN_SIGHT, ".over:last-child")
    figure = here.page.locator("figure").bounding_box()
    assert top(here, "#score") >= figure["y"] + figure["height"]  # not behind it


def test_a_tap_on_what_is_too_small_to_hit_enlarges_it(living):
    here = living(readme(), steps="none", **PHONE)
    target = here.page.locator("#sheet .operator").nth(9)
    before = target.bounding_box()
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    here.page.touchscreen.tap(x, y)
    assert here.page.evaluate(SCALE) == pytest.approx(0.7, rel=1e-4)
    assert here.page.locator("#tool-lens").is_hidden()
    assert here.page.locator(".wire[aria-pressed=true]").count() == 0
    after = target.bounding_box()
    assert after["x"] <= x <= after["x"] + after["width"]
    here.page.touchscreen.tap(after["x"] + after["width"] / 2, after["y"] + after["height"] / 2)
    assert here.page.locator("#tool-lens").is_visible()


def test_fingers_have_24_pixels_to_hit_a_number(living):
    here = living(black_scholes(), steps="none", **PHONE)
    here.page.click("#forth")
    box = here.page.locator(".dial").first.bounding_box()
    assert min(round(box["width"], 1), round(box["height"], 1)) >= 23.8


def test_letters_in_boxes_are_so_large_that_a_phone_need_not_zoom(living):
    here = living(apple(), **PHONE)
    here.page.click("#open-lens")
    here.page.check("#quiz")
    sizes = "[...document.querySelectorAll('input[type=text], select')].map((box) => getComputedStyle(box).fontSize)"
    assert {float(size[:-2]) >= 16 for size in here.page.evaluate(sizes)} == {True}


def touches(here):
    session = here.page.context.new_cdp_session(here.page)

    def fingers(kind, *points):
        at = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    return fingers


def test_two_fingers_of_which_one_is_on_a_number_zoom_and_change_nothing(living):
    here = living(apple(), **PHONE)
    box = here.page.locator("#dial-0").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = touches(here)
    before = here.page.evaluate(SCALE)
    fingers("touchStart", (x, y))
    fingers("touchMove", (x + 9, y))
    assert here.label("wire-2-0", "value") != "100"
    fingers("touchStart", (x + 9, y), (x + 90, y + 20))
    for step in range(1, 6):
        fingers("touchMove", (x + 9 - 3 * step, y), (x + 90 + 12 * step, y + 20))
    fingers("touchEnd")
    assert here.label("wire-2-0", "value") == "100"
    assert here.page.evaluate(SCALE) > before * 1.3
    assert here.page.locator(".typed").count() == 0


NARROW = """[...document.querySelectorAll("main :is(button, select, summary, input[type=text], input[type=range])")]
  .filter((control) => control.checkVisibility() && !control.closest("#stage"))
  .filter((control) => Math.min(control.offsetWidth, control.offsetHeight) < 24).map((control) => control.outerHTML)"""


@pytest.mark.parametrize("look", [PHONE, TABLET], ids=["phone", "tablet"])
def test_fingers_have_24_pixels_for_every_control_and_no_name_is_cut(living, look):
    name = "학습률이 아주 긴 이름을 가진 입력"
    here = living(Value(2.0, name) * Value(-123456.789, "b"), **look)
    here.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    assert here.page.evaluate(NARROW) == []
    label = here.page.locator("#variables label").first
    assert label.evaluate("(label) => label.scrollWidth <= label.clientWidth")
    here.page.click("#open-counting")
    lines = here.page.locator(".counts tbody th").evaluate_all("all => all.map((head) => head.offsetHeight)")
    assert max(lines) < 40  # one line each
    assert here.page.evaluate("document.documentElement.scrollWidth") <= look["width"]


def test_on_a_phone_that_lies_on_its_side_the_picture_is_beside_the_tools(living):
    here = living(apple(), **PHONE | {"width": 844, "height": 390})
    here.page.click("#open-wiggle")
    here.page.locator("#tool-wiggle .chip").first.click()
    figure, told = (here.page.locator(part).bounding_box() for part in ("figure", "#tool-wiggle .lines"))
    for box in (figure, told):
        assert box["y"] >= -1
        assert box["y"] + box["height"] <= 391
    assert figure["x"] + figure["width"] <= told["x"]


# What runs over the picture stays in sight


def test_a_change_is_followed_where_the_picture_is_larger_than_the_stage(living):
    here = living(readme(), **PHONE)
    here.page.locator("#step").fill("10")
    assert not here.page.evaluate(IN_SIGHT, "[id$=-out-value]")
    here.page.click("#open-wiggle")
    here.page.locator("#tool-wiggle .chip").first.click()
    assert here.page.evaluate(IN_SIGHT, "[id$=-out-value].changed")


def test_a_change_that_is_still_on_its_way_begins_in_sight(living):
    here = living(readme(), **PHONE | {"reduced_motion": "no-preference"})
    here.page.locator("#step").fill("25")
    here.page.click("#open-wiggle")
    here.page.locator("#tool-wiggle .chip").first.click()
    for part in (".pulse", ".value.changed", "[id$=-out-value].changed"):
        here.page.wait_for_function(f"() => document.querySelector('{part}') && ({IN_SIGHT})('{part}')")


def test_what_was_said_of_a_change_is_in_sight_below_the_picture(living):
    here = living(apple(), **PHONE)
    here.page.click("#open-wiggle")
    here.page.locator("#tool-wiggle .chip").first.click()
    last = here.page.locator("#tool-wiggle .lines").bounding_box()
    assert last["y"] + last["height"] <= PHONE["height"] + 1


def test_the_lens_and_the_sweeps_show_where_they_are(living):
    here = living(readme(), **PHONE)
    here.page.locator("#step").fill("3")
    here.page.click("#open-lens")
    here.page.locator("#looked").select_option(index=20)
    assert here.page.evaluate(IN_SIGHT, "#sheet .looked-at")
    here.page.click("#open-counting")
    here.page.get_by_role("button", name="순방향 모드").click()
    for _ in range(8):
        here.page.locator("[data-text=nextwalk]").click()
        assert here.page.evaluate(IN_SIGHT, "#sheet .operator.walked")


def test_keys_along_the_wires_and_the_numbers_bring_them_into_sight(living):
    here = living(readme(), **PHONE)
    here.page.click("#back")
    for selector in ("#wire-0", ".dial"):
        here.page.locator(selector).first.focus()
        for _ in range(12):
            here.page.keyboard.press("ArrowRight")
            focused = here.page.evaluate("document.activeElement.id")
            label = f"[id={focused}-value]" if focused.startswith("wire") else f"[id={focused}]"
            assert here.page.evaluate(IN_SIGHT, label), focused


# What is said


def test_a_kink_is_marked_once_its_value_is_known(living):
    x = Value(0.0, "x")
    here = living(tg.relu(x * 2) + abs(x), steps="none")
    marks = [here.page.locator(".kink").count()]
    for _ in range(4):
        here.page.click("#forth")
        marks.append(here.page.locator(".kink").count())
    assert (marks[0], marks[-1]) == (0, 2)
    assert marks == sorted(marks)


def test_operators_have_a_true_minus(living):
    here = living(-Value(2.0, "x") - Value(3.0, "y"), locale="en-US")
    here.page.click("#open-lens")
    assert here.page.locator("#looked option").all_inner_texts() == ["1. negation (−)", "2. subtraction (−)"]
    here.page.click("#back")
    assert here.sentence[0] == "Backward · negation (−)"
    assert here.page.locator("#wire-1-0").get_attribute("aria-label").startswith("x → −, value 2")


TOUCHING = """(() => {
  const svg = document.querySelector("#tool-lens svg");
  const boxes = [...svg.querySelectorAll("text")].map((text) => text.getBBox());
  const { width, height } = svg.viewBox.baseVal;
  const isOut = boxes.some((b) => b.x < 0 || b.x + b.width > width || b.y < 0 || b.y + b.height > height);
  const apart = (a, b) => a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
  return isOut || boxes.some((a, k) => boxes.some((b, l) => k < l && !apart(a, b)));
})()"""


@pytest.mark.parametrize(("x", "y"), [(0.445783, 1.1), (123.456, 0.654321), (-12345.6, -0.00123457), (2.0, 3.0)])
def test_the_numbers_at_an_area_do_not_touch(living, x, y):
    here = living(Value(x, "x") * Value(y, "y"))
    here.page.click("#open-lens")
    assert here.page.evaluate(TOUCHING) is False


# On paper


@pytest.mark.parametrize("look", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_on_paper_the_picture_has_its_own_size_and_the_blanks_have_the_pictures(living, look):
    here = living(softmax_from_parts(), **look)
    here.page.check("#quiz")
    here.page.emulate_media(media="print")
    here.page.set_viewport_size({"width": 720, "height": 1000})
    blanks = here.page.evaluate("[...document.querySelectorAll('.over')].map((over) => over.getBoundingClientRect())")
    scale = here.page.evaluate(SCALE)
    assert scale == pytest.approx(
        720 / here.page.evaluate("document.querySelector('#sheet svg').viewBox.baseVal.width")
    )
    assert max(box["width"] for box in blanks) == pytest.approx(59 * scale, rel=0.1)
    pages = here.page.pdf(prefer_css_page_size=True)
    ((width, height),) = {
        tuple(map(float, size)) for size in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pages)
    }
    assert width > height  # a wide picture lies on its side
    assert pages.count(b"/Type /Page\n") == 1


def test_on_paper_a_small_picture_is_not_shrunk_by_the_phone_that_prints_it(living):
    here = living(apple(), **PHONE)
    assert here.page.evaluate(SCALE) < 0.8
    here.page.emulate_media(media="print")
    here.page.set_viewport_size({"width": 720, "height": 1000})
    assert here.page.evaluate(SCALE) == pytest.approx(1)
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", here.page.pdf()).groups())
    assert width < height
