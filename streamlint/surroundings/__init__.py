"""What stands around the code: files that are not Python, as settings with their places. What a setting means is asked elsewhere."""

from streamlint.surroundings.document import Document, Fault, Setting

__all__ = ["Document", "Fault", "Setting"]
