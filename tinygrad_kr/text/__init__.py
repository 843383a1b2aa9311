"""Numbers as people write them, widths of text, tables for terminals, whole files, and the two languages."""
