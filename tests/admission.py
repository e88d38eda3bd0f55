"""Admission to handlers, for tests that are about something else."""

from prometheus_client import CollectorRegistry

from services.common.admission import Admission
from services.common.signing import Verifier


def everything() -> Admission:
    """Admits every message, as a service does that has no keys."""
    return Admission(Verifier(), CollectorRegistry(), "tests")
