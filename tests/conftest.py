"""What every test file shares: how much hypothesis tries, and which tests this machine can run.

``pytest --hypothesis-profile=fuzz`` tries long. Tests marked ``browser``, ``node`` or ``torch`` are left out where
what they need is missing, those marked ``slow`` or ``fuzz`` always, and a line says so; asked for by name
(``-m browser``) they run or fail.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import Phase, settings

PHASES = [phase for phase in Phase if phase is not Phase.explain]  # to explain takes longer than to find and to shrink
settings.register_profile("default", deadline=None, max_examples=100, phases=PHASES)
settings.register_profile("fuzz", deadline=None, max_examples=20_000, phases=PHASES)
settings.load_profile("default")

SITE = Path(__file__).parent.parent / "build" / "site" / "index.html"
LEFT_OUT = pytest.StashKey[list[str]]()
AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def missing(marker: str) -> str | None:
    """What a marked test lacks here, or None."""
    if marker == "browser":
        ready = CHROMIUM and find_spec("playwright") and AXE.exists()
        return None if ready else "Chromium, the extra 'browser' and npm install"
    if marker == "site":
        return missing("browser") or (None if SITE.exists() else "nox -s site")
    if marker == "node":
        return None if NODE else "node"
    if marker == "torch":
        return None if find_spec("torch") else "PyTorch"
    return f"-m {marker}"


def pytest_configure() -> None:
    """Let Ctrl-C arrive where tests send it, also in the background, where a shell has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported and collected stays until the end: the garbage collector need not go through it ever again.

    Eight thousand tests are much to go through: it took a sixth of the time of all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the marked tests that can't run here and weren't asked for."""
    asked = config.getoption("markexpr") or ""
    left_out: dict[str, list[pytest.Item]] = {}
    for marker in ("browser", "site", "node", "torch", "slow", "fuzz"):
        if marker not in asked and missing(marker):
            left_out[marker] = [item for item in items if item.get_closest_marker(marker)]
    gone = {item for marked in left_out.values() for item in marked}
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=list(gone))
    config.stash[LEFT_OUT] = [
        f"{len(marked)} marked {marker} (needs {missing(marker)})" for marker, marked in left_out.items() if marked
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in a line each what was left out, and how many of the wrong tables the tests have caught."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ())]
    scores = [score for report in reports for name, score in report.user_properties if name == "mutants"]
    if scores:
        terminalreporter.write_line("mutants caught: {} of {}".format(*map(sum, zip(*scores))))
    if config.stash.get(LEFT_OUT, None):
        terminalreporter.write_line("left out: " + ", ".join(config.stash[LEFT_OUT]))


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
    environment = {**os.environ, "LANG": "ko_KR.UTF-8"}
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet, env=environment)
        yield running
        running.close()


@pytest.fixture(scope="module")
def page(browser):
    """A page to show pictures in, which collects the console's errors."""
    page = browser.new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: (page.problems.append("a dialog"), dialog.dismiss()))
    yield page
    page.close()


@pytest.fixture
def living(browser, tmp_path):
    """Opens the page of a value, its steps done unless ``steps="none"``; in the end, nothing may have been printed or
    fetched.
    """
    from living import Living

    opened = []

    def open_page(value, *, locale="ko-KR", width=1200, height=900, play=None, steps="all", **context):
        path = value.play(**(play or {})).save(tmp_path / f"page-{len(opened)}.html")
        made = browser.new_context(locale=locale, viewport={"width": width, "height": height}, offline=True, **context)
        here = Living(made.new_page())
        here.page.goto(path.as_uri())
        here.page.locator("body:not([aria-busy])").wait_for()
        if steps == "all":
            here.page.evaluate("document.getElementById('last').click()")
        opened.append(here)
        return here

    yield open_page
    for here in opened:
        assert here.problems == []
        here.page.context.close()


@pytest.fixture(
    scope="module",
    params=[pytest.param("node", marks=pytest.mark.node), pytest.param("browser", marks=pytest.mark.browser)],
)
def javascript(request):
    """Evaluates an expression on some data with the page's DOM-free modules in scope."""
    from scripts import Node, scripts

    engine = Node(NODE) if request.param == "node" else request.getfixturevalue("browser").new_page()
    yield scripts(engine.evaluate)
    engine.close()
