"""A page that is open in Chromium, and what a reader does with it."""

import math

TABLE = """[...document.querySelectorAll("#table tbody tr")].map(
  (row) => [...row.querySelectorAll("data")].map((data) => data.value))"""


class Living:
    """A page that is open in Chromium, and what a reader does with it."""

    def __init__(self, page):
        self.page = page
        self.problems = []
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("dialog", lambda dialog: (self.problems.append("a dialog"), dialog.dismiss()))
        page.on("request", lambda request: self.problems.append(request.url) if request.url[:5] != "file:" else None)

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def label(self, wire, kind="derivative"):
        return self.page.locator(f"[id={wire}-{kind}]").text_content()

    def set(self, name, text):
        self.page.get_by_label(name, exact=True).fill(text)

    def slide(self, name, number):
        self.page.get_by_label(f"{name} 슬라이더").evaluate(
            "(slider, number) => { slider.value = number; slider.dispatchEvent(new Event('input')); }", number
        )

    @property
    def sentence(self):
        return [line for line in self.text("#sentence").splitlines() if line]

    def lit(self, kind="lit", of="*"):
        script = "([kind, of]) => [...document.querySelectorAll(`#sheet ${of}.${kind}[id]`)].map(e => e.id)"
        return set(self.page.evaluate(script, [kind, of]))

    def numbers(self):
        """Value and derivative of each node, to the last bit."""
        self.page.evaluate("document.getElementById('all').open = true")
        self.page.wait_for_function("() => document.querySelector('#table data').value !== ''")
        return [[float(text) if text else math.nan for text in row] for row in self.page.evaluate(TABLE)]
