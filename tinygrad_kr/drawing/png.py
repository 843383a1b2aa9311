"""PNG and animated GIF, by the libraries resvg and Pillow (the extra ``png``)."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from ..text.numerals import shown

__all__ = ["animate", "render"]


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


def animate(svgs: Sequence[str], seconds: float, scale: float) -> bytes:
    """SVG documents of one size as an animated GIF that repeats.

    Args:
        svgs: the frames.
        seconds: how long each stays; the last one three times as long.
        scale: pixels of the image per pixel of the SVG.

    Raises:
        ImportError: if resvg-py or Pillow is not installed.
        ValueError: if the scale or the time is not possible.
    """
    if not 0.02 <= seconds <= 600:
        raise ValueError(f"seconds={shown(seconds)} is not possible; expected a time from 0.02 to 600")
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("GIF needs the extra 'png': run pip install 'tinygrad_kr[png]'") from None
    first, *rest = (
        Image.open(BytesIO(render(svg, scale))).convert("P", palette=Image.Palette.ADAPTIVE) for svg in svgs
    )
    times = [round(seconds * 1000)] * len(rest) + [round(seconds * 3000)]
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=times, loop=0)
    return out.getvalue()
