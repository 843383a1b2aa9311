"""The numbers of a trained network in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .archive import Kind, read_arrays, write_arrays

if TYPE_CHECKING:
    from .archive import Array, PathLike

__all__ = ["load_parameters", "save_parameters"]

KIND = Kind("parameters", "save_parameters()")


def save_parameters(path: PathLike, params: Mapping[str, Any]) -> Path:
    """Save named arrays of numbers as an .npz file: the whole file or, where something fails, none.

    Args:
        path: a file ending in .npz, in a folder that is there.
        params: arrays of finite real numbers by name, such as ``network.params``. Any text is a name.

    Returns:
        The path.

    Raises:
        ValueError: if the suffix is another, or a number is nan or inf.
        TypeError: if a name is not a text, or an array holds something else than real numbers.
        OSError: if it can't be written; whatever was there is as it was.

    >>> save_parameters("apple.npz", {"W": [[0.5, -1.0]], "b": [0.25]}).name
    'apple.npz'
    """
    return write_arrays(path, KIND, params)


def load_parameters(path: PathLike, expected_shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Read the arrays that :func:`save_parameters` wrote, if they are those that a network has room for.

    Args:
        path: the file.
        expected_shapes: the shape of each parameter by name.

    Returns:
        New arrays of float64, by name, in the order of ``expected_shapes``. Nothing else has been changed.

    Raises:
        FileNotFoundError, OSError: if the file is not there or can't be read.
        ValueError: if it is no such file, is damaged, comes from a newer version, holds other names or shapes,
            or numbers that are nan or inf.

    >>> _ = save_parameters("apple.npz", {"W": [[0.5, -1.0]], "b": [0.25]})
    >>> load_parameters("apple.npz", {"W": (1, 2), "b": (1,)})
    {'W': array([[ 0.5, -1. ]]), 'b': array([0.25])}
    >>> load_parameters("apple.npz", {"W": (2, 1), "b": (1,)})
    Traceback (most recent call last):
    ValueError: 'apple.npz' does not fit this network: 'W' has shape (1, 2) in the file and (2, 1) in the network
    """
    shapes = {name: tuple(map(int, shape)) for name, shape in expected_shapes.items()}
    return read_arrays(path, KIND, lambda header: shapes)[1]
