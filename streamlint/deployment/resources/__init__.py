"""What files declare that somebody else then makes: load balancers, gateways, functions, objects of Kubernetes."""

from streamlint.deployment.resources.declared import Resource, Resources

__all__ = ["Resource", "Resources"]
