"""Confines a worker process: layers of limits that the kernel holds, and that the process cannot lift again.

A document is made of what strangers wrote. Should a library that reads it be taken over, the process has no secrets
(`workers.environment`), no network and no way to start a program (`system_calls`), sees the files of its exports and
of the libraries only (`files`), and uses no more than its share (`resources`). All other input and output is the
parent's.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from services.renderer.modes import Confinement
from services.renderer.workers.confinement import files, resources, system_calls


class Layer(StrEnum):
    """A layer of confinement that depends on the kernel; resources are limited on every one."""

    FILES = "landlock"
    SYSTEM_CALLS = "seccomp"


class NotConfined(Exception):
    """The kernel or a library lacks a layer that the settings require."""


@dataclass(frozen=True)
class Sandbox:
    """What a worker may use: so much memory, in bytes, and one folder to write to."""

    memory: int
    folder: Path
    mode: Confinement = Confinement.AUTO


_in_force: list[Layer] = []


def layers_in_force() -> tuple[Layer, ...]:
    """The layers that this process is confined by."""
    return tuple(_in_force)


def confine(sandbox: Sandbox) -> None:
    """Confine this process for good, with the layers that this kernel has.

    Raises:
        NotConfined: one is missing, and all are required.
    """
    if sandbox.mode is Confinement.OFF:
        return
    resources.forbid_new_privileges()
    for layer, apply in _layers(sandbox.folder):
        try:
            apply()
        except OSError as error:
            if sandbox.mode is Confinement.REQUIRE:
                raise NotConfined(f"{layer}: {error}") from error
        else:
            _in_force.append(layer)


def prepare() -> None:
    """Load what confining needs, once for all processes that are forked from this one."""
    files.prepare()
    with suppress(OSError):
        system_calls.prepare()


def _layers(folder: Path) -> tuple[tuple[Layer, Callable[[], None]], ...]:
    """The layers in their order: system calls last, because they forbid those that set up the others."""
    return (Layer.FILES, lambda: files.restrict_to(folder)), (Layer.SYSTEM_CALLS, system_calls.restrict)
