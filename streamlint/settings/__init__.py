"""From files and the command line to the settings that hold for a file."""

from streamlint.settings.files import Given
from streamlint.settings.nearest import Nearest, nearest

__all__ = ["Given", "Nearest", "nearest"]
