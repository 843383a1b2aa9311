"""PDF, by the typesetter Typst (the extra ``pdf``): vectors, with the system's fonts and text that can be selected."""

from __future__ import annotations

from ..text.lettering import printable

__all__ = ["render"]

PAGE = b"""
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", alt: sys.inputs.title)
"""
"""A page as large as its picture. Both come as data, so nothing in them is markup."""


def render(svg: str, title: str) -> bytes:
    """An SVG document as a PDF of one page, where a pixel is 1/96 of an inch. The same document gives the same bytes.

    Args:
        svg: the document.
        title: what it shows, for the file's properties and for screen readers.

    Raises:
        ImportError: if typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise ImportError("PDF needs the extra 'pdf': run pip install 'tinygrad_kr[pdf]'") from None
    pdf = typst.compile(PAGE, format="pdf", sys_inputs={"svg": svg, "title": printable(title)})
    assert isinstance(pdf, bytes)
    return pdf
