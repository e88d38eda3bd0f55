"""Prometheus metrics. Labels come from closed lists, never ids, so that the number of series stays bounded."""

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector


def make_registry() -> CollectorRegistry:
    """A registry of one process's own, with the process's memory, CPU and file descriptors in it."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
