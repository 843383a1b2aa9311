"""The page's JavaScript without a page: what its DOM-free modules compute, under node or in a browser."""

import json
import math
import subprocess

from tinygrad_kr.engine.ops import OPS
from tinygrad_kr.page.page import _script
from tinygrad_kr.targets.javascript import NAMES

NODE = """
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { code, data } = JSON.parse(line);
  let answer;
  try { answer = { value: (0, eval)(code)(data) }; } catch (error) { answer = { error: error.stack }; }
  console.log(JSON.stringify(answer));
});
"""


class Node:
    """A running node, which evaluates functions as a browser's page does."""

    def __init__(self, node):
        self.process = subprocess.Popen(
            [node, "-e", NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def evaluate(self, code, data=None):
        """What the function gives for the data."""
        self.process.stdin.write(json.dumps({"code": code, "data": data}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Everything:
    """Stands for a graph that uses the whole table."""

    ops = OPS


EXPORTS = {
    "engine": ("evaluate", "pieces", "prepare"),
    "numerals": ("exact", "fitting", "numeral", "plain", "raised", "read"),
    "quiz": ("isRight",),
    "leaves": ("reach",),
    "rows": ("rows",),
    "runtime": NAMES,
}
"""What is looked at, by module."""


def scripts(evaluate):
    """A function that evaluates an expression on data with the page's modules in scope, all but the page itself."""
    modules = _script(Everything).split("const pageModule")[0]
    scope = "".join(f"const {{ {', '.join(names)} }} = {module}Module;" for module, names in EXPORTS.items())

    def computed(expression, data=None):
        # JSON has no infinities and no -0, so numbers travel as text
        code = f"(data) => {{ {modules}; {scope}"
        code += "const inward = (x) => Array.isArray(x) ? x.map(inward) : x.text ?? Number(x.number);"
        code += "const number = (x) => ({ number: Object.is(x, -0) ? '-0' : String(x) });"
        code += "const outward = (x) => Array.isArray(x) ? x.map(outward) : typeof x === 'number' ? number(x) : x;"
        code += f"return outward(({expression})(inward(data))); }}"
        return outward(evaluate(code, inward(data)))

    return computed


def inward(data):
    if isinstance(data, (list, tuple)):
        return [inward(item) for item in data]
    return {"text": data} if isinstance(data, str) else {"number": in_javascript(data)}


def in_javascript(number):
    """A number as JavaScript writes it."""
    return (
        "Infinity" if number == math.inf else "-Infinity" if number == -math.inf else repr(number).replace("nan", "NaN")
    )


def outward(data):
    if isinstance(data, list):
        return [outward(item) for item in data]
    return float(data["number"].replace("Infinity", "inf")) if isinstance(data, dict) else data


def close(got, true, slack=0.0):
    """Whether two floats agree to 1e-12 (nan with nan, infinities with their sign)."""
    if true - true != 0:
        return got == true or (got != got and true != true)
    return abs(got - true) <= 1e-12 * abs(true) + slack
