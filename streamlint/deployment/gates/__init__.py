"""What stands before the servers, other than nginx: proxies, balancers, gateways, clouds. Each module reads those of one kind."""

from streamlint.deployment.gates.gate import Gate, Gates

__all__ = ["Gate", "Gates"]
