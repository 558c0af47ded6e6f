"""Words about the way of a stream: a hop, a limit, what cuts first."""

from __future__ import annotations

from streamlint.deployment.chains import Cut
from streamlint.deployment.limits import Certainty, Failure, Hop, Layer, Limit

LAYERS = {
    Layer.MODEL_CLIENT: "model client",
    Layer.APPLICATION: "application",
    Layer.SERVER: "server",
    Layer.CONTAINER: "container",
    Layer.PROXY: "proxy",
    Layer.BALANCER: "balancer",
    Layer.EDGE: "edge",
}
_AT_ONCE = (Failure.BUFFER, Failure.MASK)
"""What takes no time."""
_SILENCE = {Failure.IDLE: "without a token", Failure.FIRST_BYTE: "before the first byte"}


def described(hop: Hop, where: str = "") -> str:
    """A hop in one sentence: what it is, where it is written, how it fails a stream."""
    limits = ", ".join(map(limit, hop.limits)) or "no limit of its own"
    perhaps = "perhaps " if hop.certainty is Certainty.POSSIBLE else ""
    return f"{LAYERS[hop.layer]}: {perhaps}{named(hop)}{_places(hop, where)}: {limits}"


def _places(hop: Hop, where: str) -> str:
    if hop.places > 1:
        return f" ({where} and {hop.places - 1} more)" if where else f" at {hop.places} places"
    return f" ({where})" if where else ""


def named(hop: Hop) -> str:
    return f"{hop.product} {hop.name}".strip()


def limit(each: Limit) -> str:
    """`proxy_read_timeout` 60 s (the default): cut after silence."""
    default = " (the default)" if each.is_default and each.is_known else ""
    if not each.is_known:
        return f"`{each.setting}` not known"
    if each.seconds is None:
        return (
            f"`{each.setting}`{default}: {each.failure.value}" if each.failure in _AT_ONCE else f"`{each.setting}` none"
        )
    return f"`{each.setting}` {each.seconds:g} s{default}: {each.failure.value}"


def verdict(cut: Cut | None) -> str:
    """What cuts first, after how long."""
    if cut is None:
        return ""
    silence = _SILENCE.get(cut.limit.failure, "in all")
    return f"{named(cut.hop)} after {cut.limit.seconds:g} s {silence} (`{cut.limit.setting}`)"
