"""Record a scalar graph once, replay it over batches."""

from .recorded import Recorded, record
from .tape import NotRecordable, Tape

__all__ = ["NotRecordable", "Recorded", "Tape", "record"]
