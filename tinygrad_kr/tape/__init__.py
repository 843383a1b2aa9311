"""Record a scalar graph once, replay it over batches."""

from .recorded import Recorded, record
from .recording import is_recorded
from .tape import NotRecordable, Tape

__all__ = ["NotRecordable", "Recorded", "Tape", "is_recorded", "record"]
