"""Signing keys for tests: the same at each run, so that the tests that are made of them have the same names."""

import base64
import hashlib

from contracts.topology import Role


def keys(name: str) -> dict[Role, str]:
    """A private key for each role; other ones for another name."""
    seeds = {role: hashlib.sha256(f"{name} {role}".encode()).digest() for role in Role}
    return {role: base64.urlsafe_b64encode(seed).rstrip(b"=").decode() for role, seed in seeds.items()}
