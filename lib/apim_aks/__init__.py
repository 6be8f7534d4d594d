"""Azure API Management in front of microservices on AKS: one design, everything derived from it."""

__version__ = "0.1.0"
