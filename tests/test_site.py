"""The site in Chromium: the playground computes, stops, shares, works without a network, and lets nothing out."""

import base64
import functools
import html.parser
import http.server
import re
import subprocess
import sys
import threading
import urllib.parse
import zlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.site

ROOT = Path(__file__).parent.parent
SITE = ROOT / "build" / "site"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
APPLE = "apple = Value(100)\nprice = apple * 2\nprice.backward()\nprice"
LIMIT = 120_000  # milliseconds until Python is there, on a busy machine


class Server(http.server.ThreadingHTTPServer):
    """The folder, as any server serves it; remembers what it was asked for."""

    daemon_threads = True

    def __init__(self):
        self.asked = []
        server = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                server.asked.append(self.path)

        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=SITE))
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def server():
    running = Server()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")
def context(browser):
    """A visitor's browser, which notes every request to another host and every complaint."""
    made = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 900})
    made.foreign, made.problems = [], []
    made.on("request", lambda request: made.foreign.append(request.url))
    made.on("console", lambda message: made.problems.append(message.text) if message.type == "error" else None)
    made.on("weberror", lambda error: made.problems.append(str(error.error)))
    yield made
    made.close()


class Playground:
    """A reader of the playground."""

    def __init__(self, page, address, fragment=""):
        self.page = page
        page.goto(f"{address}/playground/{fragment}")

    def settle(self):
        self.page.locator("#state:is([data-state=ready], [data-state=broken])").wait_for(timeout=LIMIT)
        return self

    def write(self, program):
        self.page.locator("#editor .cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(program)

    def run(self, program):
        self.write(program)
        self.page.click("#run")
        return self.settle()

    def text(self, name):
        return self.page.locator(f"#{name}").text_content()

    @property
    def living(self):
        return self.page.frame_locator("#living").frame_locator("iframe")

    @property
    def state(self):
        return self.page.locator("#state").get_attribute("data-state")


@pytest.fixture(scope="module")
def playground(context, server):
    """One that is ready; tests share it, for Python takes seconds to start."""
    return Playground(context.new_page(), server.address).settle()


# ── Opening ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_apple_can_be_stepped_through_before_python_is_there(context, server):
    page = context.new_page()
    page.route("**/pyodide/**", lambda route: None)  # never answered
    page.goto(f"{server.address}/playground/")
    living = page.frame_locator("#living").frame_locator("iframe")
    living.locator("#step").fill("0")
    living.locator("#forth").click()
    assert living.locator("#place").text_content().startswith("1 / ")
    assert "200" in living.locator("#sentence").text_content()
    page.click("#tab-table")
    assert page.locator("#table tbody tr").first.locator("td").all_text_contents()[:4] == ["사과", "", "100", "2.2"]
    assert page.locator("#state").get_attribute("data-state") == "starting"
    page.click("#run")  # is remembered until Python is there
    assert page.locator("#stop").is_enabled()
    page.close()


def test_the_program_that_is_there_computes_what_was_prepared(playground):
    names = ("words", "table", "output")
    before = [playground.living.locator("#graph").text_content(), *map(playground.text, names)]
    playground.page.click("#run")
    playground.settle()
    assert [playground.living.locator("#graph").text_content(), *map(playground.text, names)] == before
    assert playground.text("output") == "Value(220, grad=1, name='금액')\n"


# ── Running ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_shows_its_picture_its_table_and_its_words(playground):
    playground.run(f"print('안녕')\n{APPLE}")
    page = playground.page
    assert playground.text("output") == "안녕\nValue(200, grad=1, name='price')\n"
    page.click("#tab-picture")
    assert page.locator("#picture").evaluate("picture => picture.naturalWidth") > 100
    assert "price" in page.locator("#picture").get_attribute("alt")
    page.click("#tab-table")
    assert page.locator("#table tbody tr td:nth-child(4)").all_text_contents() == ["2", "", "1"]
    page.click("#tab-words")
    assert "price에서 apple까지" in playground.text("words")
    page.keyboard.press("ArrowLeft")  # tabs are walked through with arrows
    page.keyboard.press("ArrowRight")
    page.click("#tab-living")
    playground.living.get_by_text("price").first.wait_for()


def test_the_picture_is_that_of_the_documents(playground):
    program = (
        'apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")\n'
        'price = apple * count * tax\nprice.name = "지불 금액"\nprice.backward()\nprint(price.draw().svg())'
    )
    playground.run(program)
    picture = playground.text("output").rpartition("</svg>")[0] + "</svg>\n"
    assert picture == (ROOT / "docs" / "figures" / "fig-5-14-16-apple.svg").read_text("utf-8")


def test_every_example_runs(playground):
    examples = playground.page.locator("#examples option")
    titles = examples.all_text_contents()[1:]
    assert len(titles) >= 26
    for place, title in enumerate(titles):
        playground.page.select_option("#examples", str(place))
        playground.settle()
        assert (title, playground.text("failure")) == (title, "")
        assert playground.page.locator("#tab-picture").is_visible(), title


def test_one_expression_is_computed(playground):
    page = playground.page
    page.fill("#expression", "귤 × 3 + exp(x) * pi")
    assert page.locator("#numbers label").all_text_contents() == ["귤 =", "x ="]
    page.locator("#numbers input").first.fill("150")
    page.locator("#numbers input").last.fill("0")
    page.locator("#expression").press("Enter")
    playground.settle()
    assert playground.text("output").startswith("Value(453.141592654, grad=1")
    page.fill("#expression", "귤 × ")
    page.locator("#expression").press("Enter")
    playground.settle()
    assert playground.text("failure").startswith("'*' 뒤에는 수, 이름, '(' 가운데 하나가 와야 하는데")


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("x = 1\ny = x +", "2번째 줄:     y = x +\n           ^\nSyntaxError: invalid syntax"),
        ("x = Value(2)\n\nx.draw(quiz=3)", "3번째 줄: "),
        ("Affine", "1번째 줄: 놀이터에는 NumPy가 없습니다"),
        ("import sys\nsys.exit()", "2번째 줄: SystemExit"),
        ("def f(n):\n    return f(n)\nf(1)", "2번째 줄: RecursionError"),
        ("Value(1)(2)", "1번째 줄: TypeError: 'Value' object is not callable\n곱셈은 *로 씁니다"),
    ],
)
def test_errors_are_in_the_package_s_words_and_name_the_line(playground, program, sentence):
    assert playground.run(program).text("failure").startswith(sentence)
    assert playground.state == "ready"


def test_a_chain_of_100_000_is_built_differentiated_and_freed(playground):
    program = "x = y = Value(1.0)\nfor _ in range(100_000):\n    y = y + x\ny.backward()\nprint(x.grad)\n"
    program += "del y\nprint('freed')"
    assert playground.run(program).text("output").startswith("100001.0\nfreed\n")
    program = "x = ()\nfor _ in range(100_000):\n    x = (x,)\ndel x\nprint('freed')"
    assert playground.run(program).text("output") == "freed\n"


def test_without_threads_a_deadline_is_none_and_the_doctor_says_what_draws(playground):
    program = "from tinygrad_kr.checking.deadline import deadline\nwith deadline(0.01):\n    print(sum([1, 2]))\n"
    program += "from tinygrad_kr.shell.doctor import findings\nfor finding in findings():\n    print(finding)"
    output = playground.run(program).text("output")
    assert playground.text("failure") == ""
    assert output.startswith("3\n")
    assert re.search(r"viz\.js', found='(works|됨)', is_well=True", output)


def test_a_layout_that_takes_too_long_is_ended_and_the_next_one_is_made(playground):
    program = (
        "from tinygrad_kr.drawing.engine import run\n"
        "edges = ''.join(f'{k * 7 % 400} -> {k * 31 % 401};' for k in range(3000))\n"
        "run('digraph {' + edges + '}', time_limit=0.2)"
    )
    assert "viz.js did not finish within 0.2 s" in playground.run(program).text("failure")
    playground.run(APPLE)
    assert playground.page.locator("#tab-picture").is_visible()


def test_an_endless_loop_is_stopped_and_python_is_there_again(playground):
    playground.write("while True:\n    print('끝없이')")
    playground.page.keyboard.press("ControlOrMeta+Enter")
    playground.page.locator("#state[data-state=busy]").wait_for()
    playground.page.locator("#output").get_by_text("…").wait_for(timeout=LIMIT)  # what it prints has an end
    playground.page.click("#stop")
    assert playground.settle().text("note") == "멈췄습니다. 파이썬을 다시 시작합니다."
    assert playground.run("1 + 1").text("output") == "2\n"


def test_who_asks_twice_gets_one_result_after_the_other(playground):
    playground.write("import time\ntime.sleep(0.5)\nprint('once')")
    for _ in range(2):
        playground.page.keyboard.press("ControlOrMeta+Enter")
    assert playground.settle().text("output") == "once\n"


def test_what_ends_python_is_said_and_python_starts_anew(playground):
    playground.run("x = []\nfor _ in range(100_000):\n    x = [x]\nrepr(x)")
    assert (playground.state, playground.text("failure")) == ("broken", "Maximum call stack size exceeded")
    assert playground.run("1 + 1").text("output") == "2\n"


def test_where_python_can_t_wait_it_draws_as_well(browser, server):
    page = browser.new_page(service_workers="block")  # as in browsers without JSPI
    lacking = "delete WebAssembly.Suspending; delete WebAssembly.promising;\n"
    script = lacking + (SITE / "playground" / "worker.js").read_text("utf-8")
    page.route("**/worker.js", lambda route: route.fulfill(content_type="text/javascript", body=script))
    playground = Playground(page, server.address).settle()
    playground.run(f"{APPLE}\nimport js\nprint(hasattr(js.WebAssembly, 'Suspending'))\nprice")
    assert playground.text("output") == "False\nValue(200, grad=1, name='price')\n"
    assert page.locator("#tab-picture").is_visible()
    page.close()


def test_all_of_it_can_be_reached_by_keyboard(playground):
    page = playground.page
    reached = []
    page.focus("#expression")
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.closest('[id]')?.id"))
    order = ["expression-form", "numbers", "examples", "editor", "run", "share"]  # the button of the form has no id
    assert [name for name in dict.fromkeys(reached) if name in order] == order
    page.focus("#run")
    page.keyboard.press("Enter")
    assert playground.settle().text("failure") == ""


# ── Letting nothing out ───────────────────────────────────────────────────────────────────────────────

HOSTILE = """
import js
for name in ("fetch", "XMLHttpRequest", "WebSocket", "caches", "indexedDB", "navigator", "Worker", "importScripts",
             "postMessage", "document", "localStorage", "BroadcastChannel", "EventSource", "location"):
    print(name, hasattr(js, name))
for code in ("fetch('/stolen')", "import('https://example.com/x.js')"):
    try:
        js.eval(code)
    except Exception as error:
        print("eval:", "Content Security Policy" in str(error))
    try:
        js.Function.new(code)()
    except Exception as error:
        print("Function:", "Content Security Policy" in str(error))
"""


def test_a_program_reaches_neither_the_page_nor_the_network_nor_what_is_kept(playground, server):
    lines = playground.run(HOSTILE).text("output").splitlines()
    assert len(lines) == 14 + 4
    assert [line for line in lines if not re.fullmatch(r"\w+ False|(eval|Function): True", line)] == []
    assert "/stolen" not in server.asked


MARKUP = """
LEAVE = ""
from tinygrad_kr.page import Page
class Evil(Page):
    def html(self):
        return ("<script>try { parent.parent.document.title = 'mine' } catch { document.title = 'refused' }"
                "fetch('/stolen').catch(() => 0)</script><img src='/stolen'><b>shown</b>" + LEAVE)
x = Value(1, "<img src=/stolen onerror=alert(1)>")
print("<b>bold</b>")
Evil([x], x.draw().source()[1], "title")
"""


def test_what_a_program_shows_stays_text_or_in_a_frame_without_a_network(playground, server):
    playground.run(MARKUP)
    assert playground.text("output").startswith("<b>bold</b>\n")
    playground.living.get_by_text("shown").wait_for()
    assert playground.page.title() == "tinygrad_kr · 놀이터"
    assert playground.page.locator("#views img[src*=stolen]").count() == 0
    playground.run(MARKUP.replace('LEAVE = ""', "LEAVE = '<script>location = \"/stolen\"</script>'"))
    assert playground.run(APPLE).text("failure") == ""
    assert "/stolen" not in server.asked


def fragment(program):
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(program.encode()) + packer.flush()
    return "#program=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def test_a_link_brings_a_program_that_runs_at_a_click_only(playground, context, server):
    other = Playground(context.new_page(), server.address, fragment("print(6 * 7)")).settle()
    page = other.page
    assert "링크로 왔습니다" in other.text("note")
    assert (other.text("output"), page.locator(".cm-content").inner_text().strip()) == ("", "print(6 * 7)")
    page.click("#run")
    assert other.settle().text("output") == "42\n"
    page.click("#share")
    page.locator("#note:visible").wait_for()
    assert zlib.decompress(base64.urlsafe_b64decode(page.url.partition("program=")[2] + "==="), -15) == b"print(6 * 7)"
    for broken in ("#program=AAAA", "#program=%22%3E%3Cscript%3E", fragment("#" * 300_000)):
        page.goto("about:blank")
        page.goto(f"{server.address}/playground/{broken}")
        page.get_by_text("링크의 프로그램을 읽을 수 없습니다.").wait_for()
    assert not any("print" in urllib.parse.unquote(path) or "program=" in path for path in server.asked)
    page.close()


def test_the_makers_do_as_their_docstrings_say():
    for name in ("examples", "pages"):
        program = f"import doctest, making.{name} as module; print(*doctest.testmod(module))"
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT / "site", capture_output=True, text=True)
        assert done.stdout == "0 1\n", done.stdout + done.stderr


# ── Everybody, everywhere ─────────────────────────────────────────────────────────────────────────────


def test_after_a_visit_it_works_without_a_network(browser):
    context, server = browser.new_context(), Server()
    Playground(context.new_page(), server.address).page.evaluate("() => navigator.serviceWorker.ready.then(() => 0)")
    server.shutdown()
    server.server_close()
    again = Playground(context.new_page(), server.address).settle()
    assert again.run(APPLE).text("output") == "Value(200, grad=1, name='price')\n"
    again.living.locator("#sheet svg").wait_for()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_playground_fits_and_axe_has_nothing_to_say(context, server, width, scheme):
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.route("**/pyodide/**", lambda route: None)
    page.goto(f"{server.address}/playground/")
    page.frame_locator("#living").frame_locator("iframe").locator("#sheet svg").wait_for()
    page.evaluate(AXE.read_text("utf-8"))
    for view in ("living", "picture", "table", "words"):
        page.click(f"#tab-{view}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, view
        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == [], view
    page.close()


# ── The documentation ─────────────────────────────────────────────────────────────────────────────────


class Links(html.parser.HTMLParser):
    """What a page links to, what it loads, and the places in it."""

    def __init__(self, file):
        super().__init__()
        self.links, self.loads, self.places = [], [], set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.places |= {given[name] for name in ("id", "name") if name in given}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]
        is_loaded = tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") in ("stylesheet", "icon"))
        self.loads += [given[name] for name in ("href", "src") if given.get(name) and is_loaded]


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere():
    found = {file: Links(file) for file in SITE.rglob("*.html")}
    assert len(found) > 80
    astray = []
    for file, page in found.items():
        astray += [(file.name, link) for link in page.loads if "://" in link]
        for link in page.links:
            address, _, place = link.partition("#")
            if ":" in address:
                continue
            target = (file.parent / urllib.parse.unquote(address.partition("?")[0])).resolve() if address else file
            target = target / "index.html" if target.is_dir() else target
            place = urllib.parse.unquote(place)
            if not target.exists() or (place and target in found and place not in found[target].places):
                astray.append((str(file.relative_to(SITE)), link))
    assert astray == []


@pytest.mark.parametrize(
    ("language", "word", "page"),
    [
        ("ko", "법칙", "notebooks/02_연쇄법칙.html"),
        ("ko", "역전파", "notebooks/03_역전파.html"),
        ("ko", "Value", "api/engine.html"),
        ("en", "derivatives", "derivatives.html"),
        ("en", "사과", "tour.html"),
    ],
)
def test_the_search_finds_words_within_words(context, server, language, word, page):
    tab = context.new_page()
    tab.goto(f"{server.address}/{language}/search.html?q={word}")
    tab.locator("#search-results li a").first.wait_for()
    hits = tab.locator("#search-results li a").evaluate_all("links => links.map(link => decodeURI(link.pathname))")
    assert f"/{language}/{page}" in hits
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "name", ["", "ko/", "en/drawing.html", "ko/notebooks/02_연쇄법칙.html", "en/api/learning.html"]
)
def test_pages_fit_and_axe_has_nothing_to_say(context, server, name, width, scheme):
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{server.address}/{name}")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == []
    page.close()


def test_nothing_was_asked_of_another_host(context, server):
    asked = [url for url in context.foreign if not url.startswith(("blob:", "data:", "about:"))]
    hosts = {urllib.parse.urlsplit(url).netloc for url in asked}
    assert hosts == {urllib.parse.urlsplit(server.address).netloc}
