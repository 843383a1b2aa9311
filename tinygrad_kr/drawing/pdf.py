"""PDF, by the typesetter Typst (the extra ``pdf``): vectors, with the system's fonts and text that can be selected."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..text.bilingual import needs
from ..text.lettering import printable
from .chunks import chunked

__all__ = ["render"]

PAGE = b"""
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#for svg in json(bytes(sys.inputs.pages)) { page(image(bytes(svg), format: "svg", alt: sys.inputs.title)) }
"""
"""A page as large as its picture. All comes as data, so nothing in it is markup."""


def render(pages: Sequence[str], title: str) -> bytes:
    """SVG documents as a PDF, a page each, where a pixel is 1/96 of an inch. The same documents give the same bytes.

    Args:
        pages: the documents.
        title: what it shows, for the file's properties and for screen readers.

    Raises:
        ImportError: if typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise ImportError(needs("PDF", "pdf")) from None
    inputs = {"pages": json.dumps([*map(chunked, pages)]), "title": printable(title)}
    pdf = typst.compile(PAGE, format="pdf", sys_inputs=inputs)
    assert isinstance(pdf, bytes)
    return pdf
