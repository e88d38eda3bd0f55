"""Prometheus metrics. Labels come from closed lists, never ids, so that the number of series stays bounded."""

from prometheus_client import CollectorRegistry, GCCollector, Info, PlatformCollector, ProcessCollector

from contracts import VERSION


def make_registry() -> CollectorRegistry:
    """A registry of one process's own, with its version, memory, processor time and file descriptors."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    Info("correcta_exports_build", "The version that runs.", registry=registry).info({"version": VERSION})
    return registry
