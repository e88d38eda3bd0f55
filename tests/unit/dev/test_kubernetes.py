"""What `deploy/kubernetes` describes is what Kubernetes and KEDA take, and fits the services."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema_rs import validator_for

from contracts.topology import Topology
from dev.paths import ROOT
from services.gateway.settings import GatewaySettings
from services.renderer.limits import Limits

FOLDER = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.29", "1.34")
GIB, MIB = 1024**3, 1024**2

KEDA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("keda.yaml").read_text())


def _documents() -> dict[tuple[str, str], dict[str, Any]]:
    found = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        if file.name != "kustomization.yaml":
            for document in yaml.safe_load_all(file.read_text()):
                found[document["kind"], document["metadata"]["name"]] = document
    return found


DOCUMENTS = _documents()
WORKLOADS = {
    name: document["spec"]["template"]["spec"]
    for (kind, name), document in DOCUMENTS.items()
    if kind in ("Deployment", "StatefulSet")
}


def _number(quantity: str) -> float:
    units = {"Gi": GIB, "Mi": MIB, "m": 0.001, "": 1}
    found = re.fullmatch(r"([0-9.]+)(Gi|Mi|m|)", quantity)
    assert found, quantity
    return float(found[1]) * units[found[2]]


def _given(name: str) -> dict[str, str]:
    [container] = WORKLOADS[name]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", [key for key in DOCUMENTS if key[0] not in KEDA])
def test_kubernetes_takes_it(key: tuple[str, str], version: str) -> None:
    kubernetes_validate.validate(DOCUMENTS[key], version, strict=True)


@pytest.mark.parametrize("key", [key for key in DOCUMENTS if key[0] in KEDA])
def test_keda_takes_it(key: tuple[str, str]) -> None:
    document = DOCUMENTS[key]
    assert document["apiVersion"] == "keda.sh/v1alpha1"
    validator_for(KEDA[key[0]]).validate(document["spec"])


def test_a_slip_is_noticed() -> None:
    gateway = yaml.safe_load(yaml.safe_dump(DOCUMENTS["Deployment", "gateway"]))
    gateway["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(gateway, VERSIONS[0], strict=True)
    scaler = yaml.safe_load(yaml.safe_dump(DOCUMENTS["ScaledObject", "renderer"]["spec"]))
    scaler["triggers"][0]["metadata"]["queueLength"] = "2"
    assert not validator_for(KEDA["ScaledObject"]).is_valid(scaler)


def test_renderers_are_scaled_on_the_queues_they_read_as_who_may_read_them() -> None:
    scaler = DOCUMENTS["ScaledObject", "renderer"]["spec"]
    assert scaler["scaleTargetRef"]["name"] in WORKLOADS
    broker = [trigger for trigger in scaler["triggers"] if trigger["type"] == "rabbitmq"]
    queues = Topology()
    assert {trigger["metadata"]["queueName"] for trigger in broker} == {
        queues.requests.name,
        queues.small_requests.name,
    }
    for trigger in broker:
        [secret] = DOCUMENTS["TriggerAuthentication", trigger["authenticationRef"]["name"]]["spec"]["secretTargetRef"]
        assert secret == {"parameter": "host", "name": "renderer", "key": "AMQP_URL"}


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_pod_has_more_time_to_end_than_its_service_takes(name: str) -> None:
    fields, given = GatewaySettings.model_fields, _given(name)
    grace = float(given.get("GRACE_SECONDS", fields["grace_seconds"].default))
    drain = float(given.get("DRAIN_SECONDS", fields["drain_seconds"].default)) if name == "gateway" else 0.0
    assert grace + drain + 5 <= WORKLOADS[name]["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_node_is_drained_of_one_pod_at_a_time(name: str) -> None:
    budget = DOCUMENTS["PodDisruptionBudget", name]["spec"]
    assert budget["selector"]["matchLabels"] == {"app": name}
    assert budget["maxUnavailable"] == 1


@pytest.mark.parametrize("name", ["gateway", "renderer", "webhooks"])
def test_pods_are_spread_over_the_nodes(name: str) -> None:
    [spread] = WORKLOADS[name]["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["labelSelector"]["matchLabels"]) == ("kubernetes.io/hostname", {"app": name})


def test_a_renderers_memory_is_enough_for_a_worker_on_each_processor() -> None:
    [container] = WORKLOADS["renderer"]["containers"]
    limits = container["resources"]["limits"]
    workers = int(_given("renderer").get("WORKERS", limits["cpu"]))
    assert _number(limits["memory"]) >= workers * Limits().shard_memory + 512 * MIB


def test_gateways_are_as_many_as_their_autoscaler_says() -> None:
    scaler = DOCUMENTS["HorizontalPodAutoscaler", "gateway"]["spec"]
    assert scaler["scaleTargetRef"]["name"] == "gateway"
    assert scaler["minReplicas"] >= 2
    assert "replicas" not in DOCUMENTS["Deployment", "gateway"]["spec"], "applying it again would undo the scaling"


def test_what_is_not_applied_at_once_says_so() -> None:
    applied = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    beside = {file.name for file in FOLDER.glob("*.yaml")} - set(applied) - {"kustomization.yaml"}
    assert beside == {"ingress.yaml", "webhooks.yaml"}
    for name in beside:
        assert "not among the resources of kustomization.yaml" in (FOLDER / name).read_text()
