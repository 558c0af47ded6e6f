"""Where the tokens of a stream go, from what starts it to what takes, sends or swallows them."""

from streamlint.streams.drains import Drains as Drains
from streamlint.streams.sent import Sent as Sent
