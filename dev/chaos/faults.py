"""What will be done to whom, decided by the seed alone before anything starts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from dev.paths import ROOT

SERVICES = ROOT / "services"
RARE = ("cancel.", "coordinator.", "dead.", "expiry.", "helper.", "retry.", "worker.")
"""Steps that ordinary load does not reach soon enough to wait for."""

BROKER, DATABASE = "broker", "database"


@dataclass(frozen=True)
class Parameters:
    """How much of everything. `gap` and `pace` are mean seconds, between faults and between exports."""

    seed: int
    exports: int = 60
    kills: int = 20
    broker_restarts: int = 2
    database_restarts: int = 2
    freezes: int = 4
    cuts: int = 6
    gap: float = 3.0
    pace: float = 1.7
    gateways: int = 2
    renderers: int = 2
    storages: int = 2
    broker_nodes: int = 1

    def instances(self, service: str) -> tuple[str, ...]:
        """The names of a service's processes."""
        count = {"gateway": self.gateways, "renderer": self.renderers, "storage": self.storages}[service]
        return tuple(f"{service}-{number}" for number in range(1, count + 1))


@dataclass(frozen=True)
class Fault:
    """One thing that is done. `seconds` is how long it lasts; `detail` a failpoint, a dependency or a way of ending."""

    kind: str
    target: str
    seconds: float = 0.0
    detail: str = ""


def failpoints_of(service: str) -> list[str]:
    """The steps of a service at which it can be told to die, as its source names them."""
    found: set[str] = set()
    for path in (SERVICES / service).rglob("*.py"):
        found.update(re.findall(r'failpoint\("([a-z.]+)"', path.read_text(encoding="utf-8")))
    return sorted(found)


def schedule(parameters: Parameters) -> list[Fault]:
    """The faults of a run, in their order. The same parameters give the same ones."""
    chance = Random(parameters.seed)
    faults = [
        *_kills(parameters, chance),
        *_restarts(BROKER, parameters.broker_restarts, chance),
        *_restarts(DATABASE, parameters.database_restarts, chance),
        *_freezes(parameters, chance),
        *_cuts(parameters, chance),
    ]
    chance.shuffle(faults)
    return faults


def kills_in(faults: Sequence[Fault]) -> int:
    """How many processes of ours die by SIGKILL: a trap kills twice, to arm and at the step."""
    return sum({"kill": 1, "worker": 1, "trap": 2}.get(fault.kind, 0) for fault in faults)


def _kills(parameters: Parameters, chance: Random) -> Iterator[Fault]:
    workers = parameters.kills // 8
    traps = parameters.kills // 3
    plain = parameters.kills - workers - 2 * traps
    steps = {service: _endless(failpoints_of(service), chance) for service in ("gateway", "renderer", "storage")}
    services = cycle(("renderer", "gateway", "renderer", "storage", "gateway", "renderer", "storage"))
    for service in islice(services, traps):
        yield Fault("trap", chance.choice(parameters.instances(service)), detail=next(steps[service]))
    for service in islice(services, plain):
        yield Fault("kill", chance.choice(parameters.instances(service)))
    for _ in range(workers):
        yield Fault("worker", chance.choice(parameters.instances("renderer")))


def _endless(names: list[str], chance: Random) -> Iterator[str]:
    usual = [name for name in names if not name.startswith(RARE)]
    chance.shuffle(usual)
    return cycle(usual)


def _restarts(target: str, count: int, chance: Random) -> Iterator[Fault]:
    for number in range(count):
        yield Fault("restart", target, chance.uniform(0.5, 4), detail="kill" if number % 2 == 0 else "stop")


def _freezes(parameters: Parameters, chance: Random) -> Iterator[Fault]:
    everyone = [name for service in ("renderer", "gateway", "storage") for name in parameters.instances(service)]
    for number in range(parameters.freezes):
        target = (BROKER, DATABASE)[number // 4 % 2] if number % 4 == 3 else chance.choice(everyone)
        yield Fault("freeze", target, chance.uniform(2, 12))


def _cuts(parameters: Parameters, chance: Random) -> Iterator[Fault]:
    kinds = cycle(("cut", "blackhole", "half_open", "slow"))
    for kind in islice(kinds, parameters.cuts):
        service = chance.choice(("renderer", "gateway", "storage"))
        dependency = chance.choice((BROKER, DATABASE, "storage") if service != "storage" else (DATABASE,))
        yield Fault(kind, chance.choice(parameters.instances(service)), chance.uniform(2, 10), dependency)
