"""What a Value can do by the table: operators and methods, a row each.

They are made in ``value.py``; their types are in ``methods.pyi``, which ``docs/make.py`` writes from the table.
"""


class Methods:
    """The operators and methods of the table's rows."""

    __slots__ = ()
