"""``record``: a function of one sample, run once and replayed over batches."""

from __future__ import annotations

import inspect
import pickle
from _thread import allocate_lock
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count, pairwise
from os import cpu_count
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from ..derivatives.call import Argnums, place_of
from ..derivatives.trees import is_array, leaves
from ..engine import modes
from ..engine.carrying import carried, opened
from ..engine.value import Constant, Value
from ..text.callers import warn
from ..text.numerals import shown
from ..text.options import check
from .arguments import Argument
from .exports import source
from .recording import Recorder
from .tape import Floats, NotRecordable, Reduce, Tape, reduced, seed_of

__all__ = ["Recorded", "record"]

SHAPES = 16
"""Of how many shapes of arguments the tapes are kept."""

BRANCHES = 8
"""How many tapes one shape of arguments may have, for the ways in which conditions turn out."""


def record(f: Callable[..., Any], in_axes: int | Sequence[int | None] | None = ()) -> Recorded:
    """A function of one sample, to be run once and then replayed over batches as operations on whole arrays.

    Nothing runs yet: the first call records what ``f`` computes. Plain numbers in ``f`` become part of the tape, so
    what differs from call to call, such as a label or a mask, has to be an argument. Values that ``f`` closes over are
    read anew at every call. Where Python asks how a comparison turned out, the batch is split.

    Args:
        f: computes a Value, or a tree of Values, from the arguments of one sample: numbers, lists, tuples, dicts and
            arrays, which it gets as Values.
        in_axes: for each argument which of its axes is the batch, or None for what all samples share. Left out, that is
            None for the first and 0 for all others.

    Returns:
        A :class:`Recorded`.

    Raises:
        TypeError: if ``f`` is not a function, or ``in_axes`` are no axes.

    >>> def loss(w, x, t):
    ...     return (w * x - t) ** 2
    >>> net = record(loss)
    >>> net(3.0, [1.0, 2.0], [0.0, 1.0])
    array([ 9., 25.])
    >>> net.value_and_grad(3.0, [1.0, 2.0], [0.0, 1.0])
    (17.0, 13.0)
    """
    return Recorded(f, in_axes)


class _Branch:
    """A tape for one way in which the conditions turn out."""

    def __init__(self, outputs: list[Value], vectors: Sequence[Sequence[list[Value]]], recorder: Recorder) -> None:
        inputs, shared = vectors
        self.main = Tape(outputs, inputs, shared, recorder.since)
        self.outcomes = np.array([*recorder.guards.values()]).reshape(-1, 1)
        self.guards = Tape([*recorder.guards], inputs, shared, recorder.since) if recorder.guards else None

    @property
    def is_current(self) -> bool:
        return self.main.is_current and (self.guards is None or self.guards.is_current)

    def holds(self, inputs: Sequence[Floats], shared: Sequence[Floats], count: int) -> Any:
        """For which samples the conditions turn out in this way."""
        if self.guards is None:
            return np.ones(count, bool)
        return np.asarray(np.all((self.guards.values(inputs, shared) != 0.0) == self.outcomes, 0))


class _Tapes:
    """The tapes of one shape of arguments."""

    def __init__(self) -> None:
        self.branches: list[_Branch] = []
        self.output: Any = None  # how a result is built, with None for its numbers
        self.names: dict[tuple[int, ...], tuple[dict[int, tuple[str, ...]], tuple[str, ...]]] = {}  # see _Call._names


class Recorded:
    """A function that is recorded at its first call, and replayed; :func:`record` makes it."""

    def __init__(self, f: Callable[..., Any], in_axes: int | Sequence[int | None] | None = ()) -> None:
        if not callable(f):
            raise TypeError(f"record() needs a function, not the {type(f).__name__} {shown(f)}")
        axes = in_axes if isinstance(in_axes, (list, tuple)) else (in_axes,)
        if not all(axis is None or (isinstance(axis, int) and not isinstance(axis, bool)) for axis in axes):
            raise TypeError(f"record(in_axes=…) are the batch's axes, ints or None, not {shown(in_axes)}")
        self.f, self.in_axes = f, in_axes
        self.__name__ = getattr(f, "__name__", type(f).__name__)
        self._axes: tuple[int | None, ...] = tuple(axes)
        self._uses: dict[int, list[tuple[int | None, str]]] = {}
        self.clear()

    def clear(self) -> None:
        """Let all tapes go; the next call records again."""
        self._tapes: OrderedDict[Any, _Tapes] = OrderedDict()
        self._lock = allocate_lock()
        self.last: _Branch | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Recorded, (self.f, self.in_axes)

    # ── Calls ─────────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, *args: Any) -> Any:
        """The function's value for every sample: an array of shape (N,), or a tree of those.

        Args:
            args: those of ``f``, with a batch's axis where ``in_axes`` says so.

        Raises:
            TypeError, ValueError: if an argument can't be read.
            NotRecordable: if ``f`` can't be replayed.
        """
        call = _Call(self, args)
        outputs, _ = call.replay((), None, False)
        return _filled(call.tapes.output, iter(outputs), call.count is None)

    def value_and_grad(
        self, *args: Any, argnums: Argnums = 0, reduce: Reduce = "mean", executor: Any = None,
        parts: int | None = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """The function's value over a batch, and its gradient.

        Args:
            args: those of ``f``, with a batch's axis where ``in_axes`` says so.
            argnums: the argument to differentiate by, its place or its name, or several.
            reduce: ``"mean"`` or ``"sum"`` over the batch; None for a value and a gradient a sample.
            executor: computes the batch in parts: any ``concurrent.futures.Executor``, such as a process pool, or what
                has its ``submit``. The parts are added in their order. The function travels as pickle has it, or by
                cloudpickle.
            parts: how many; as many as this machine has processors where left out.

        Returns:
            The value, and a gradient built as the argument is; a tuple of gradients for several.

        Raises:
            TypeError: if ``f`` does not return one real number, or an argument can't be read.
            ValueError: if an argument can't be read, or there is no sample to take the mean of.
            NotRecordable: if ``f`` can't be replayed.
        """
        call = _Call(self, args)
        is_one = isinstance(argnums, (int, str))
        chosen: Any = (argnums,) if is_one else argnums
        wanted = tuple([self._place(argument, args) for argument in chosen])
        seed = seed_of(reduce, len(call))
        if executor is None:
            outputs, gradients = call.replay(wanted, seed, reduce is None)
        else:
            check(parts=1 if parts is None else parts)
            outputs, gradients = call.shared_out(wanted, seed, reduce is None, executor, parts or cpu_count() or 1)
        built = [call.arguments[place].gradient(gradients[place], reduce is None) for place in wanted]
        return reduced(outputs[0], reduce), built[0] if is_one else tuple(built)

    def draw(self, *args: Any, **options: Any) -> Any:
        """The graph of one sample, drawn.

        Args:
            args: those of ``f`` for one sample.
            options: as in :func:`tinygrad_kr.draw`.
        """
        names = _parameters(self.f)
        values = [
            Argument(arg, None, f"argument {k}").nodes(0, names[k] if k < len(names) else None)[0]
            for k, arg in enumerate(args)
        ]
        return self.f(*values).draw(**options)

    def source(self, language: str) -> str:
        """The source of the last tape, which computes by itself.

        Args:
            language: ``"numpy"``, ``"torch"`` or ``"jax"``: a module with ``values`` and ``value_and_grad`` of arrays;
                ``"javascript"`` or ``"c"``: functions of one sample.

        Raises:
            ValueError: if nothing is recorded yet, the language is another, or Python asked for conditions.
        """
        if self.last is None:
            raise ValueError(f"{self.__name__}() is not recorded yet; call it once, and then ask for its source")
        if self.last.guards is not None:
            raise ValueError(
                f"{self.__name__}() has conditions that Python asks for (if, while, max), and a source holds one way "
                "only; choose with where()"
            )
        return source(self.last.main, language, self.__name__)

    def carried(self) -> bytes:
        """What travels to another process.

        Raises:
            TypeError: if the function can't be written down.
        """
        try:
            return pickle.dumps(self)
        except Exception:
            written = carried(self, self)
        if written is None:
            raise TypeError(
                f"{self.__name__}() can't go to another process; write it in a module, or install cloudpickle"
            )
        return written

    def _place(self, argument: int | str, args: Sequence[Any]) -> Any:
        """The place of an argument to differentiate by."""
        if type(argument) is int and 0 <= argument < len(args):
            return argument
        given: dict[int | str, Any] = dict(enumerate(args))
        place = place_of("value_and_grad", self.f, argument, given, len(args))
        if len(given) > len(args):
            raise TypeError(f"value_and_grad(argnums={shown(argument)}) needs every argument; none is left out")
        return place

    # ── Tapes ─────────────────────────────────────────────────────────────────────────────────────────

    def uses(self, count: int) -> list[tuple[int | None, str]]:
        """Of so many arguments the batch's axis of each, and what messages call it."""
        if count not in self._uses:
            axes: Sequence[int | None] = self._axes or (None, *[0] * count)[:count]
            if not isinstance(self.in_axes, (list, tuple)):
                axes = self._axes * count
            if len(axes) != count:
                raise TypeError(f"{self.__name__}() was recorded with {len(axes)} in_axes and got {count} arguments")
            self._uses[count] = [(axis, f"argument {k} of {self.__name__}()") for k, axis in enumerate(axes)]
        return self._uses[count]

    def tapes(self, shape: Any) -> _Tapes:
        """The tapes for arguments of a shape; those that were longest not used go."""
        with self._lock:
            found = self._tapes.get(shape)
            if found is None or not all(branch.is_current for branch in found.branches):
                found = self._tapes[shape] = _Tapes()
            if len(self._tapes) > 1:
                self._tapes.move_to_end(shape)
            while len(self._tapes) > SHAPES:
                self._tapes.popitem(last=False)
            return found

    def __str__(self) -> str:
        if self.last is None:
            return f"{self.__name__}: not recorded yet; the first call records it"
        return f"{self.__name__}: {self.last.main}"

    def __repr__(self) -> str:
        return f"record({self.__name__}, in_axes={self.in_axes!r})"


class _Call:
    """One call of a recorded function."""

    def __init__(self, recorded: Recorded, args: Sequence[Any]) -> None:
        self.recorded = recorded
        self.arguments = [Argument(arg, *use) for arg, use in zip(args, recorded.uses(len(args)))]
        self.inputs: list[Floats] = []
        self.shared: list[Floats] = []
        counts = set()
        for argument in self.arguments:
            if argument.axis is None:
                self.shared += argument.vectors
            else:
                self.inputs += argument.vectors
                counts.add(argument.count)
        if len(counts) > 1:
            sizes = " and ".join(map(str, counts))
            raise ValueError(f"the arguments of {recorded.__name__}() have batches of {sizes} samples")
        self.count: int | None = counts.pop() if counts else None
        self.tapes = recorded.tapes(tuple([argument.shape for argument in self.arguments]))

    def __len__(self) -> int:
        return 1 if self.count is None else self.count

    def _names(self, wanted: tuple[int, ...]) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
        """The names that the vectors of some arguments have on a tape: by argument, and all of them once."""
        if wanted not in self.tapes.names:
            counts = {"p": count(), "x": count()}
            every = [
                tuple([f"{letter}{next(counts[letter])}" for _ in argument.vectors])
                for argument in self.arguments
                for letter in ("p" if argument.axis is None else "x")
            ]
            names = {k: every[k] for k in wanted}
            self.tapes.names[wanted] = names, tuple(dict.fromkeys(chain.from_iterable(names.values())))
        return self.tapes.names[wanted]

    def replay(
        self, wanted: tuple[int, ...], seed: Floats | None, per_sample: bool
    ) -> tuple[Floats, dict[int, list[Floats]]]:
        """The outputs of all samples, and the gradients by the vectors of the arguments that are wanted.

        Args:
            wanted: places of arguments.
            seed: what flows back into the output of each sample; None for the values alone.
            per_sample: whether gradients by what samples share are one a sample.
        """
        names, flat = self._names(wanted)
        branches = self.tapes.branches
        if branches and branches[0].guards is None:
            _, outputs, gradients = self._part(branches[0], None, flat, seed, per_sample)
        else:
            outputs, gradients = self._joined(self._split(flat, seed, per_sample), flat, per_sample)
        self._look_for_errors(outputs, gradients, seed)
        by_name = dict(zip(flat, gradients))
        return outputs, {k: [by_name[name] for name in names[k]] for k in wanted}

    def shared_out(
        self, wanted: tuple[int, ...], seed: Floats, per_sample: bool, executor: Any, count: int
    ) -> tuple[Floats, dict[int, list[Floats]]]:
        """The same as :meth:`replay`, in parts that an executor computes.

        Args:
            wanted, seed, per_sample: as for :meth:`replay`.
            executor: has a ``submit`` as those of ``concurrent.futures`` have.
            count: how many parts.
        """
        written = self.recorded.carried()
        edges = [len(self) * k // count for k in range(count + 1)]
        cuts = [slice(first, last) for first, last in pairwise(edges) if first < last] or [slice(0, 0)]
        tasks = []
        for cut in cuts:
            args = [argument.part(cut) for argument in self.arguments]
            tasks.append(executor.submit(_part_of, written, args, wanted, seed[:, cut], per_sample))
        names, flat = self._names(wanted)
        found = list[_Part]()
        for cut, task in zip(cuts, tasks):
            outputs, by_argument = task.result()
            by_name = {name: g for k in wanted for name, g in zip(names[k], by_argument[k])}
            found.append((np.arange(len(self))[cut], outputs, [by_name[name] for name in flat]))
        outputs, gradients = self._joined(found, flat, per_sample)
        whole = dict(zip(flat, gradients))
        return outputs, {k: [whole[name] for name in names[k]] for k in wanted}

    def _split(self, wanted: tuple[str, ...], seed: Floats | None, per_sample: bool) -> list[_Part]:
        """The results, in parts by how conditions turn out."""
        parts = list[_Part]()
        rest, tried = np.arange(len(self)), 0
        while len(rest) or not tried:
            if tried == BRANCHES:
                return parts + self._eagerly(rest, wanted, seed)
            if tried == len(self.tapes.branches):
                self._record(int(rest[0]) if len(rest) else 0)
            branch = self.tapes.branches[tried]
            tried += 1
            holds = branch.holds(self._some(rest), self.shared, len(rest))
            chosen, rest = rest[holds], rest[~holds]
            if len(chosen) or not len(self):
                parts.append(self._part(branch, chosen, wanted, seed, per_sample))
        return parts

    def _some(self, samples: Any) -> list[Floats]:
        """The batch's vectors of some samples."""
        is_all = samples is None or len(samples) == len(self)
        return self.inputs if is_all else [x[:, samples] for x in self.inputs]

    def _part(
        self, branch: _Branch, samples: Any, wanted: tuple[str, ...], seed: Floats | None, per_sample: bool
    ) -> _Part:
        inputs = self._some(samples)
        self.recorded.last = branch
        if seed is None:
            return samples, branch.main.values(inputs, self.shared), []
        self._check_scalar()
        seed = seed if samples is None else seed[:, samples]
        return samples, *branch.main.differentiate(inputs, self.shared, seed, wanted, per_sample)

    def _joined(self, parts: Sequence[_Part], wanted: Sequence[str], per_sample: bool) -> tuple[Floats, list[Floats]]:
        """The results of all samples, from those of some."""
        if len(parts) == 1:
            return parts[0][1:]
        outputs = np.empty((len(parts[0][1]), len(self)))
        for samples, some, _ in parts:
            outputs[:, samples] = some
        gradients = []
        for k, name in enumerate(wanted):
            if name[0] == "x" or per_sample:
                whole = np.empty((len(parts[0][2][k]), len(self)))
                for samples, _, by_name in parts:
                    whole[:, samples] = by_name[k]
            else:
                whole = np.sum(np.array([by_name[k] for _, _, by_name in parts]), 0)
            gradients.append(whole)
        return outputs, gradients

    def _record(self, k: int) -> None:
        """Record what the function computes of a sample."""
        given = [argument.nodes(k) for argument in self.arguments]
        with Recorder() as recorder:
            output = self.recorded.f(*[tree for tree, _ in given])
        vectors: tuple[list[list[Value]], list[list[Value]]] = [], []
        for argument, (_, values) in zip(self.arguments, given):
            vectors[argument.axis is None].extend(values)
        outputs = self._outputs(output)
        branch = _Branch(outputs, vectors, recorder)
        shape = _shape(output)
        if self.tapes.branches and self.tapes.output != shape:
            raise NotRecordable(
                f"{self.recorded.__name__}() returns results of several shapes, {self.tapes.output} and {shape}; "
                "return the same tree for every sample"
            )
        self.tapes.output = shape
        self.tapes.branches.append(branch)

    def _outputs(self, output: Any) -> list[Value]:
        results = leaves(output, f"the result of {self.recorded.__name__}()")
        return [leaf if isinstance(leaf, Value) else Constant(leaf) for leaf in results]

    def _check_scalar(self) -> None:
        if self.tapes.output is not None:
            raise TypeError(
                f"value_and_grad() needs a function that returns one real number, and {self.recorded.__name__}() "
                f"returned {self.tapes.output}; call it for its values"
            )

    def _eagerly(self, rest: Any, wanted: Sequence[str], seed: Floats | None) -> list[_Part]:
        """What no tape holds for, sample by sample."""
        warn(
            f"conditions in {self.recorded.__name__}() turn out in more than {BRANCHES} ways; {len(rest)} of "
            f"{len(self)} samples are computed one by one, without a tape"
        )
        parts = []
        for k in rest:
            outputs, vectors = self._run(k)
            gradients = []
            if seed is not None:
                self._check_scalar()
                outputs[0].backward(seed[0, k])
                by_name = {name: v for letter in "xp" for name, v in zip(self._every(letter), vectors[letter == "p"])}
                gradients = [np.array([[x.grad or 0.0] for x in by_name[name]]).reshape(-1, 1) for name in wanted]
            parts.append((np.array([k]), np.array([[y.data] for y in outputs]), gradients))
        return parts

    def _run(self, k: int) -> tuple[list[Value], tuple[list[list[Value]], list[list[Value]]]]:
        """The function of one sample, by the engine: its outputs, and the inputs in vectors."""
        names = _parameters(self.recorded.f)
        vectors: tuple[list[list[Value]], list[list[Value]]] = [], []
        trees = []
        for place, argument in enumerate(self.arguments):
            tree, values = argument.nodes(k, names[place] if place < len(names) else None)
            trees.append(tree)
            vectors[argument.axis is None].extend(values)
        with modes.recording():
            return self._outputs(self.recorded.f(*trees)), vectors

    def _every(self, letter: str) -> list[str]:
        return [f"{letter}{k}" for k in range(len(self.inputs if letter == "x" else self.shared))]

    def _look_for_errors(self, outputs: Floats, gradients: Sequence[Floats], seed: Floats | None) -> None:
        """Run a sample by the engine where something is inf or nan: it says of which operation, by name."""
        if np.count_nonzero(np.isfinite(outputs)) < outputs.size:  # in half the time of .all()
            for kind in (np.isinf, np.isnan):
                for k in np.flatnonzero(kind(outputs).any(0))[:1]:
                    self._run(int(k))
        elif seed is not None and modes.is_strict() and not all(np.isfinite(g).all() for g in gradients):
            for k in range(len(self)):
                self._run(k)[0][0].backward(seed[0, k])


_Part: TypeAlias = "tuple[Any, Floats, list[Floats]]"
"""The places of some samples, their outputs, and their gradients."""


@lru_cache(maxsize=SHAPES)
def _opened(written: bytes) -> Recorded:
    """A recorded function that has come to this process; it keeps its tapes from part to part."""
    net: Recorded = opened(written)
    return net


def _part_of(
    written: bytes, args: Sequence[Any], wanted: tuple[int, ...], seed: Floats, per_sample: bool
) -> tuple[Floats, dict[int, list[Floats]]]:
    """A part of a batch, in whatever process this runs."""
    return _Call(_opened(written), args).replay(wanted, seed, per_sample)


def _shape(output: Any) -> Any:
    """How a result is built, with None for its numbers."""
    if isinstance(output, dict):
        return {key: _shape(part) for key, part in output.items()}
    if isinstance(output, (list, tuple)):
        parts = [_shape(part) for part in output]
        return output._make(parts) if hasattr(output, "_make") else type(output)(parts)
    if is_array(output):
        return _Array(output.shape)
    return None


class _Array(NamedTuple):
    """An array of results."""

    shape: tuple[int, ...]


def _filled(shape: Any, rows: Iterator[Any], alone: bool) -> Any:
    """A result of the batch: an array for each number of a sample's, and for each array one axis more."""
    if isinstance(shape, _Array):
        some = np.array([next(rows) for _ in range(int(np.prod(shape.shape)))])
        built = some.T.reshape(-1, *shape.shape)
        return built[0] if alone else built
    if isinstance(shape, dict):
        return {key: _filled(part, rows, alone) for key, part in shape.items()}
    if isinstance(shape, (list, tuple)):
        parts = [_filled(part, rows, alone) for part in shape]
        return shape._make(parts) if hasattr(shape, "_make") else type(shape)(parts)
    return float(next(rows)[0]) if alone else next(rows)


def _parameters(f: Callable[..., Any]) -> list[str]:
    """The names of a function's parameters, as far as they are known."""
    try:
        return [*inspect.signature(f).parameters]
    except (TypeError, ValueError):
        return []
