"""PNG, by the resvg library (the extra ``png``)."""

from __future__ import annotations

from ..numerals import shown

__all__ = ["render"]


def render(svg: str, scale: float) -> bytes:
    """An SVG document as PNG.

    Args:
        svg: the document.
        scale: pixels of the image per pixel of the SVG; up to 10.

    Raises:
        ImportError: if resvg-py is not installed.
        ValueError: if the scale is not possible.
    """
    if not 0 < scale <= 10:
        raise ValueError(f"scale={shown(scale)} is not possible; expected a number above 0 and up to 10")
    try:
        import resvg_py
    except ImportError:
        raise ImportError("PNG needs the extra 'png': run pip install 'tinygrad_kr[png]'") from None
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale))
