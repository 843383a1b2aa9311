"""A tape as source in a language without arrays: one sample at a time, a loop over its nodes.

All numbers of a sample lie in one row: the inputs, the parameters, other leaves and constants, and then the nodes in
the order in which they are computed.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ..engine.ops import Op
from ..targets import c, javascript
from .tape import Tape

__all__ = ["in_c", "in_javascript"]


class Node(NamedTuple):
    """How one number is computed: a row, the output of it, the places of its operands by family, and its own place."""

    op: Op
    k: int
    families: list[list[int]]
    place: int
    masked: bool


class Loop:
    """A tape as a list of nodes.

    Attributes:
        first: where each source begins, by its name.
        nodes: what is computed, in order.
        size: how many numbers there are.
        outputs: the places of the outputs.
        sources: the names of the vectors that are given.
    """

    def __init__(self, tape: Tape) -> None:
        program = tape.program
        self.first: dict[str, int] = {}
        self.size = 0
        for name, array in program.arrays.items():
            self.first[name] = self.size
            self.size += array.size
        self.sources = [name for name in program.sources if name not in ("w", "c")]
        self.counts = [program.sources[name].size for name in self.sources]
        place = {item: self.first[name] + k for item, (name, k) in program.where.items()}
        self.nodes: list[Node] = []
        for step in program.steps:
            op, items, families, n, _, vectors, masked = step.instruction
            size = n or 1
            rows = len(items) // (vectors or 1)
            for j in range(len(items)):
                which = [j % rows, j // rows] if vectors else [j // n if op.k is not None else j] * len(families)
                parts = [
                    [place[item] for item in part[at * size : (at + 1) * size]] for part, at in zip(families, which)
                ]
                k = j % n if op.k is not None else 0
                self.nodes.append(Node(op, k, parts, self.first[step.out] + j, masked))
        self.outputs = [place[item] for item in program.outputs]
        w, constants = tape.rest()
        self.numbers = {"w": w.ravel().tolist(), "c": constants.ravel().tolist()}

    @property
    def given(self) -> list[tuple[int, float]]:
        """The places of numbers that are in the source, and those."""
        return [(self.first[name] + k, x) for name, numbers in self.numbers.items() for k, x in enumerate(numbers)]

    @property
    def rows(self) -> list[Op]:
        """The rows that are used, each once."""
        return [*dict.fromkeys(node.op.whole for node in self.nodes)]

    def about(self) -> str:
        """What the sources are, in words."""
        return "".join(f"\n   {name}: {count} numbers" for name, count in zip(self.sources, self.counts))


JAVASCRIPT = """\
// {title}, recorded by tinygrad_kr: the values and derivatives of a sample.
// `sources` holds an array for each of:{about}

{runtime}
{rows}

// For each node: its row, the output of it, the places of its operands, its own place, whether it is in a choice only.
const nodes = {nodes};
const given = {given};
const outputs = {outputs};
const first = {first};

const operands = (v, families, isWide) => families.map((f) => (isWide ? f.map((place) => v[place]) : v[f[0]]));

function computed(sources) {{
  const v = new Float64Array({size});
  sources.forEach((numbers, j) => v.set(numbers, first[j]));
  for (const [place, number] of given) v[place] = Number(number);
  for (const [row, isWide, k, families, place] of nodes) {{
    v[place] = rows[row].forward(...operands(v, families, isWide), k);
  }}
  return v;
}}

/** The outputs of a sample. */
export function values(sources) {{
  const v = computed(sources);
  return outputs.map((place) => v[place]);
}}

/** The outputs of a sample, and the derivatives of their sum, an array for each source. */
export function valuesAndGradient(sources) {{
  const v = computed(sources);
  const g = new Float64Array({size});
  for (const place of outputs) g[place] += 1;
  for (const [row, isWide, k, families, place, masked] of [...nodes].reverse()) {{
    if (masked && g[place] === 0) continue;
    const shares = rows[row].backward(g[place], ...operands(v, families, isWide), v[place], k);
    families.flat().forEach((operand, j) => {{ g[operand] += shares[j]; }});
  }}
  const gradients = sources.map((numbers, j) => [...g.slice(first[j], first[j] + numbers.length)]);
  return [outputs.map((place) => v[place]), gradients];
}}
"""


def in_javascript(tape: Tape, title: str) -> str:
    """A module of JavaScript: ``values(sources)`` and ``valuesAndGradient(sources)`` of one sample."""
    loop = Loop(tape)
    nodes = [[node.op.name, node.op.variadic, node.k, node.families, node.place, node.masked] for node in loop.nodes]
    return JAVASCRIPT.format(
        title=title, about=loop.about().replace("\n  ", "\n//"), runtime=javascript.runtime(),
        rows=javascript.rows(loop.rows), nodes=json.dumps(nodes), size=loop.size, outputs=json.dumps(loop.outputs),
        given=json.dumps([(place, repr(number).replace("inf", "Infinity")) for place, number in loop.given]),
        first=json.dumps([loop.first[name] for name in loop.sources]),
    )  # fmt: skip


C = """\
/* {title}, recorded by tinygrad_kr: the values and derivatives of a sample, in C.
   `sources` holds an array for each of:{about} */
#include <math.h>
#include <stddef.h>
#include <string.h>

#define Py_ssize_t ptrdiff_t
#define hypotenuse hypot
#define SUM(t, term) double t = 0.0; EACH t += term
{runtime}
{rows}

enum {{ SIZE = {size}, NODES = {count}, WIDEST = {widest} }};
/* For each node: its row, inputs, operands of each (0: no family), the output of its row, its place, whether it is in a
   choice only, and where its operands begin in PLACES. */
static const int NODE[NODES + 1][7] = {{{nodes}{{0}}}};
static const int PLACES[] = {{{places}0}};
static const int FIRST[] = {{{first}0}}, COUNT[] = {{{counts}0}}, OUTPUTS[] = {{{outputs}0}};
static const int AT[] = {{{at}0}};
static const double NUMBER[] = {{{numbers}0}};

static void read(const double *v, const int *node, double x[3][WIDEST]) {{
    int n = node[2] ? node[2] : 1;
    for (int input = 0; input < node[1]; input++)
        for (int i = 0; i < n; i++) x[input][i] = v[PLACES[node[6] + input * n + i]];
}}

static void compute(const double *const *sources, double *v) {{
    double x[3][WIDEST];
    for (int j = 0; j < {source_count}; j++) memcpy(v + FIRST[j], sources[j], COUNT[j] * sizeof(double));
    for (int j = 0; j < {given_count}; j++) v[AT[j]] = NUMBER[j];
    for (int j = 0; j < NODES; j++) {{
        const int *node = NODE[j];
        read(v, node, x);
        v[node[4]] = node[2] ? forward_wide(node[0], node[2], node[3], x[0], x[1])
            : node[1] == 1 ? forward1(node[0], x[0][0])
            : node[1] == 2 ? forward2(node[0], x[0][0], x[1][0]) : forward3(node[0], x[0][0], x[1][0], x[2][0]);
    }}
}}

/* The outputs of a sample. */
void values(const double *const *sources, double *out) {{
    double v[SIZE];
    compute(sources, v);
    for (int j = 0; j < {output_count}; j++) out[j] = v[OUTPUTS[j]];
}}

/* The outputs of a sample, and the derivatives of their sum: an array for each source. */
void values_and_gradient(const double *const *sources, double *out, double *const *gradients) {{
    double v[SIZE], g[SIZE] = {{0}}, x[3][WIDEST], c[3][WIDEST], room[WIDEST];
    compute(sources, v);
    for (int j = 0; j < {output_count}; j++) out[j] = v[OUTPUTS[j]], g[OUTPUTS[j]] += 1.0;
    for (int j = NODES; j-- > 0;) {{
        const int *node = NODE[j];
        double upstream = g[node[4]], z = v[node[4]], one[3] = {{0}};
        if (node[5] && upstream == 0.0) continue;
        read(v, node, x);
        int n = node[2] ? node[2] : 1;
        if (node[2]) backward_wide(node[0], upstream, n, node[3], x[0], x[1], z, 7, c[0], c[1], room);
        else if (node[1] == 1) backward1(node[0], upstream, x[0][0], z, 7, one);
        else if (node[1] == 2) backward2(node[0], upstream, x[0][0], x[1][0], z, 7, one);
        else backward3(node[0], upstream, x[0][0], x[1][0], x[2][0], z, 7, one);
        for (int input = 0; input < node[1]; input++)
            for (int i = 0; i < n; i++) g[PLACES[node[6] + input * n + i]] += node[2] ? c[input][i] : one[input];
    }}
    for (int j = 0; j < {source_count}; j++) memcpy(gradients[j], g + FIRST[j], COUNT[j] * sizeof(double));
}}
"""


def in_c(tape: Tape, title: str) -> str:
    """A file of C: ``values`` and ``values_and_gradient`` of one sample."""
    loop = Loop(tape)
    places, nodes = list[int](), []
    number = {op: k for k, op in enumerate(loop.rows, 1)}  # as the enumeration has them
    for node in loop.nodes:
        n = len(node.families[0]) if node.op.variadic else 0
        row = [number[node.op.whole], len(node.families), n, node.k, node.place, int(node.masked), len(places)]
        nodes.append(f"{{{', '.join(map(str, row))}}}, ")
        places += [place for family in node.families for place in family]

    def listed(numbers: list[int]) -> str:
        return "".join(f"{number}, " for number in numbers)

    given = loop.given
    return C.format(
        runtime=c.runtime(), title=title.replace("*/", "* /"),
        about=loop.about(), rows=c.functions(loop.rows), size=max(1, loop.size),
        count=len(nodes), widest=max([1, *(len(node.families[0]) for node in loop.nodes)]), nodes="".join(nodes),
        places=listed(places), first=listed([loop.first[name] for name in loop.sources]), counts=listed(loop.counts),
        outputs=listed(loop.outputs), at=listed([place for place, _ in given]),
        numbers="".join(f"{_c(number)}, " for _, number in given), source_count=len(loop.sources),
        given_count=len(given), output_count=len(loop.outputs),
    )  # fmt: skip


def _c(number: float) -> str:
    return repr(number).replace("inf", "INFINITY").replace("nan", "NAN")
