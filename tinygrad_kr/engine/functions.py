"""The table's functions, made from its rows when they are first asked for, so that importing costs nothing.

How they are made is in ``row_functions.py``; those that take more than a row says are in ``elementary.py``. Their types
are in ``functions.pyi``, which ``docs/make.py`` writes from the table.
"""

from .names import NAMES, ROWS

__all__ = NAMES


def __getattr__(name):
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no function {name!r}; it has {', '.join(NAMES)}")
    from . import elementary, row_functions

    function = vars(elementary).get(name) or row_functions.function_of(ROWS.get(name, name))
    globals()[name] = function
    return function
