"""A private Prometheus with the rules of `deploy/monitoring`: only loopback, forgets everything when it is removed."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dev.paths import ROOT
from dev.stack.processes import Process, free_port
from dev.stack.programs import debian_program
from dev.stack.server import PrivateServer

MONITORING = ROOT / "deploy" / "monitoring"


def configuration() -> dict[str, Any]:
    """`prometheus.yaml` with targets from files, `JOB.json` beside it, each of which is scraped twice a second."""
    config: dict[str, Any] = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    for job in config["scrape_configs"]:
        job.pop("dns_sd_configs")
        job["file_sd_configs"] = [{"files": [f"{job['job_name']}.json"]}]
    return config


def rules() -> dict[str, Any]:
    """`alerts.yaml`, each of which fires at once: for how long it must hold before is left out."""
    alerts: dict[str, Any] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())
    for group in alerts["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    return alerts


class PrivatePrometheus(PrivateServer):
    """One Prometheus."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration()))
        (self.folder / "alerts.yaml").write_text(yaml.safe_dump(rules()))
        options = {
            "config.file": self.folder / "prometheus.yaml",
            "storage.tsdb.path": self.folder / "data",
            "web.listen-address": f"127.0.0.1:{self._port}",
        }
        command = [str(debian_program("prometheus")), *(f"--{name}={value}" for name, value in options.items())]
        self.process = Process(command, self.folder / "prometheus.log", cwd=self.folder, env={"HOME": str(self.folder)})

    def start(self) -> None:
        """Start it and return once it answers."""
        self.process.start()
        self.process.wait_until(self._answers, 60)

    def stop(self) -> None:
        """An orderly stop."""
        self.process.stop()

    def scrape(self, job: str, *urls: str) -> None:
        """Set the targets of a job."""
        new = self.folder / f"{job}.new"
        new.write_text(json.dumps([{"targets": [urllib.parse.urlsplit(url).netloc for url in urls]}]))
        new.rename(self.folder / f"{job}.json")

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression now, each with `metric` (its labels) and `value` (time and text).

        Raises:
            OSError: it is not an expression, or Prometheus is away.
        """
        return list(self._get("query", query=expression)["result"])

    def firing(self) -> Iterator[str]:
        """The names of the alerts that fire now."""
        return (alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"] if alert["state"] == "firing")

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self._port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as response:
            return dict(json.load(response)["data"])

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/-/ready", timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            return False
