"""What an earlier run said, said again where nothing has changed that it looked at."""

from streamlint.kept.answers import Answers, answers, folder_of

__all__ = ["Answers", "answers", "folder_of"]
