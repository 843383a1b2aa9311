"""What a notebook or a page of its own shows of a picture."""

from __future__ import annotations

import re

__all__ = ["narrowing", "svg_bundle"]

LEAST = 0.6  # of its size: the least that a window makes of a picture; what is still too wide is scrolled


def narrowing(svg: str) -> str:
    """A picture that becomes narrower with the window, but not so narrow that nobody can read it.

    >>> narrowing('<svg width="900" viewBox="0 0 900 90"></svg>')
    '<svg style="max-width: max(100%, 540px); height: auto" width="900" viewBox="0 0 900 90"></svg>'
    """

    def styled(root: re.Match[str]) -> str:
        return f'<svg style="max-width: max(100%, {LEAST * float(root[2]):.0f}px); height: auto" {root[1]}'

    return re.sub(r'<svg ([^>]*?\bwidth="([\d.]+))', styled, svg, count=1)


def svg_bundle(svg: str, text: str) -> dict[str, str]:
    """A picture for a notebook, and a text for what shows no pictures.

    >>> svg_bundle('<svg width="900"></svg>', "a picture")["text/plain"]
    'a picture'
    """
    return {"image/svg+xml": narrowing(svg), "text/plain": text}
