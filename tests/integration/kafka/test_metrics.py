"""What a follower tells Prometheus, scraped by a real one."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from lake.processes import LOOPBACK, free_port
from tests.debian import debian_program
from tests.integration.kafka.topics import SOURCE, Topics, events

pytestmark = pytest.mark.kafka
OF_OTHERS = ("retries", "build", "task")  # metrics of what a follower does not do
DASHBOARD = Path(__file__).parents[3] / "operations" / "monitoring" / "grafana_dashboard.json"
COMMAND = (
    "import sys;"
    f"sys.argv = ['firn', 'ingest', '{SOURCE}', '--follow', '--every', '0.2',"
    " '--metrics-port', '0'];"
    "from operations.cli.app import main; main()"
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the program."""
    folder = tmp_path_factory.mktemp("prometheus")
    return debian_program("prometheus", "usr/bin/prometheus", folder)


@contextmanager
def _followed(topics: Topics) -> Iterator[tuple[str, psutil.Process]]:
    """Follow the topic in a process, and give the address of its metrics."""
    process = topics.start_python(COMMAND)
    assert process.stdout is not None
    while not (found := re.search(r"http://127\.0\.0\.1:\d+/metrics", process.stdout.readline())):
        assert process.poll() is None
    try:
        yield found[0], psutil.Process(process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def _scraping(prometheus: Path, address: str, folder: Path) -> Iterator[str]:
    """Run Prometheus on an address of metrics, and give its own."""
    target = address.removeprefix("http://").removesuffix("/metrics")
    scrape = {"job_name": "firn", "static_configs": [{"targets": [target]}]}
    settings = {"global": {"scrape_interval": "500ms"}, "scrape_configs": [scrape]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    place = f"{LOOPBACK}:{free_port()}"
    options = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={place}",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([str(prometheus), *options], stderr=log, stdout=log)
    try:
        _wait_until_ready(f"http://{place}")
        yield f"http://{place}"
    finally:
        process.terminate()
        process.wait(30)


@retry(
    retry=retry_if_exception_type(requests.RequestException),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.1),
)
def _wait_until_ready(server: str) -> None:
    """Return when it answers queries: while it starts it refuses connections, then queries."""
    requests.get(f"{server}/-/ready", timeout=10).raise_for_status()


def _value(server: str, query: str) -> float | None:
    """Return what a query gives, None while it gives nothing."""
    found = _found(server, query)
    return float(found[0]["value"][1]) if found else None


def test_prometheus_sees_what_a_follower_does(topics: Topics, prometheus: Path) -> None:
    topics.create(partitions=2)
    topics.declare()
    for partition, numbers in ((0, range(700)), (1, range(700, 1_000))):
        topics.produce([*events(numbers), b"bad"], partition)
    with (
        _followed(topics) as (address, process),
        _scraping(prometheus, address, topics.folder) as server,
    ):
        listening = {c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"}
        assert listening == {LOOPBACK}
        labels = f'{{source="{SOURCE}",table="events"}}'
        topics.until(lambda: _value(server, f"firn_ingested_rows_total{labels}") == 1_000)
        assert _value(server, f"firn_quarantined_rows_total{labels}") == 2
        read = sum(len(json.dumps(event)) for event in events(range(1_000))) + 2 * len(b"bad")
        assert (_value(server, f"firn_ingested_bytes_total{labels}") or 0) >= read
        assert _value(server, f"firn_load_duration_seconds_count{labels}") == 1
        assert 0 < (_value(server, f"firn_commit_duration_seconds_sum{labels}") or 0) < 5
        since = f"time() - firn_last_commit_timestamp_seconds{labels}"
        assert 0 <= (_value(server, since) or -1) < 30
        assert _value(server, f"firn_load_failures_total{labels}") == 0
        # the load after it finds nothing left
        topics.until(lambda: _value(server, "sum(firn_source_lag_messages)") == 0)
        topics.produce(events([1_000]), partition=1)
        topics.until(lambda: _value(server, f"firn_ingested_rows_total{labels}") == 1_001)
        _check_conventions(prometheus, address)
        _check_dashboard(server)


def _check_conventions(prometheus: Path, address: str) -> None:
    """Let Prometheus' own linter judge the names and help texts."""
    text = requests.get(address, timeout=10).content
    command = [str(prometheus.with_name("promtool")), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def _check_dashboard(server: str) -> None:
    """See that each query of the dashboard is one that Prometheus takes, on metrics it knows."""
    dashboard = json.loads(DASHBOARD.read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) >= 8
    for query in queries:
        chosen = query.replace("$__rate_interval", "1m").replace("$source", SOURCE)
        found = _found(server, chosen)  # raises for one that is none
        assert found or any(word in query for word in OF_OTHERS), query


def _found(server: str, query: str) -> list[Any]:
    answer = requests.get(f"{server}/api/v1/query", {"query": query}, timeout=10)
    answer.raise_for_status()
    return list(answer.json()["data"]["result"])
