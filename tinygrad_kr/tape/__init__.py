"""Record a scalar graph once, replay it over batches."""

from .tape import NotRecordable, Tape

__all__ = ["NotRecordable", "Tape"]
