"""The rows of the table in other languages: JavaScript for pages, SymPy."""
