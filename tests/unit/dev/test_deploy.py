"""What is deployed speaks the code's language: settings that exist, all that are required, series that are counted."""

import json
import re
from typing import Any
from unittest.mock import Mock

import pytest
import yaml
from prometheus_client import CollectorRegistry
from pydantic_settings import BaseSettings

from dev.paths import ROOT
from services.common.admission import Admission
from services.common.signing import Verifier
from services.gateway.consumer import Consumer
from services.gateway.metrics import Metrics as GatewayMetrics
from services.gateway.settings import GatewaySettings
from services.gateway.store import Store
from services.gateway.stream import Hub
from services.renderer.fleet.metrics import FleetMetrics
from services.renderer.metrics import Metrics as RendererMetrics
from services.renderer.settings import RendererSettings
from services.storage.metrics import Metrics as StorageMetrics
from services.storage.settings import StorageSettings
from services.webhooks.metrics import Metrics as WebhookMetrics

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY.parent / "compose.yaml"
SETTINGS: dict[str, type[BaseSettings]] = {
    "gateway": GatewaySettings,
    "renderer": RendererSettings,
    "storage": StorageSettings,
}
UID = 10001
IMAGE_SETS = {"storage": {"STORAGE_ROOT"}}


def _documents() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text())]


def _workloads() -> dict[str, dict[str, Any]]:
    kinds = {"Deployment", "StatefulSet"}
    found = [document for document in _documents() if document["kind"] in kinds]
    return {document["metadata"]["name"]: document["spec"]["template"]["spec"] for document in found}


def _given(name: str) -> dict[str, set[str]]:
    """The names of the environment each way of deploying gives a service."""
    [container] = _workloads()[name]["containers"]
    compose = yaml.safe_load(COMPOSE.read_text())["services"][name]["environment"]
    return {"kubernetes": {entry["name"] for entry in container["env"]}, "compose": set(compose)}


@pytest.mark.parametrize("way", ["kubernetes", "compose"])
@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_service_is_given_settings_it_has_and_all_it_needs(name: str, way: str) -> None:
    fields = SETTINGS[name].model_fields
    given = _given(name)[way] | IMAGE_SETS.get(name, set())
    assert given <= {field.upper() for field in fields}
    assert {field.upper() for field, info in fields.items() if info.is_required()} <= given


@pytest.mark.parametrize("name", ["gateway", "renderer", "storage"])
def test_a_pod_runs_unprivileged_on_a_read_only_disk(name: str) -> None:
    pod = _workloads()[name]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == UID
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("name", ["gateway", "renderer", "storage"])
def test_a_container_of_compose_runs_unprivileged_on_a_read_only_disk(name: str) -> None:
    service = yaml.safe_load(COMPOSE.read_text())["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert not {"privileged", "user", "cap_add", "pid", "network_mode", "ipc"} & set(service)


def _stages() -> dict[str, str]:
    """The stages of the Dockerfile by name."""
    parts = re.split(r"^FROM \S+ AS (\w[\w-]*)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ["gateway", "renderer", "storage"])
def test_an_image_is_run_by_a_user_of_its_own_and_carries_its_bill_of_materials(name: str) -> None:
    stages = _stages()
    assert f"useradd --system --uid {UID} " in stages["base"]
    [user] = re.findall(r"^USER (.*)$", stages[name], re.MULTILINE)
    assert user == "exports"
    assert f"COPY --from=sbom /sbom/{name}.json " in stages[name]
    assert "COPY . " not in stages[name]


def test_the_renderers_image_has_what_confines_workers() -> None:
    assert "libseccomp2" in _stages()["renderer"]
    assert "landlockpy==" in (ROOT / "requirements" / "renderer.lock").read_text()


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_pod_has_the_secrets_of_its_own_service(name: str) -> None:
    [container] = _workloads()[name]["containers"]
    references = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"]
        for entry in container["env"]
        if "secretKeyRef" in entry.get("valueFrom", {})
    }
    shared = {key for key in references if key == "TRUSTED_KEYS" or key.endswith("_TOKEN")}
    assert {key: (where["name"], where["key"]) for key, where in references.items()} == {
        key: ("correcta-exports" if key in shared else name, key) for key in references
    }


@pytest.mark.parametrize("name", ["gateway", "storage"])
def test_only_the_migrations_have_the_password_of_the_tables_owner(name: str) -> None:
    assert not any("MIGRATION_DATABASE_URL" in given for given in _given(name).values())
    [migrations] = _workloads()[name]["initContainers"]
    compose = yaml.safe_load(COMPOSE.read_text())["services"]
    assert compose[name]["depends_on"][f"migrate-{name}"] == {"condition": "service_completed_successfully"}
    for given, command in (
        ({entry["name"] for entry in migrations["env"]}, migrations["command"]),
        (set(compose[f"migrate-{name}"]["environment"]), compose[f"migrate-{name}"]["command"]),
    ):
        assert given == {"DATABASE_URL", "MIGRATION_DATABASE_URL"}
        assert command == ["python", "-m", f"services.{name}.migrate"]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_composed_service_connects_with_accounts_of_its_own(name: str) -> None:
    environment = yaml.safe_load(COMPOSE.read_text())["services"][name]["environment"]
    urls = {key: value for key, value in environment.items() if key.endswith(("AMQP_URL", "DATABASE_URL"))}
    accounts = {key: re.fullmatch(r"\w+://(\w+):\$\{([A-Z_]+):\?[^}]+\}@.*", url) for key, url in urls.items()}
    assert {key: found.groups() for key, found in accounts.items() if found} == {
        key: (name, f"{name.upper()}_BROKER_PASSWORD")
        if key == "AMQP_URL"
        else (f"exports_{name}", f"{name.upper()}_DATABASE_PASSWORD")
        for key in urls
    }


@pytest.mark.parametrize("name", ["renderer", "gateway"])
def test_a_container_has_time_to_finish_before_it_is_killed(name: str) -> None:
    compose = yaml.safe_load(COMPOSE.read_text())["services"][name]
    given, fields = compose["environment"], SETTINGS[name].model_fields
    grace = float(given.get("GRACE_SECONDS", fields["grace_seconds"].default))
    drain = float(given.get("DRAIN_SECONDS", fields["drain_seconds"].default)) if name == "gateway" else 0.0
    assert grace + drain < float(compose["stop_grace_period"].removesuffix("s"))


def test_no_secret_is_written_down() -> None:
    for document in _documents():
        assert document["kind"] != "Secret"
    for pod in _workloads().values():
        assert all(
            "value" not in entry for entry in pod["containers"][0]["env"] if re.search("TOKEN|KEY", entry["name"])
        )


def _counted() -> set[str]:
    registry = CollectorRegistry()
    GatewayMetrics(registry)
    RendererMetrics(registry)
    FleetMetrics(registry)
    StorageMetrics(registry)
    WebhookMetrics(registry)
    for service in ("gateway", "renderer"):
        Admission(Verifier(), registry, service)
    names = {metric.name for metric in registry.collect()}
    suffixes = ("", "_total", "_bucket", "_count", "_sum")
    return {name + suffix for name in names for suffix in suffixes}


def _asked() -> set[str]:
    alerts = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yaml").read_text())
    dashboard = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())
    expressions = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    expressions += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return set(re.findall(r"\b(?:gateway|storage|renderer|webhooks)_[a-z_]+", " ".join(expressions)))


def test_alerts_and_dashboard_ask_for_series_that_are_counted() -> None:
    assert _asked()
    assert _asked() <= _counted()


def test_counters_of_alerts_are_there_at_zero() -> None:
    """`increase()` of a series that begins at one is nothing: the first fault would ring no alert."""
    registry = CollectorRegistry()
    gateway = GatewayMetrics(registry)
    Consumer(Mock(spec=Store), Mock(spec=Hub), gateway)
    StorageMetrics(registry)
    FleetMetrics(registry)
    WebhookMetrics(registry)
    alerts = (DEPLOY / "monitoring" / "alerts.yaml").read_text()
    asked = set(re.findall(r"increase\((\w+_total)", alerts))
    counted = {sample.name for metric in registry.collect() for sample in metric.samples}
    signatures = {f"{service}_signatures_refused_total" for service in ("gateway", "renderer")}
    assert asked - counted == signatures, "those of signatures are made with each queue"
