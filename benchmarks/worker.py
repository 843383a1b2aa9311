"""The process that measures one engine, so that engines share neither a heap nor a garbage collector.

The main process asks one worker at a time; in between, the others sleep. Each worker runs in a thread with a
large stack and a high recursion limit, because micrograd's ``backward()`` recurses as deep as the graph is; all
engines get the same thread. The garbage collector stays on. What is there before the first sample (modules,
mostly) is frozen, so that a full collection walks graphs and not torch's modules.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from time import perf_counter_ns
from typing import Any, NamedTuple

from engines import ENGINES, Engine
from shapes import Shape, make

__all__ = ["Dead", "Result", "Sample", "Worker"]

STACK = 512 << 20
RECURSION_LIMIT = 10_000_000


class Sample(NamedTuple):
    """Nanoseconds per node of one sample."""

    build: float
    backward: float
    free: float


class Result(NamedTuple):
    """What an engine computed: the output's number and the derivative by every leaf."""

    value: float
    gradient: list[float]


class Dead(Exception):
    """The engine raised an error, or its process ended."""


def check(engine: Engine, shape: Shape) -> Result:
    """Compute a shape once, for its numbers; this also warms the engine up."""
    leaves = engine.leaves(shape.leaves)
    output = shape.write(engine, leaves)
    engine.backward(output)
    moving = leaves if engine.differentiates else []
    result = Result(engine.value(output), [engine.gradient(leaf) for leaf in moving])
    del leaves, output
    engine.forget()
    gc.collect()
    gc.freeze()
    return result


def sample(engine: Engine, shape: Shape) -> Sample:
    """Time the life of a graph: leaves and expression, backward pass, and freeing.

    Freeing ends with a full collection, so that graphs which are cyclic garbage pay for it themselves.
    """
    build = backward = free = 0
    numbers, write, clock = shape.leaves, shape.write, perf_counter_ns
    gc.collect()
    if not gc.isenabled():
        raise RuntimeError("the garbage collector is off; expected it on")
    for _ in range(shape.repeats):
        t0 = clock()
        leaves = engine.leaves(numbers)
        output = write(engine, leaves)
        t1 = clock()
        engine.backward(output)
        t2 = clock()
        del leaves, output
        engine.forget()
        t3 = clock()
        build, backward, free = build + t1 - t0, backward + t2 - t1, free + t3 - t2
    t3 = clock()
    gc.collect()
    free += clock() - t3
    nodes = shape.nodes * shape.repeats
    return Sample(build / nodes, backward / nodes, free / nodes)


def traced(engine: Engine, shape: Shape) -> float:
    """Peak bytes per node that Python's allocator handed out (blind to what C++ allocates)."""
    gc.collect()
    tracemalloc.start()
    _live(engine, shape)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / shape.nodes


def resident(engine: Engine, shape: Shape) -> float | None:
    """Peak growth of the process in bytes per node; None where the system doesn't tell."""
    try:
        import resource

        import psutil
    except ImportError:
        return None
    gc.collect()
    before: int = psutil.Process().memory_info().rss
    _live(engine, shape)
    unit = 1 if sys.platform == "darwin" else 1024
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before) / shape.nodes


def _live(engine: Engine, shape: Shape) -> None:
    leaves = engine.leaves(shape.leaves)
    output = shape.write(engine, leaves)
    engine.backward(output)


TASKS: dict[str, Callable[[Engine, Shape], Any]] = {
    function.__name__: function for function in (check, sample, traced, resident)
}


def serve(title: str, pipe: Connection) -> None:
    """Answer (task, shape, size …) until there are no more."""
    sys.setrecursionlimit(RECURSION_LIMIT)
    threading.stack_size(STACK)
    thread = threading.Thread(target=_answer, args=(title, pipe))
    thread.start()
    thread.join()


def _answer(title: str, pipe: Connection) -> None:
    engine = ENGINES[title]()
    for task, *shape in iter(pipe.recv, None):
        pipe.send(_attempt(TASKS[task], engine, make(*shape)))


def _attempt(task: Callable[[Engine, Shape], Any], engine: Engine, shape: Shape) -> tuple[bool, Any]:
    try:
        return True, task(engine, shape)
    except Exception as error:
        return False, f"{type(error).__name__}: {error}"


class Worker:
    """A worker process, seen from the main process.

    Args:
        title: the engine's title.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(title, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, task: str, shape: str, *size: int) -> Any:
        """Have the engine do a task and return its answer.

        Raises:
            Dead: if it could not.
        """
        try:
            self.pipe.send((task, shape, *size))
            done, answer = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            raise Dead(f"{self.title}: the process ended with code {self.process.exitcode}") from None
        if not done:
            raise Dead(f"{self.title}: {answer}")
        return answer

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):
            self.pipe.send(None)
        self.process.join()
