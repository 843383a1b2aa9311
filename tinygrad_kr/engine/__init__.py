"""The engine: the table of operations, what its rows compile to, ``Value``, the sweeps, modes, blocks and files.

Everything else reads the table (``ops.py``) and speaks to a node by the names that ``value.py`` gives it.
"""
