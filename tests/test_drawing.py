"""Pictures: what is in them, that they are well-formed and harmless, how they are saved."""

import errno
import io
import os
import re
import stat
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest
from drawn import DRAWN, HOSTILE, apple, apples_and_oranges, hostile_names, softmax_in_blocks
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_kr as tg
from tinygrad_kr import TooLargeError, Value, constant
from tinygrad_kr.drawing import engine
from tinygrad_kr.drawing.depict import depict
from tinygrad_kr.drawing.picture import Options
from tinygrad_kr.text.bilingual import told
from tinygrad_kr.text.lettering import clipped, columns, printable, width
from tinygrad_kr.words import mathtext

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str, kind: str | None = None) -> list[str]:
    """The texts of an SVG, or those of one class."""
    root = ElementTree.fromstring(svg)
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text") if kind is None or text.get("class") == kind]


def carried(value: Value, **options: object) -> dict[str, tuple[str, ...]]:
    """The labels of the wires, by the name at their left end (or the id of the part there)."""
    picture = depict(value, Options(**options))
    return {picture.parts[wire.source].text or wire.source: wire.labels for wire in picture.wires}


@pytest.mark.parametrize("name", DRAWN)
def test_every_picture_is_well_formed_and_stays_on_its_canvas(name):
    drawing = DRAWN[name]()
    root = ElementTree.fromstring(drawing.svg())
    layout = drawing.layout
    assert float(root.get("width")) == pytest.approx(layout.width, abs=0.01)
    for box in layout.boxes.values():
        assert box.left >= 0
        assert box.top >= 0
        assert box.right <= layout.width
        assert box.bottom <= layout.height
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_the_apple_carries_the_documents_numbers():
    picture = depict(apple(), Options())
    assert [wire.labels for wire in picture.wires] == [
        ("100", "2.2"), ("2", "110"), ("200", "1.1"), ("1.1", "200"), ("220", "1")]  # fmt: skip
    assert picture.of_kind("output")[0].text == "지불 금액"


def test_apples_and_oranges_carry_the_answers_of_figure_5_17():
    labels = [wire.labels for wire in depict(apples_and_oranges(), Options()).wires]
    assert labels == [
        ("2", "110"), ("100", "2.2"), ("150", "3.3"), ("3", "165"),
        ("200", "1.1"), ("450", "1.1"), ("650", "1.1"), ("1.1", "650"), ("715", "1"),
    ]  # fmt: skip


def test_leaves_stand_in_the_order_written_from_the_top():
    drawing = apples_and_oranges().draw()
    leaves = drawing.picture.of_kind("leaf")
    assert [leaf.text for leaf in leaves] == ["사과의 개수", "사과", "귤", "귤의 개수", "소비세"]
    heights = [drawing.layout.boxes[leaf.id].y for leaf in leaves]
    assert heights == sorted(heights)


def test_the_main_line_is_straight():
    drawing = apple().draw()
    along = [wire for wire in drawing.picture.wires if wire.main]
    heights = {round(drawing.layout.boxes[wire.id].y, 1) for wire in along}
    assert len(along) == 3
    assert len(heights) == 1


def test_many_operands_enter_a_tall_operator_in_the_order_written():
    drawing = tg.sum([Value(k, f"v{k}") for k in range(9)]).draw()
    wires = [wire for wire in drawing.picture.wires if wire.target.startswith("op-")]
    ends = [drawing.layout.routes[wire.id][-1][1] for wire in wires]
    assert ends == sorted(ends)
    assert len(set(ends)) == 9


def test_forward_only_has_no_derivatives_and_backward_only_no_values():
    assert texts(apple().draw(direction="forward").svg(), "derivative") == []
    backward = apple().draw(direction="backward").svg()
    assert texts(backward, "value") == []
    assert texts(backward, "derivative") == ["2.2", "110", "1.1", "200", "1"]


def test_wrt_draws_backward_arrows_only_on_the_way_to_those_leaves():
    price = apple()
    fruit = price.parents[0].parents[0]
    assert texts(price.draw(wrt=[fruit]).svg(), "derivative") == ["2.2", "1.1", "1"]
    assert texts(price.draw(wrt=[]).svg(), "derivative") == []


def test_constants_have_no_backward_arrow():
    y = Value(3.0, "x") * 2 + constant(1, "t")
    y.backward()
    assert carried(y)["t"] == ("1",)
    assert texts(y.draw().svg(), "derivative") == ["2", "1", "1"]


def test_folded_constants_are_written_into_the_operator():
    x = Value(3.0, "x")
    y = 1 / (2 - x * 2 * 1.1 + 5)
    symbols = [part.text for part in depict(y, Options(constants="folded")).of_kind("operator")]
    assert symbols == ["×2", "×1.1", "2-", "+5", "1/"]
    assert [part.text for part in depict(x**2, Options()).of_kind("operator")] == ["**2"]


def test_a_value_used_twice_has_two_wires_with_a_contribution_each_and_their_sum_before():
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    picture = depict(y, Options())
    assert [(wire.id, wire.labels) for wire in picture.wires] == [
        ("wire-0", ("3", "6")), ("wire-1-0", ("3", "3")), ("wire-1-1", ("3", "3")), ("wire-1-out", ("9", "1"))
    ]  # fmt: skip
    assert picture.wires[0].target == "join-0"


def test_gradients_that_are_not_computed_look_different_from_zero():
    x = Value(3.0, "x")
    y = x * 0
    pending = y.draw().svg()
    assert texts(pending, "derivative pending-derivative") == ["?", "?"]
    assert "stroke-dasharray" in pending
    y.backward()
    computed = y.draw().svg()
    assert texts(computed, "derivative") == ["0", "1"]
    assert 'class="backward pending"' not in computed


def test_a_picture_differentiates_its_own_output_whatever_was_differentiated_before():
    x = Value(3.0, "x")
    y, z = x * x, x * 5
    y.backward()
    assert carried(z)["x"] == ("3", "?")
    z.backward(2.0)
    assert carried(z)["x"] == ("3", "10")
    assert carried(y)["x"] == ("3", "6")


def test_infinities_and_nan_are_drawn():
    with pytest.warns(RuntimeWarning):
        y = Value(1.0, "x") / 0
    y.backward()
    assert "∞" in texts(y.draw().svg())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_gives_well_formed_xml_that_shows_it_and_does_nothing(name):
    y = Value(1.0, name) * Value(2.0, name)
    y.name = name
    svg = y.draw().svg()
    root = ElementTree.fromstring(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "style", "rect", "g", "path", "text", "tspan"}
    for element in root.iter():
        assert not [key for key in element.attrib if key.startswith("on") or "href" in key]
    shown = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    start = printable(name).strip()[:10]
    assert sum(start in text for text in shown) == (3 if start else len(shown))


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_any_name_at_all_is_harmless_in_svg_and_dot(name):
    drawing = Value(1.0, name).draw()
    ElementTree.fromstring(drawing.svg())
    ElementTree.fromstring(f"<a>{drawing.svg()}</a>")
    lines = drawing.dot().splitlines()
    assert lines[-1] == "}"


def test_hostile_names_do_not_become_ports_labels_or_attributes_in_dot(tmp_path):
    source = hostile_names().draw().save(tmp_path / "hostile.dot").read_text(encoding="utf-8")
    plain = engine.run(source, time_limit=20)
    nodes = [line.split()[1] for line in plain.splitlines() if line.startswith("node")]
    assert all(re.fullmatch(r"(op|leaf|out|join)-\d+|\"(op|leaf|out|join)-\d+\"", node) for node in nodes)


def test_a_long_name_is_cut_in_the_picture_and_whole_in_its_tooltip():
    svg = (Value(1.0, "x" * 10_000) * 2).draw().svg()
    assert max(map(len, texts(svg))) <= 40
    titles = [title.text for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert "x" * 10_000 in titles


def test_widths_of_korean_emoji_and_marks():
    assert width("사과") == pytest.approx(2 * 0.93 * 14)
    assert width("e\u0301") == width("e")
    assert columns("사과😀e\u0301") == 7


def test_a_clipped_text_takes_all_the_columns_that_it_may():
    assert [clipped("abcdef", limit) for limit in (6, 5, 1)] == ["abcdef", "abcd…", "…"]
    assert [clipped("사과a개수", limit) for limit in (9, 8, 6, 5)] == ["사과a개수", "사과a개…", "사과a…", "사과…"]
    assert clipped("e\u0301" * 4 + "abc", 5) == "e\u0301" * 4 + "…"


@pytest.mark.parametrize("suffix", [".svg", ".png", ".dot", ".gv", ".txt"])
def test_saves_by_suffix(tmp_path, suffix):
    path = apple().draw().save(tmp_path / f"사과{suffix}")
    start = {".svg": b"<svg", ".png": b"\x89PNG", ".dot": b"// ", ".gv": b"// "}.get(suffix, b"")
    assert path.read_bytes().startswith(start)
    assert path.stat().st_size > 100
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_an_unknown_suffix_is_refused_with_those_that_exist(tmp_path):
    with pytest.raises(ValueError, match=r"apple\.jpeg.*\.svg, \.png, \.dot, \.gv, \.txt"):
        apple().draw().save(tmp_path / "apple.jpeg")
    with pytest.raises(ValueError, match="suffix"):
        apple().draw().save(tmp_path / "apple")


def test_saving_where_it_is_not_possible_says_so_and_leaves_nothing(tmp_path):
    drawing = apple().draw()
    with pytest.raises(FileNotFoundError, match="not there"):
        drawing.save(tmp_path / "nowhere" / "apple.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(IsADirectoryError, match="folder"):
        drawing.save(tmp_path / "folder.svg")
    (tmp_path / "file").write_text("kept")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        drawing.save(tmp_path / "file" / "apple.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.svg"]


def test_a_failed_save_leaves_the_old_file_as_it_was(tmp_path, monkeypatch):
    path = apple().draw().save(tmp_path / "apple.svg")
    before = path.read_bytes()

    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", disk_full)
    with pytest.raises(OSError, match="No space"):
        apples_and_oranges().draw().save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    saved = apple().draw().save(tmp_path / "apple.svg")
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_bad_options_are_refused_with_the_choices():
    y = apple()
    with pytest.raises(ValueError, match="direction='up' is unknown.*'both', 'forward', 'backward'"):
        y.draw(direction="up")
    with pytest.raises(ValueError, match="constants=.*'inputs', 'folded'"):
        y.draw(constants="hidden")
    with pytest.raises(ValueError, match="depth=0"):
        y.draw(depth=0)
    with pytest.raises(TypeError, match="wrt needs Values.*str 'x'"):
        y.draw(wrt=["x"])
    with pytest.raises(ValueError, match="not in the graph"):
        y.draw(wrt=[Value(1.0, "elsewhere")])
    with pytest.raises(TypeError, match=r"draw\(\) needs a Value, or several, not the int 3"):
        tg.draw(3)
    with pytest.raises(ValueError, match="engine='neato' is unknown"):
        y.draw(engine="neato").svg()


def test_a_graph_that_is_too_large_says_how_large_and_what_to_do():
    y = Value(1.0, "x")
    for _ in range(100_000):
        y = y * 1.0001
    start = time.perf_counter()
    with pytest.raises(TooLargeError, match=r"100,000 operators.*depth=3"):
        y.draw().svg()
    assert time.perf_counter() - start < 30
    part = y.draw(depth=3)
    assert repr(part) == "Drawing(3 operators, 4 leaves)"
    assert "⋯" in texts(part.svg())
    assert y._repr_mimebundle_() == {"text/plain": repr(y)}


def test_a_layout_that_takes_too_long_is_stopped_and_said():
    with pytest.raises(TooLargeError, match="did not finish within 0.001 s.*time_limit") as caught:
        apple().draw(time_limit=0.001).svg()
    assert re.search(r"연산이 .*개, 선이 .*0.001초 안에 끝나지 않았습니다. 일부만 그리세요", told(caught.value, "ko"))


@pytest.mark.parametrize("name", [None, "graphviz-pure", "dot"])
def test_without_a_layout_engine_the_error_names_both(name, monkeypatch):
    monkeypatch.setattr(engine.shutil, "which", lambda *_, **__: None)
    with pytest.raises(engine.EngineNotFoundError, match=r"pip install graphviz-pure.*Graphviz"):
        apple().draw(engine=name).svg()


def test_where_the_engine_of_pip_is_missing_the_system_s_draws(monkeypatch):
    which, pure = engine.shutil.which, engine.shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    monkeypatch.setattr(engine.shutil, "which", lambda name, path=None: pure if name == "dot" else None)
    svg = apple().draw().svg()
    monkeypatch.setattr(engine.shutil, "which", which)
    assert svg == apple().draw(engine="graphviz-pure").svg()


def test_an_engine_that_registers_is_tried_first_and_its_limit_is_said(monkeypatch):
    monkeypatch.setattr(engine, "ENGINES", dict(engine.ENGINES))
    expected, calls = apple().draw(engine="graphviz-pure").svg(), []

    def pure_again(source, time_limit):
        calls.append(time_limit)
        return engine.run(source, time_limit, "graphviz-pure")

    def late(source, time_limit):
        raise engine.LayoutTimeoutError(f"late did not finish within {time_limit:g} s")

    def absent(source, time_limit):
        raise engine.EngineNotFoundError

    engine.register("again", pure_again)
    engine.register("absent", absent)
    assert apple().draw(time_limit=7).svg() == expected
    assert calls == [7]
    engine.register("late", late)
    with pytest.raises(TooLargeError, match=r"2 operators and 5 wires, and late did not finish within 3 s"):
        apple().draw(time_limit=3).svg()
    with pytest.raises(ValueError, match="'dot', 'graphviz-pure', 'again', 'absent', 'late'"):
        apple().draw(engine="neato").svg()


def test_png_without_its_extra_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ImportError, match=r"tinygrad_kr\[png\]"):
        apple().draw().png()
    with pytest.raises(ValueError, match="scale=0 "):
        apple().draw().png(scale=0)


def test_a_notebook_shows_small_graphs_as_pictures():
    bundle = apple()._repr_mimebundle_()
    least = 0.6 * apple().draw().layout.width  # a long chain would be nothing but a line at the width of a window
    assert bundle["image/svg+xml"].startswith(f'<svg style="max-width: max(100%, {least:.0f}px); height: auto" ')
    assert bundle["text/plain"] == "Value(220, grad=1, name='지불 금액')"
    assert Value(1.0)._repr_mimebundle_() == {"text/plain": "Value(1)"}


def test_a_drawing_keeps_the_numbers_of_its_moment():
    x = Value(3.0, "x")
    y = x * x
    drawing = y.draw()
    y.backward()
    x.data = 7
    assert "?" in texts(drawing.svg())
    assert "3" in texts(drawing.svg())


def test_drawing_does_not_change_the_graph():
    y = apple()
    leaf = y.parents[1]
    y.draw().svg()
    assert (y.grad, leaf.grad, leaf.name) == (1.0, 200.0, "소비세")


def test_the_same_graph_gives_the_same_picture():
    assert apples_and_oranges().draw().svg() == apples_and_oranges().draw().svg()


def test_pictures_need_no_graphviz_on_the_path(tmp_path):
    code = "from tinygrad_kr import Value; print((Value(2.0, 'x') * 3).draw().svg()[:4])"
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout == "<svg\n", done.stderr


def test_numbers_are_written_as_people_write_them():
    x = Value(3.3000000000000003, "x")
    assert carried(x * 1400, grouping=True)["x"] == ("3.3", "?")
    assert "4,620" in texts((x * 1400).draw(grouping=True).svg())
    assert carried(Value(1 / 3, "y") * 1, digits=3)["y"][0] == "0.333"


def test_numbers_in_symbols_have_the_digits_that_were_asked_for():
    x = Value(2.0, "x")
    y = x * (1 / 3) + 1650000
    y.name = "y"
    assert carried(y, labels="symbols", digits=4, grouping=True)["leaf-0"] == ("x", "0.3333∂L/∂y")
    assert carried(y, labels="symbols", digits=4, grouping=True)["leaf-3"] == ("1,650,000",)
    assert carried(y, labels="fractions", digits=4, grouping=True)["leaf-1"] == ("0.3333",)
    assert carried((x + 1) ** (1 / 3), labels="symbols", digits=2)["**0.33"] == ("(x+1)^(0.33)", "1")
    assert "∂z/∂x = 0.33x^(-0.67) = 0.21" in (x ** (1 / 3)).explain(x, digits=2).text()


def test_letters_of_long_expressions_are_explained_below():
    x, v, z = Value(2.0, "x"), Value(1.0, "v_1"), Value(0.5, "z")
    long = tg.exp(x * v + tg.sin(x + z) * tg.cos(v * z) * tg.tanh(z))
    y = tg.log(long) * z
    y.name = "y"
    drawing = y.draw(labels="symbols")
    definition = "v₂ = exp(xv₁+sin(x+z)cos(v₁z)tanh(z))"
    assert drawing.text().splitlines()[-2:] == ["", definition]
    root = ElementTree.fromstring(drawing.svg())
    assert [note.get("aria-label") for note in root.iter() if note.get("class") == "note"] == [definition]
    boxes = drawing.layout.boxes
    assert max(box.bottom for id, box in boxes.items() if "note" not in id) <= boxes["note-1"].top
    assert boxes["note-1"].bottom <= drawing.layout.height
    assert r"{v}_{2} = \exp(x{v}_{1}+\sin(x+z)\cos({v}_{1}z)\tanh(z))" in drawing.tikz()
    assert f'label="{definition}"' in drawing.dot()
    assert "v₂ =" not in y.draw(labels="numbers").text() + y.draw(labels="symbols", depth=2).text()


def test_the_files_of_the_figures_can_be_found_again(tmp_path):
    assert apple().draw().save(str(tmp_path / "a.svg")) == Path(tmp_path / "a.svg")


def test_wires_are_counted_before_anything_is_laid_out():
    wide = tg.sum([Value(float(k)) for k in range(4000)])
    with pytest.raises(TooLargeError, match="the graph has 4,001 wires; at most 4,000 are drawn in one picture"):
        wide.draw().svg()
    assert wide.draw().dot().count("label=") > 4000
    assert wide.draw(labels="symbols").dot().count("label=") > 4000


def test_a_sum_of_a_thousand_leaves_is_drawn_with_its_operands_in_order():
    drawing = tg.sum([Value(float(k), f"x{k}") for k in range(1000)]).draw(time_limit=10)
    heights = [drawing.layout.boxes[leaf.id].y for leaf in drawing.picture.of_kind("leaf")]
    assert heights == sorted(heights)


def test_a_graph_whose_layout_would_take_too_long_is_refused_at_once(monkeypatch):
    x = z = Value(1.0, "x")
    for _ in range(400):
        z = tg.sin(z) * 1.01 + x
    monkeypatch.setattr(engine, "ENGINES", {})
    with pytest.raises(TooLargeError, match=r"1,200 operators .* would take about \d+ s, .* time_limit is 20 s"):
        z.draw().svg()
    with pytest.raises(engine.EngineNotFoundError):  # with more time it is tried
        z.draw(time_limit=100).svg()


def test_an_overview_has_arrows_and_no_labels():
    loss = softmax_in_blocks()
    overview = loss.draw(labels="none")
    assert [part.text for part in overview.picture.of_kind("block")] == ["Softmax", "Cross Entropy Error"]
    assert texts(overview.svg(), "value") == texts(overview.svg(), "derivative") == []
    whole = loss.draw(labels="none", blocks="hidden")
    assert whole.layout.width < loss.draw(blocks="hidden").layout.width / 1.5
    assert whole.svg().count('class="backward"') == loss.draw(blocks="hidden").svg().count('class="backward"')
    assert 'class="forward ahead"' not in whole.svg()
    fresh = Value(2.0, "x") * 3
    assert fresh.draw(labels="none").svg().count('class="backward pending"') == 2
    assert "?" not in fresh.draw(labels="none").text()


def test_a_leaf_that_is_used_two_hundred_times_is_drawn():
    x = z = Value(1.0, "x")
    for _ in range(200):
        z = z * x
    assert z.draw(time_limit=10).svg().count('class="operator"') == 200


# ── Files that are links, pipes, or full ──────────────────────────────────────────────────────────────


def test_a_link_is_kept_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "target.svg").write_text("old")
    (tmp_path / "link.svg").symlink_to(tmp_path / "target.svg")
    Value(2.0, "x").draw().save(tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "target.svg").read_text().startswith("<svg")


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe.svg"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        Value(2.0, "x").draw().save(pipe)
        assert read.result(timeout=20).startswith("<svg")
    assert pipe.is_fifo()


def test_a_full_disk_names_the_file_and_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "graph.svg"
    file.write_text("old")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"can't save '.*graph\.svg': No space left on device; make room on the disk"):
        Value(2.0, "x").draw().save(file)
    assert file.read_text() == "old"
    assert [*tmp_path.iterdir()] == [file]


def test_a_file_name_that_is_too_long_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(OSError, match=r"^can't save '.*aaa…: File name too long; choose another file$"):
        Value(2.0, "x").draw().save(tmp_path / f"{'a' * 300}.svg")


def test_a_name_of_millions_of_letters_is_drawn_at_once():
    for letter in ("a", "가", "\x1b"):
        x = Value(2.0, letter * 3_000_000)
        y = x * 3
        y.backward()
        started = time.process_time()
        for picture in (y.draw().svg(), y.draw(labels="symbols").svg(), y.draw().text(), str(y.explain(x))):
            assert len(picture) < 120_000
        assert time.process_time() - started < 10


def test_a_buffer_is_no_path():
    with pytest.raises(TypeError, match=r"save\(\) needs the path of a file, not <_io\.BytesIO"):
        Value(2.0).draw().save(io.BytesIO())


@pytest.mark.parametrize("seed", ["a+b", "-E", "∂L/∂y·2", "\x1b[31m", "E\x00", "\u202eE", "\ud800", "x y"])
@pytest.mark.parametrize("labels", ["symbols", "fractions"])
def test_a_seed_that_is_no_symbol_is_refused(seed, labels):
    with pytest.raises(ValueError, match=r"seed=.* is not a symbol; expected a name such as 'E'"):
        (Value(2.0, "x") * 3).draw(labels=labels, seed=seed).text()


@pytest.mark.parametrize("labels", ["numbers", "symbols", "products", "fractions", "both"])
def test_no_sign_of_a_name_commands_a_terminal(labels):
    x, y = Value(2.0, "\x1b[31mred\x1b[2J"), Value(3.0, "\u202e\ud800\r\x9b")
    z = x * y
    z.name = "\x1b]0;title\x07"
    z.backward()
    text = z.draw(labels=labels).text()
    assert not set(text) & set("\x1b\x07\r\x9b\u202e\ud800\0")
    text.encode("utf-8")


def test_products_of_what_arrives_and_the_local_derivative():
    x, y = Value(1.0, "x"), Value(2.0, "y")
    z = (x + y) ** 2
    z.name = "z"
    labels = [wire.labels for wire in depict(z, Options(labels="products", seed="1")).wires]
    assert labels == [("x", "2(x+y)·1"), ("y", "2(x+y)·1"), ("t", "1·2t = 2(x+y)"), ("z", "1")]
    w = x - y * 3
    w.name = "w"
    assert ("t", "∂L/∂w·(-1) = -∂L/∂w") in [wire.labels for wire in depict(w, Options(labels="products")).wires]


@pytest.mark.parametrize("labels", ["numbers", "symbols", "products", "fractions"])
@pytest.mark.parametrize("word", ["loss", "F3", "x1w1", "합계"])
def test_a_name_is_not_said_to_be_itself(labels, word):
    total = Value(1.0, "a") + Value(2.0, "b")
    total.name = word
    picture = depict(total * Value(3.0, "c"), Options(labels=labels))
    said = [str(wire.value) for wire in picture.wires if " = " in wire.value]
    assert said == ([f"{mathtext.text(mathtext.name(word))} = 3"] if labels == "numbers" else [])


@pytest.mark.parametrize(("x", "says"), [(0.0, True), (1.0, False)])
def test_a_kink_says_that_a_convention_was_used(x, says):
    svg = Value(x, "x").relu().draw().svg()
    assert ("꺾이는 점이라 약속에 따른 미분입니다" in svg) == says
    assert ("by convention" in svg) == says


# ── What where did not take ───────────────────────────────────────────────────────────────────────────


def test_a_branch_that_was_not_taken_leaves_its_leaf_and_brings_nothing_back():
    x = Value(-2, "x")
    y = tg.where(x > 0, x, -x)
    y.backward()
    picture = y.draw().picture
    assert [part.text for part in picture.of_kind("leaf")] == ["", "x"]
    (stem,) = [part.id for part in picture.of_kind("junction")]
    arriving = [(w.source == stem, w.value, w.derivative) for w in picture.wires if w.target.startswith("op-4")]
    assert arriving == [(False, "거짓", None), (True, "-2", None), (False, "2", "1")]
    assert [w.derivative for w in picture.wires if w.target == stem] == ["-1"]
    english = y.draw(language="en").picture
    assert "False" in [wire.value for wire in english.wires]
    with pytest.raises(ValueError, match="language='fr' is unknown"):
        y.draw(language="fr")


@pytest.mark.parametrize(("a", "idle"), [(4.0, "wire-{}-2"), (2.0, "wire-{}-1")])
def test_the_branch_that_was_not_taken_is_dashed_whatever_it_is(a, idle):
    a, b = Value(a, "a"), Value(3, "b")
    y = tg.where(a > b, a * b, a + 1)
    picture = y.draw().picture
    (chosen,) = [part.id.removeprefix("op-") for part in picture.parts.values() if part.text == "where"]
    assert [wire.id for wire in picture.wires if wire.is_idle] == [idle.format(chosen)]
    assert y.draw().svg().count('class="forward idle"') == 1
    assert ".idle path" in y.draw().svg()
    assert ".idle path" not in (a * b).draw().svg()
    assert y.draw(direction="forward").dot().count("style=dashed") == 1
    assert y.draw().tikz().count("forward, idle") == 1
    assert 'class="forward idle"' not in y.play().html()  # there the condition can change


def test_a_condition_that_has_a_name_or_is_no_condition_keeps_its_number():
    named = tg.where(constant(1, "c"), Value(2, "x"), 3.0)
    assert "1" in [wire.value for wire in named.draw().picture.wires]
    assert "1" in [wire.value for wire in (Value(2, "x") + 1).draw().picture.wires]
    assert "참" in [wire.value for wire in tg.where(True, Value(2, "x"), 3.0).draw().picture.wires]


def test_a_detached_leaf_is_a_branch_without_a_way_back():
    x = Value(3, "x")
    y = x * x.detach()
    y.backward()
    wires = y.draw().picture.wires
    assert [(wire.value, wire.derivative) for wire in wires] == [("3", "3"), ("3", "3"), ("3", None), ("9", "1")]
    other = (x * constant(4, "x")).draw()
    assert [part.text for part in other.picture.of_kind("leaf")] == ["x", "x"]


def test_a_page_keeps_constants_apart_from_the_leaves_that_change():
    x = Value(-2, "x")
    y = tg.where(x > 0, x, -x)
    assert '"constant":true' in y.play().html()
