"""What a Value can do by the table: operators and methods, a row each.

They are made in ``value.py``; their types are in ``methods.pyi``, which ``docs/make.py`` writes from the table.
"""


class Methods:
    """The operators and methods of the table's rows; to a checker of types, of what they return and what they take."""

    __slots__ = ()

    def __class_getitem__(cls, types):
        return cls
