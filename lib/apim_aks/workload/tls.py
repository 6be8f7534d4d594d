"""What a Service that ends TLS itself shows to its callers, as far as anybody said."""

from __future__ import annotations

from dataclasses import dataclass

from apim_aks.topology import Authority


@dataclass(frozen=True, slots=True)
class ServiceTls:
    """The certificate of a Service that ends TLS itself.

    `host` is the name in it and `authority` who signed it, both the word of workload.yaml; without
    a name nobody said anything. `kept_in` is the Secret that its pods mount, empty where the input
    names none, and `because` what shows that a certificate is in it, with file and line.
    """

    host: str = ""
    authority: Authority = Authority.PRIVATE
    kept_in: str = ""
    because: str = ""

    @property
    def place(self) -> str:
        """Where the certificate is today, in words."""
        if not self.kept_in:
            return "a place that the input does not name"
        return f"Secret {self.kept_in} ({self.because})"
