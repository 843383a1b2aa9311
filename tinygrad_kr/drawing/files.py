"""Pictures as files: the suffix of a path says how a picture is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ..text.bilingual import Bilingual
from ..text.files import write_whole
from ..text.numerals import shown

__all__ = ["save_as"]


def save_as(path: str | os.PathLike[str], writers: Mapping[str, Callable[[], str | bytes]]) -> Path:
    """Save what the writer of the path's suffix gives.

    Args:
        path: of the file, in a folder that is there.
        writers: by suffix.

    Returns:
        The path.

    Raises:
        TypeError: if ``path`` is none.
        ValueError: if there is no writer for the suffix.
        OSError: if the file can't be written; whatever was there is as it was.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"save() needs the path of a file, not {shown(path)}; svg(), png() and text() give the contents"
        )
    file = Path(path)
    writer = writers.get(file.suffix.lower())
    if writer is None:
        en = f"can't save {shown(file.name)}: its suffix should be one of {', '.join(writers)}"
        ko = f"{shown(file.name)}: 저장할 수 없습니다. 확장자로 {', '.join(writers)} 가운데 하나를 쓰세요"
        raise ValueError(Bilingual(en, ko))
    content = writer()
    if isinstance(content, str) and not content.endswith("\n"):
        content += "\n"
    write_whole(file, content.encode("utf-8") if isinstance(content, str) else content)
    return file
