"""Sentences in both languages: exceptions and warnings are English, and whoever speaks to a Korean reader has them
in Korean."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Language

__all__ = ["Bilingual", "needs", "told"]


class Bilingual(str):
    """A sentence in English that knows itself in Korean.

    Args:
        en, ko: the sentence. Korean particles change with the sound before them, so no such one follows a name.

    >>> sentence = Bilingual("x is lost", "x: 사라졌습니다") + "!"
    >>> sentence, sentence.ko
    ('x is lost!', 'x: 사라졌습니다!')
    """

    ko: str

    def __new__(cls, en: str, ko: str) -> Bilingual:
        """A str that has its Korean beside it."""
        sentence = super().__new__(cls, en)
        sentence.ko = ko
        return sentence

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (str(self), self.ko)

    def __add__(self, more: str) -> Bilingual:
        return Bilingual(str(self) + str(more), self.ko + told(more, "ko"))


def told(what: object, language: Language) -> str:
    """What an exception, a warning or a text says, in a language; in English where it knows no Korean.

    >>> told(ValueError(Bilingual("too large", "너무 큽니다")), "ko"), told(ValueError("too large"), "ko")
    ('너무 큽니다', 'too large')
    """
    given = what.args[0] if isinstance(what, (Exception, Warning)) and what.args else what
    return given.ko if language == "ko" and isinstance(given, Bilingual) else str(what)


def needs(what: str, extra: str, ko: str = "") -> Bilingual:
    """That something needs an extra which is not installed.

    >>> needs("PNG", "png")
    "PNG needs the extra 'png': run pip install 'tinygrad_kr[png]'"
    """
    run = f"pip install 'tinygrad_kr[{extra}]'"
    verb = "need" if what.endswith("s") else "needs"
    return Bilingual(
        f"{what} {verb} the extra {extra!r}: run {run}", f"{ko or what}: {extra!r} 선택 설치가 필요합니다. {run}"
    )
