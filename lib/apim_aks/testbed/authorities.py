"""Throw-away authorities and the certificates that they sign; nothing of them outlives a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_HOUR = timedelta(hours=1)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its chain, and its private key, both in PEM."""

    certificate: bytes
    key: bytes = field(repr=False)

    @property
    def pem(self) -> bytes:
        """Both in one text, as Key Vault keeps them."""
        return self.key + self.certificate


@dataclass(frozen=True)
class Authority:
    """An authority by this name, with a key of its own."""

    name: str
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False, compare=False
    )

    @cached_property
    def certificate(self) -> bytes:
        """Its own certificate in PEM."""
        name = _named(self.name)
        built = _begun(name, name, self._key.public_key(), -_HOUR, 24 * _HOUR)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        built = built.add_extension(_usage(signs=True), critical=True)
        return built.sign(self._key, hashes.SHA256()).public_bytes(_PEM)

    def issue(
        self, *hosts: str, begins: timedelta = -_HOUR, ends: timedelta = 12 * _HOUR
    ) -> Identity:
        """A certificate for these host names, for servers and clients, from `begins` to `ends`."""
        key = ec.generate_private_key(ec.SECP256R1())
        built = _begun(_named(hosts[0][:64]), _named(self.name), key.public_key(), begins, ends)
        names = x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts])
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = (
            built.add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        signed = built.sign(self._key, hashes.SHA256()).public_bytes(_PEM)
        return Identity(signed, _private(key))


def self_signed(host: str) -> Identity:
    """A certificate for this host name that no authority signed."""
    own = Authority(host)
    return Identity(own.certificate, _private(own._key))


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    begins: timedelta,
    ends: timedelta,
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, locked = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(_PEM, form, locked)
