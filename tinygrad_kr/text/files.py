"""Writing files: whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from .numerals import shown

__all__ = ["write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part.

    Args:
        path: where to; its folder must be there.
        content: everything the file will hold.

    Raises:
        FileNotFoundError, NotADirectoryError: if the folder is not there.
        OSError: if it can't be written; the file that was there is as it was.
    """
    try:
        _write(path, content)
    except OSError as error:
        if error.strerror is None:  # it is a sentence
            raise
        advice = _ADVICE.get(error.errno or 0, "choose another file")
        raise type(error)(f"can't save {shown(str(path), 200)}: {error.strerror}; {advice}") from None


_ADVICE = {errno.ENOSPC: "make room on the disk", errno.EACCES: "choose a folder you may write to"}


def _write(path: Path, content: bytes) -> None:
    if path.is_symlink():
        path = path.resolve()  # the link stays, and what it leads to is written
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe or a device holds nothing to be kept
        path.write_bytes(content)
        return
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(f"can't save {str(path)!r}: the folder {str(folder)!r} is not there; make it first")
    if not folder.is_dir():
        raise NotADirectoryError(f"can't save {str(path)!r}: {str(folder)!r} is not a folder")
    if path.is_dir():
        raise IsADirectoryError(f"can't save {str(path)!r}: it is a folder; give a file name in it")
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
