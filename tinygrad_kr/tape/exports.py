"""A tape as source that runs by itself: a module for arrays, or one sample at a time in other languages."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..text.numerals import shown
from .dialects import JAX, NUMPY, TORCH
from .loops import in_c, in_javascript
from .tape import Tape

__all__ = ["LANGUAGES", "source"]

ARRAYS = {"numpy": NUMPY, "torch": TORCH, "jax": JAX}

LOOPS = {"javascript": in_javascript, "c": in_c}

LANGUAGES = (*ARRAYS, *LOOPS)
"""The languages that a tape can be written in."""

FUNCTIONS = '''

def values({arguments}):
    """The outputs: one for each sample, of shape (N,); a list of those where there are several."""
    out = forward({columns})
    return {out}


def value_and_grad({arguments}):
    """The mean over the batch, and its derivatives by {parameters}, shaped as those are."""
    seed = np.full((1, {count}), 1.0 / {count})
    out, gradients = backward({columns}, seed)
    return out[0].mean(), [g.reshape(p.shape) for g, p in zip(gradients, map(np.asarray, ({parameters},)))]
'''


def source(tape: Tape, language: str, title: str) -> str:
    """The source of a module that computes a tape by itself.

    Args:
        tape: the tape.
        language: one of :data:`LANGUAGES`.
        title: what it is called.

    Raises:
        ValueError: if it can't be written in that language.

    >>> from tinygrad_kr import Value
    >>> x = Value(1.0)
    >>> print(source(Tape([x * 2.0], [[x]], []), "numpy", "double").splitlines()[0])
    \"""double, recorded by tinygrad_kr: values and derivatives of a batch, in NumPy.
    """
    if language in LOOPS:
        return LOOPS[language](tape, title)
    dialect = ARRAYS.get(language)
    if dialect is None:
        raise ValueError(f"source() writes {', '.join(map(repr, LANGUAGES))}, not {shown(language)}")
    shared = [f"p{k}" for k in range(len(tape.parameters))]
    batched = [f"x{k}" for k in range(len(tape.inputs))]
    forward = tape.program.source(None, False, dialect, "forward")
    backward = tape.program.source(shared, False, dialect, "backward") if shared and tape.count == 1 else ""
    tables = [f"{name} = {dialect.table.format(places.tolist())}" for name, places in tape.program.tables.items()]
    w, c = tape.rest()
    columns = [f"np.asarray({x}).reshape(len({x}), -1).T" for x in batched]
    columns += [f"np.asarray({p}).reshape(-1, 1)" for p in shared]
    functions = FUNCTIONS.format(
        arguments=", ".join((*batched, *shared)), columns=", ".join((*columns, "W", "C")),
        out="out[0]" if tape.count == 1 else "[*out]", parameters=", ".join(shared),
        count=f"len({batched[0]})" if batched else "1",
    )  # fmt: skip
    if not backward:
        functions = functions[: functions.index("\n\ndef value_and_grad")]
    about = [
        f'"""{title}, recorded by tinygrad_kr: values and derivatives of a batch, in {dialect.title}.',
        "",
        *(f"{name}: {size} numbers a sample, of shape (N, …)" for name, size in zip(batched, tape.inputs)),
        *(f"{name}: {size} numbers that all samples share" for name, size in zip(shared, tape.parameters)),
        '"""',
    ]
    numbers = [f"{name} = np.asarray({_list(array)}).reshape(-1, 1)" for name, array in (("W", w), ("C", c))]
    start = "\n".join((*about, "", dialect.start(), *tables, *numbers))
    return f"{start}\n\n{forward}\n\n{backward}{functions}"


def _list(array: np.ndarray[Any, Any]) -> str:
    """Numbers as Python reads them back."""
    return f"[{', '.join(repr(x) if np.isfinite(x) else f'float({str(x)!r})' for x in array.ravel().tolist())}]"
