"""Colours for the lines of a sparse matrix: those of one colour are computed by one sweep, and can be told apart.

Gebremedhin, Manne and Pothen, "What Color Is Your Jacobian? Graph Coloring for Computing Derivatives", SIAM Review 47
(2005). Colours are given greedily, the fullest line first; a set of colours is the bits of a whole number.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["colours", "star_colours"]

Lines = Sequence[Sequence[int]]
"""For every row (or column) the places of its entries."""


def colours(lines: Lines, across: int) -> list[int]:
    """A colour for every row (or column), so that no two of one colour have an entry in the same place.

    Args:
        lines: the places of the entries in each.
        across: how many places there are.

    >>> colours([[0], [0, 1], [1, 2], [2]], 3)
    [1, 0, 1, 0]
    """
    found, taken = [0] * len(lines), [0] * across
    for k in _fullest_first(lines):
        forbidden = 0
        for place in lines[k]:
            forbidden |= taken[place]
        free = _lowest_free(forbidden)
        for place in lines[k]:
            taken[place] |= free
        found[k] = free.bit_length() - 1
    return found


def star_colours(neighbours: Lines) -> list[int]:
    """A colour for every variable of a symmetric matrix, so that each entry can be read off one product.

    Neighbours differ in colour, and so do two of the vertices on every path of four that have no other colour between
    them: two colours make stars, each a hub with its spokes. (Gebremedhin, Tarafdar, Manne and Pothen, "New Acyclic
    and Star Coloring Algorithms with Application to Computing Hessians", SIAM J. Sci. Comput. 29, 2007.)

    Args:
        neighbours: for each variable the others that it has an entry with.

    >>> star_colours([[1], [0, 2], [1, 3], [2]]), star_colours([[1, 2, 3], [0], [0], [0]])
    ([1, 0, 1, 2], [0, 1, 1, 1])
    """
    found = [-1] * len(neighbours)
    around = [0] * len(neighbours)  # the colours of its neighbours
    hubs = [0] * len(neighbours)  # the colours of hubs that it is a spoke of, among others of its colour
    first: list[dict[int, int]] = [{} for _ in neighbours]  # a neighbour of each colour
    for v in _fullest_first(neighbours):
        near = [(w, 1 << found[w]) for w in neighbours[v] if found[w] >= 0]
        once = twice = 0
        for _, colour in near:
            twice |= once & colour
            once |= colour
        forbidden = once
        for w, colour in near:
            forbidden |= hubs[w] | (around[w] if colour & twice else 0)
        free = _lowest_free(forbidden)
        found[v], around[v] = free.bit_length() - 1, once
        for w, colour in near:
            around[w] |= free
            if colour & twice:
                hubs[w] |= free
            other = first[w].setdefault(free, v)
            if other != v:
                hubs[v] |= colour
                hubs[other] |= colour
            first[v][colour] = w
    return found


def _fullest_first(lines: Lines) -> list[int]:
    return sorted(range(len(lines)), key=lambda k: -len(lines[k]))


def _lowest_free(forbidden: int) -> int:
    """The lowest colour that is none of these, as a bit."""
    return ~forbidden & (forbidden + 1)
