"""What holds a thread or an event loop, and which rule reports it."""

from streamlint.waiting.blocking import Blocking as Blocking
from streamlint.waiting.held import Holdings as Holdings
from streamlint.waiting.precedence import Precedence as Precedence
