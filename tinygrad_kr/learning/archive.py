"""Named arrays of numbers in an .npz file of float64, whole or not at all.

An entry ``header`` says, as JSON in UTF-8, what the file is and how the arrays are called; the arrays themselves
are the entries ``a0``, ``a1``, …, so that a name is never a path. NumPy opens such a file like any other .npz. The
reader takes every file for hostile: it runs nothing (no pickle), and reads no more than there is room for.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from ..engine.arrays import first_not_finite, real_array, refuse_not_finite
from ..text.files import write_whole
from ..text.numerals import shown

if TYPE_CHECKING:
    from typing import TypeAlias

    Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
    PathLike: TypeAlias = str | os.PathLike[str]
    Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

__all__ = ["Kind", "read_arrays", "write_arrays"]

VERSION = 1
LONGEST_HEADER = 1 << 20
"""How many bytes the names may take together."""

# What stands before the numbers of a .npy entry, as NumPy has always written it.
_MAGIC = b"\x93NUMPY"
_PREFACE = re.compile(r"\{'descr': (.+), 'fortran_order': (False|True), 'shape': \(([\d, ]*)\), \}[ \n]*")
_LONGEST_PREFACE = 1 << 16


class Kind(NamedTuple):
    """What a file holds.

    Attributes:
        holds: as its header says it after the package's name, and messages do.
        saver: what writes such a file.
        facts: the keys of its header beside its format, version and names.
    """

    holds: str
    saver: str
    facts: tuple[str, ...] = ()

    @property
    def format(self) -> str:
        """The first words of the header."""
        return f"tinygrad_kr {self.holds}"


def write_arrays(path: PathLike, kind: Kind, arrays: Mapping[str, Any], **facts: Any) -> Path:
    """Save named arrays of numbers as an .npz file: the whole file or, where something fails, none.

    Args:
        path: a file ending in .npz, in a folder that is there.
        kind: what they are.
        arrays: arrays of finite real numbers by name. Any text is a name.
        facts: what the header says beside.

    Returns:
        The path.

    Raises:
        ValueError: if the suffix is another, or a number is nan or inf.
        TypeError: if a name is not a text, or an array holds something else than real numbers.
        OSError: if it can't be written; whatever was there is as it was.

    >>> write_arrays("prices.npz", Kind("prices", "sell()"), {"apple": 100.0}, currency="won").name
    'prices.npz'
    """
    file = Path(path)
    if file.suffix.lower() != ".npz":
        raise ValueError(f"can't save {kind.holds} as {shown(file.name)}: its name should end in .npz")
    checked = {name: _numbers(name, numbers) for name, numbers in arrays.items()}
    header = json.dumps({"format": kind.format, "version": VERSION, "names": list(checked), **facts}).encode()
    if len(header) > LONGEST_HEADER:
        raise ValueError(
            f"can't save {kind.holds}: their names take {len(header):,} bytes; expected a megabyte at most"
        )
    content = io.BytesIO()
    entries: dict[str, Any] = {f"a{k}": numbers for k, numbers in enumerate(checked.values())}
    np.savez(content, header=np.frombuffer(header, np.uint8), **entries)
    write_whole(file, content.getvalue())
    return file


def read_arrays(
    path: PathLike, kind: Kind, room: Callable[[dict[str, Any]], Shapes]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read the arrays that :func:`write_arrays` wrote, if they are those that there is room for.

    Args:
        path: the file.
        kind: what should be in it.
        room: tells from the header the shape of each array by name; it refuses a header by a ValueError.

    Returns:
        The header, and new arrays of float64 by name, in the order of ``room``.

    Raises:
        FileNotFoundError, OSError: if the file is not there or can't be read.
        ValueError: if it is no such file, is damaged, comes from a newer version, holds other names or shapes,
            or numbers that are nan or inf.

    >>> prices = Kind("prices", "sell()")
    >>> _ = write_arrays("prices.npz", prices, {"apple": 100.0})
    >>> read_arrays("prices.npz", prices, lambda header: {"apple": ()})[1]
    {'apple': array(100.)}
    """
    file = Path(path)
    try:
        opened = file.open("rb")
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no file {shown(str(file), 200)}; save one with {kind.saver}") from None
    except OSError as error:
        raise type(error)(f"can't read {shown(str(file), 200)}: {error.strerror}") from None
    with opened:
        return _Reader(opened, shown(file.name, 80), kind).read(room)


def _numbers(name: object, numbers: object) -> Array:
    """A parameter as it goes into the file: little-endian float64, finite, in C order."""
    if not isinstance(name, str):
        raise TypeError(f"a parameter's name should be a text, not the {type(name).__name__} {shown(name)}")
    named = f"parameter {shown(name)}"
    array: Array = real_array(numbers, named, "of Values, take .data", TypeError).astype("<f8", order="C")
    refuse_not_finite(array, named, "only finite numbers are worth saving")
    return array


class _Entry(NamedTuple):
    """What a .npy entry of the archive holds: its dtype as NumPy writes it, its order and shape, and its bytes."""

    kind: str
    is_fortran: bool
    shape: tuple[int, ...]
    body: bytes


class _Reader:
    """Reads one file that may be anything at all."""

    def __init__(self, opened: IO[bytes], name: str, kind: Kind) -> None:
        self.opened = opened
        self.name = name
        self.kind = kind
        self.foreign = f"has no {kind.holds} of tinygrad_kr in it; load what {kind.saver} wrote"

    def read(self, room: Callable[[dict[str, Any]], Shapes]) -> tuple[dict[str, Any], dict[str, Array]]:
        try:
            self.archive = zipfile.ZipFile(self.opened)
        except Exception:  # zipfile meets damage with whatever error comes first
            self._refuse(f"is not an .npz file, or a damaged one; load what {self.kind.saver} wrote")
        with self.archive:
            self.entries = {entry.filename: entry for entry in self.archive.infolist()}
            header = self._header()
            names = header["names"]
            try:
                expected = room(header)
            except ValueError as error:
                self._refuse(str(error))
            self._compare_names(names, expected)
            arrays = {name: self._array(f"a{k}", name, expected[name]) for k, name in enumerate(names)}
        return header, {name: arrays[name] for name in expected}

    def _header(self) -> dict[str, Any]:
        """The header, if it says that the file is ours and names what is in it."""
        if "header.npy" not in self.entries:
            self._refuse(self.foreign)
        found = self._entry("header", LONGEST_HEADER, lambda kind, shape: "")
        try:
            header = json.loads(found.body)
        except (ValueError, RecursionError):
            header = None
        if found.kind != "'|u1'" or not isinstance(header, dict) or header.get("format") != self.kind.format:
            self._refuse(self.foreign)
        version, names = header.get("version"), header.get("names")
        if isinstance(version, int) and version > VERSION:
            self._refuse(f"is of version {shown(version)}, and this tinygrad_kr reads version {VERSION}; update it")
        if version != VERSION or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self._refuse("is damaged: its header does not say what is in it")
        keys = {"format", "version", "names", *self.kind.facts}
        for key in header.keys() ^ keys:
            has = "has" if key in header else "lacks"
            self._refuse(f"is damaged: its header {has} {shown(key)}; expected {', '.join(sorted(keys))}")
        if len(set(names)) != len(names):
            self._refuse("is damaged: it has a name twice")
        foreign = "allow_pickle.npy" in self.entries  # NumPy before 2.2 took the option for an array
        if len(self.archive.infolist()) != len(names) + 1 + foreign or any(
            f"a{k}.npy" not in self.entries for k in range(len(names))
        ):
            self._refuse("is damaged: it does not hold the arrays that its header names")
        return header

    def _compare_names(self, names: list[str], expected: Shapes) -> None:
        missing = [name for name in expected if name not in set(names)]
        extra = [name for name in names if name not in expected]
        faults = [f"the file lacks {_listed(missing)}"] * bool(missing)
        faults += [f"the network has no {_listed(extra)}"] * bool(extra)
        if faults:
            self._refuse(f"does not fit this network: {', and '.join(faults)}")

    def _array(self, entry: str, name: str, shape: tuple[int, ...]) -> Array:
        """One array, if its numbers are float64 of this shape."""
        size = 8 * math.prod(shape)
        found = self._entry(entry, size, lambda kind, declared: _misfit(name, shape, kind, declared))
        if len(found.body) != size:
            self._refuse(f"is damaged: {shown(name)} does not have all of its numbers")
        array = np.frombuffer(found.body, "<f8").reshape(shape, order="F" if found.is_fortran else "C")
        place = first_not_finite(array)
        if place is not None:
            self._refuse(f"is of no use: {shown(name)}{list(place) or ''} is {array[place]}")
        return array.astype(np.float64, order="C")

    def _entry(self, entry: str, most: int, misfit: Callable[[str, tuple[int, ...]], str]) -> _Entry:
        """A .npy entry, refused before its numbers are read if its dtype and shape are a misfit."""
        info = self.entries[f"{entry}.npy"]
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            self._refuse(f"is encrypted or compressed in a way that NumPy does not; load what {self.kind.saver} wrote")
        fault, kind, is_fortran, body = "", "", False, b""
        shape: tuple[int, ...] = ()
        try:
            with self.archive.open(info) as stream:
                preface = _PREFACE.fullmatch(_preface(stream))
                if preface is None:
                    fault = f"is damaged: its entry {entry} is not a NumPy array"
                else:
                    kind, is_fortran = preface[1], preface[2] == "True"
                    shape = tuple(int(size) for size in re.findall(r"\d+", preface[3]))
                    fault = misfit(kind, shape)
                if not fault:
                    body = stream.read(most)
                    if stream.read(1):  # to the end, where zipfile compares the checksum
                        fault = f"is damaged: its entry {entry} has more bytes than it declares"
        except Exception:  # the checksum, zlib, an offset beyond the end, an int of 5000 digits …
            fault = f"is damaged: its entry {entry} can't be read"
        if fault:
            self._refuse(fault)
        return _Entry(kind, is_fortran, shape, body)

    def _refuse(self, fault: str) -> NoReturn:
        raise ValueError(f"{self.name} {fault}") from None


def _preface(stream: IO[bytes]) -> str:
    """The text before the numbers of a .npy entry, or nothing."""
    start = stream.read(8)
    if start[:6] != _MAGIC or start[6:] not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        return ""
    length = int.from_bytes(stream.read(2 if start[6] == 1 else 4), "little")
    return stream.read(length).decode("latin-1") if length <= _LONGEST_PREFACE else ""


def _misfit(name: str, expected: tuple[int, ...], kind: str, shape: tuple[int, ...]) -> str:
    """What is wrong with a parameter of this dtype and shape, or nothing."""
    if "O" in kind:
        return f"holds Python objects as {shown(name)}, and those are never loaded; save arrays of numbers"
    if kind != "'<f8'":
        return f"holds {shown(name)} as {shown(kind.strip(chr(39)))}; expected float64 ('<f8')"
    if shape != expected:
        return (
            f"does not fit this network: {shown(name)} has shape {shown(shape, 80)} in the file "
            f"and {expected} in the network"
        )
    return ""


def _listed(names: list[str]) -> str:
    return ", ".join(map(shown, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
