"""The way of each stream from the model to its reader, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import Any

from streamlint.deployment import Anchor, Deployment, Hop
from streamlint.deployment.chains import Chain
from streamlint.messages.chains import LAYERS, described, verdict
from streamlint.reporters import relative

_NARROWEST = 40


def render(chains: Sequence[Chain], deployment: Deployment, width: int) -> str:
    """All chains, each with its hops in order, what cuts first, and what was not found."""
    return "\n\n".join("\n".join(_lines(chain, deployment, max(width, _NARROWEST))) for chain in chains)


def _lines(chain: Chain, deployment: Deployment, width: int) -> Iterator[str]:
    yield from _wrapped(f"{chain.route.title} streams through:", width, "", "  ")
    for number, hop in enumerate(chain.hops, 1):
        yield from _wrapped(f"{number}. {described(hop, _where(hop, deployment))}", width, "  ", "     ")
        if hop.probe:
            yield f"     {probe(chain, hop)}"
    yield from _wrapped(told(chain), width, "  ", "  ")
    for text in chain.missing:
        yield from _wrapped(f"not found: {text}", width, "  ", "  ")
    for text in chain.notes:
        yield from _wrapped(f"note: {text}", width, "  ", "  ")


def probe(chain: Chain, hop: Hop) -> str:
    """The line for a shell that shows whether tokens arrive at a hop."""
    methods = chain.route.methods
    method = f"-X {methods[0]} " if methods and "GET" not in methods else ""
    unchecked = "-k " if hop.probe.startswith("https:") else ""  # no certificate is for localhost
    curl = f"-N {unchecked}{method}'{hop.probe}'"
    if not hop.inside:
        return f"curl {curl}"
    return f'docker run --rm --network "container:$(docker compose ps -q {hop.inside})" curlimages/curl {curl}'


def _wrapped(text: str, width: int, first: str, following: str) -> list[str]:
    wrapped = fill(
        text, width, initial_indent=first, subsequent_indent=following, break_long_words=False, break_on_hyphens=False
    )
    return wrapped.splitlines()


def told(chain: Chain) -> str:
    """Which hop cuts first."""
    cut = verdict(chain.first_cut)
    return f"cuts first: {cut}" if cut else "nothing that is known here cuts it"


def _where(hop: Hop, deployment: Deployment) -> str:
    return place(hop.anchor, deployment) if hop.anchor is not None else ""


def place(anchor: Anchor, deployment: Deployment) -> str:
    """A file with its line, where its text can be had."""
    source = deployment.source(anchor.path)
    name = relative(anchor.path)
    return name if source is None else f"{name}:{source.position(anchor.span.start).line}"


def listed(chains: Sequence[Chain], deployment: Deployment) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "route": chain.route.title,
            "hops": [_hop(hop, deployment) for hop in chain.hops],
            "cuts_first": verdict(chain.first_cut) if chain.first_cut is not None else None,
            "not_found": list(chain.missing),
            "notes": list(chain.notes),
        }
        for chain in chains
    ]


def _hop(hop: Hop, deployment: Deployment) -> dict[str, Any]:
    return {
        "layer": LAYERS[hop.layer],
        "product": hop.product,
        "name": hop.name,
        "place": place(hop.anchor, deployment) if hop.anchor is not None else None,
        "places": hop.places,
        "probe": hop.probe,
        "inside": hop.inside,
        "certainty": hop.certainty.name.lower(),
        "limits": [
            {
                "failure": each.failure.value,
                "setting": each.setting,
                "seconds": each.seconds,
                "is_default": each.is_default,
                "is_known": each.is_known,
            }
            for each in hop.limits
        ],
    }
