"""PNG and animated GIF, by the libraries resvg and Pillow (the extra ``png``)."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from operator import sub
from typing import TYPE_CHECKING

from ..text.bilingual import needs
from ..text.numerals import shown
from ..text.progress import meter
from .chunks import chunked

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["animate", "render"]

WIDEST = 1600  # pixels of a moving picture, across or down
NEAR = 12  # of 255: colours that are no further apart are one


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
        raise ImportError(needs("PNG", "png")) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=chunked(svg), zoom=scale))


def animate(
    svgs: Sequence[str], size: tuple[float, float], seconds: float, scale: float, progress: bool | None = None
) -> bytes:
    """SVG documents of one size as an animated GIF that repeats.

    Frames are at most :data:`WIDEST` pixels wide and high, whatever the scale, and share one palette.

    Args:
        svgs: the frames; the last one shows everything.
        size: their width and height.
        seconds: how long each stays; the last one three times as long.
        scale: pixels of the image per pixel of the SVG.
        progress: whether a bar says how far it is; where None, in a terminal or notebook only.

    Raises:
        ImportError: if resvg-py or Pillow is not installed.
        ValueError: if the scale or the time is not possible.
    """
    if not 0.02 <= seconds <= 600:
        raise ValueError(f"seconds={shown(seconds)} is not possible; expected a time from 0.02 to 600")
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(needs("GIF", "png")) from None
    zoom = scale if not scale > 0 else min(scale, WIDEST / max(size))

    def frame(svg: str) -> Image.Image:
        return Image.open(BytesIO(render(svg, zoom))).convert("RGB")

    with meter(progress, total=len(svgs), desc="GIF", delay=0 if progress else 1) as done:
        *rest, last = svgs
        whole = frame(last)
        palette = _palette(whole)
        whole = whole.quantize(palette=palette, dither=Image.Dither.NONE)
        frames = []
        for svg in rest:
            frames.append(frame(svg).quantize(palette=palette, dither=Image.Dither.NONE))
            if done is not None:
                done.update()
    first, *others = [*frames, whole]
    times = [round(seconds * 1000)] * len(rest) + [round(seconds * 3000)]
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=times, loop=0)
    return out.getvalue()


def _palette(image: Image.Image) -> Image.Image:
    """An image whose palette has the colours that another has most of, exactly; none is close to another.

    Where two are, Pillow takes either for both, and white paper would not be white.
    """
    from PIL import Image

    pixels = image.getcolors(image.width * image.height) or []
    colours: list[tuple[int, ...]] = []
    for _, colour in sorted(pixels, reverse=True):
        if isinstance(colour, tuple) and all(max(map(abs, map(sub, colour, kept))) > NEAR for kept in colours):
            colours.append(colour)
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in colours[:256] for channel in colour])
    return palette
