"""Writing files: whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from .bilingual import Bilingual
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
        advice = _ADVICE.get(error.errno or 0, Bilingual("choose another file", "다른 파일을 고르세요"))
        en = f"can't save {shown(str(path), 200)}: {error.strerror}; "
        ko = f"{shown(str(path), 200)}: 저장할 수 없습니다({error.strerror}). "
        raise type(error)(Bilingual(en, ko) + advice) from None


_ADVICE = {
    errno.ENOSPC: Bilingual("make room on the disk", "디스크를 비우세요"),
    errno.EACCES: Bilingual("choose a folder you may write to", "쓸 수 있는 폴더를 고르세요"),
}


def _write(path: Path, content: bytes) -> None:
    if path.is_symlink():
        path = path.resolve()  # the link stays, and what it leads to is written
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe or a device holds nothing to be kept
        path.write_bytes(content)
        return
    folder = path.parent
    if not folder.exists():
        en = f"can't save {str(path)!r}: the folder {str(folder)!r} is not there; make it first"
        ko = f"{str(path)!r}: 저장할 수 없습니다. 폴더 {str(folder)!r}부터 만드세요"
        raise FileNotFoundError(Bilingual(en, ko))
    if not folder.is_dir():
        en = f"can't save {str(path)!r}: {str(folder)!r} is not a folder"
        ko = f"{str(path)!r}: 저장할 수 없습니다. {str(folder)!r}: 폴더가 아닙니다"
        raise NotADirectoryError(Bilingual(en, ko))
    if path.is_dir():
        en = f"can't save {str(path)!r}: it is a folder; give a file name in it"
        raise IsADirectoryError(Bilingual(en, f"{str(path)!r}: 폴더입니다. 그 안의 파일 이름까지 쓰세요"))
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
