"""What stands between the program and its users, by what the files around the code say: servers, containers, proxies."""

from streamlint.deployment.limits import Anchor, Certainty, Failure, Hop, Layer, Limit
from streamlint.deployment.whole import Deployment, Expected

__all__ = ["Anchor", "Certainty", "Deployment", "Expected", "Failure", "Hop", "Layer", "Limit"]
