"""What a notebook shows of a picture."""

from __future__ import annotations

__all__ = ["svg_bundle"]


def svg_bundle(svg: str, text: str) -> dict[str, str]:
    """A picture for a notebook, where it becomes narrower with the window, and a text for what shows no pictures.

    >>> svg_bundle('<svg width="900" viewBox="0 0 900 90"></svg>', "a picture")["image/svg+xml"]
    '<svg style="max-width: 100%; height: auto" width="900" viewBox="0 0 900 90"></svg>'
    """
    return {
        "image/svg+xml": svg.replace("<svg ", '<svg style="max-width: 100%; height: auto" ', 1),
        "text/plain": text,
    }
