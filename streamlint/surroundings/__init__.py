"""What stands around the code: files that are not Python, as settings with their places; nothing of what a setting means."""

from streamlint.surroundings.document import Document, Fault, Setting

__all__ = ["Document", "Fault", "Setting"]
