"""A certificate authority for one control plane."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Certificates made here live as long as a test: fixed dates need no clock.
_NOT_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(2049, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Two PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Of ServiceAccount tokens: PEM files of plain keys, no certificate."""

    private: Path
    public: Path


class Authority:
    """Signs for the API server and for whoever talks to it."""

    def __init__(self, directory: Path, key: ec.EllipticCurvePrivateKey, name: x509.Name) -> None:
        self.certificate = directory / "ca.crt"
        self._directory = directory
        self._key = key
        self._name = name

    @classmethod
    def create(cls, directory: Path) -> Self:
        directory.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        authority = cls(directory, key, _name("podroute test authority", ()))
        signing = x509.BasicConstraints(ca=True, path_length=0)
        certificate = (
            authority._unsigned(authority._name, key)
            .add_extension(signing, critical=True)
            .add_extension(_key_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        authority.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return authority

    def client(self, user: str, groups: Sequence[str]) -> KeyPair:
        """For Kubernetes, the common name is the user and each organisation a group."""
        stem = file_stem(user, *groups)
        known = KeyPair(self._directory / f"{stem}.crt", self._directory / f"{stem}.key")
        if known.certificate.exists():
            return known
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        return self._issue(_name(user, groups), [(usage, False)], stem)

    def server(self, addresses: Sequence[IPv4Address], names: Sequence[str]) -> KeyPair:
        alternatives = x509.SubjectAlternativeName(
            [*map(x509.IPAddress, addresses), *map(x509.DNSName, names)]
        )
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        extensions = [(alternatives, False), (usage, False)]
        return self._issue(_name(names[0], ()), extensions, "server")

    def _issue(
        self, name: x509.Name, extensions: Sequence[tuple[x509.ExtensionType, bool]], stem: str
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = self._unsigned(name, key).add_extension(_key_usage(signs=False), critical=True)
        for extension, critical in extensions:
            unsigned = unsigned.add_extension(extension, critical)
        pair = KeyPair(self._directory / f"{stem}.crt", self._directory / f"{stem}.key")
        certificate = unsigned.sign(self._key, hashes.SHA256())
        pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_private_key(key, pair.key)
        return pair

    def _unsigned(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .issuer_name(self._name)
            .subject_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_NOT_BEFORE)
            .not_valid_after(_NOT_AFTER)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(authority, critical=False)
        )


def write_private_key(key: ec.EllipticCurvePrivateKey, path: Path) -> None:
    """As PEM, for its owner only from the start."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def write_signing_keys(directory: Path) -> SigningKeys:
    """New ones."""
    key = ec.generate_private_key(ec.SECP256R1())
    keys = SigningKeys(directory / "service-accounts.key", directory / "service-accounts.pub")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    keys.public.write_bytes(public)
    write_private_key(key, keys.private)
    return keys


def _name(common: str, organisations: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organisations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def file_stem(*names: str) -> str:
    """Users and groups as part of a file's name."""
    return "+".join(names).replace(":", ".").replace("/", "_")


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
