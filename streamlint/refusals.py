"""Why no repair is offered, and what to do instead, in the words of the help text."""

from __future__ import annotations

from streamlint.immutable import immutable


@immutable
class Refusal:
    """Why no repair is offered, and what to do about it, as the help text says it; no reason where another rule has the repair."""

    why: str
    instead: str = "yield the tokens in a generator, and do the rest there"


def no_fix(refusal: Refusal) -> str:
    """Why there is no automatic fix, and what to do instead."""
    if not refusal.why:
        return refusal.instead
    return f"no automatic fix, because {refusal.why}: {refusal.instead}"
