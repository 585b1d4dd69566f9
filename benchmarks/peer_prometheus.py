"""What an evaluation of one objective costs a real Prometheus that has as much history as the objective's window needs:
with the rules that `slo render prometheus` writes, and with rules like Sloth's. Its history is written to it over the
remote-write protocol; so are the samples of the time in which it is measured."""

import json
import struct
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.peer_rules import Labels, ratio_series, sloth_like
from slo_service.domain.catalogue import Catalogue
from slo_service.show.render.prometheus import prometheus_rules
from tests.services.debian import required
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import ServerProcess, server_directory
from tests.services.prometheus import says_ready

DAYS, SCRAPE_SECONDS = 30, 30
MEASURED_SECONDS, SETTLING_SECONDS = 62, 4
OBJECTIVES_A_REQUEST = 5
GOOD_A_SCRAPE, BAD_EVERY = 30, 2_000  # one event a second, one in two thousand bad

_SAMPLE = np.dtype([("head", "V2"), ("value_tag", "u1"), ("value", "<f8"), ("at_tag", "u1"), ("at", "u1", 6)])
_ITERATIONS = "prometheus_rule_group_iterations_total"


@dataclass(frozen=True, slots=True)
class Cost:
    """`evaluations` of one objective each, with all its ratios and alerts."""

    rules: str
    version: str
    objectives: int
    evaluations: int
    cpu_seconds: float

    @property
    def us_per_evaluation(self) -> float:
        return self.cpu_seconds / self.evaluations * 1e6

    @property
    def load(self) -> str:
        return (
            f"{self.rules}: {self.objectives} objectives with {DAYS} d of samples every {SCRAPE_SECONDS} s in memory, "
            f"{self.evaluations} evaluations in {MEASURED_SECONDS} s, {self.cpu_seconds:.1f} CPU seconds"
        )


@dataclass(frozen=True, slots=True)
class Ruleset:
    """`counted`: what the names of those groups begin with of which an objective has one. `averages`: the budget's
    ratio is taken from recorded ratios, which need a past then."""

    name: str
    text: str
    counted: str
    averages: bool


class Server:
    """A Prometheus that scrapes nothing, keeps all in its head, and gets its rules after its history."""

    def __init__(self) -> None:
        self._directory, port = server_directory("prometheus"), free_port()
        self._url = f"http://{LOOPBACK}:{port}"
        self._rules = self._directory / "rules.yml"
        self._rules.write_text("groups: []")
        config = self._directory / "prometheus.yml"
        config.write_text(json.dumps({"rule_files": [str(self._rules)]}))  # JSON is YAML
        self._process = ServerProcess(
            name="Prometheus",
            command=[
                str(required("Prometheus", "prometheus")), f"--config.file={config}",
                f"--storage.tsdb.path={self._directory / 'data'}",
                f"--web.listen-address={LOOPBACK}:{port}", "--log.level=warn", "--web.enable-remote-write-receiver",
                "--web.enable-lifecycle", "--storage.tsdb.retention.time=90d",
                # no compaction of the past while it is measured
                "--storage.tsdb.min-block-duration=80d", "--storage.tsdb.max-block-duration=80d",
            ],
            ready=lambda: says_ready(self._url),
            directory=self._directory,
        )  # fmt: skip
        self._client = httpx.Client(base_url=self._url, trust_env=False, timeout=120)

    def start(self) -> None:
        self._process.start()

    def stop(self) -> None:
        self._client.close()
        self._process.stop()

    def take(self, body: bytes) -> None:
        headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"}
        answer = self._client.post("/api/v1/write", content=body, headers=headers)
        assert answer.is_success, f"Prometheus refused samples: {answer.text[:300]}"

    def adopt(self, rules: str) -> None:
        self._rules.write_text(rules)
        answer = self._client.post("/-/reload")
        assert answer.is_success, f"Prometheus refused the rules: {answer.text[:300]}"

    def cpu_seconds(self) -> float:
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def iterations(self, group: str) -> int:
        """How often the groups whose names begin so have been evaluated."""
        lines = self._client.get("/metrics").text.splitlines()
        return sum(
            int(float(line.split()[-1])) for line in lines if line.startswith(_ITERATIONS) and f";{group}" in line
        )

    def version(self) -> str:
        return str(self._client.get("/api/v1/status/buildinfo").json()["data"]["version"]).partition("+")[0]

    def count(self, series: str) -> int:
        """How many series of that name there are now."""
        found = self._client.get("/api/v1/query", params={"query": f"count({series})"}).json()["data"]["result"]
        return int(found[0]["value"][1]) if found else 0


def costs(catalogue: Catalogue) -> list[Cost]:
    """One Prometheus for each set of rules, both measured at the same time. Raises `Absent` without Prometheus."""
    rulesets = (
        Ruleset("rules of slo render prometheus", prometheus_rules(catalogue), "slo-burn-", averages=False),
        Ruleset(
            "rules like Sloth's", sloth_like(list(catalogue.slos), DAYS), "sloth-slo-sli-recordings-", averages=True
        ),
    )
    with ExitStack() as closing:
        servers = {rules: Server() for rules in rulesets}
        for server in servers.values():
            closing.callback(server.stop)
            server.start()
        end = int(time.time()) // SCRAPE_SECONDS * SCRAPE_SECONDS
        instants = np.arange(end - DAYS * 86_400, end, SCRAPE_SECONDS, dtype=np.int64)
        send(servers, instants, 0, catalogue)
        for rules, server in servers.items():
            server.adopt(rules.text)
        return measured(servers, len(instants), catalogue)


def measured(servers: Mapping[Ruleset, Server], scrapes: int, catalogue: Catalogue) -> list[Cost]:
    """Samples go on coming; whoever evaluates them is on its own."""
    begun = time.monotonic()
    before: dict[Ruleset, tuple[float, int]] = {}
    for number, pause in enumerate((SETTLING_SECONDS, MEASURED_SECONDS / 2, MEASURED_SECONDS / 2)):
        send(servers, np.array([int(time.time())], np.int64), scrapes + number, catalogue)
        begun += pause
        time.sleep(max(0.0, begun - time.monotonic()))
        if not before:
            before = {rules: (each.cpu_seconds(), each.iterations(rules.counted)) for rules, each in servers.items()}
    found = []
    for rules, server in servers.items():
        cpu_seconds, iterations = server.cpu_seconds(), server.iterations(rules.counted)
        recorded = server.count(f"slo:sli_error:ratio_rate{DAYS}d")
        assert recorded == len(catalogue.slos), (
            f"{rules.name}: {recorded} objectives of {len(catalogue.slos)} have a ratio"
        )
        spent, done = cpu_seconds - before[rules][0], iterations - before[rules][1]
        found.append(Cost(rules.name, server.version(), len(catalogue.slos), done, spent))
    return found


def send(servers: Mapping[Ruleset, Server], instants: npt.NDArray[np.int64], scrape: int, catalogue: Catalogue) -> None:
    """The samples of these instants (Unix seconds), of which the first is that scrape."""
    past = list(servers.values())
    averaging = [server for rules, server in servers.items() if rules.averages]
    scrapes = np.arange(scrape + 1, scrape + 1 + len(instants))
    bad = scrapes * GOOD_A_SCRAPE // BAD_EVERY
    values = {"bad": bad, "good": scrapes * GOOD_A_SCRAPE - bad}
    ratios = np.full(len(instants), 1 / BAD_EVERY)
    slos = [{"slo": slo.name, "service": slo.service, "pipeline": slo.pipeline} for slo in catalogue.slos.values()]
    with ThreadPoolExecutor(len(past)) as threads:
        for at in range(0, len(slos), OBJECTIVES_A_REQUEST):
            some = slos[at : at + OBJECTIVES_A_REQUEST]
            counters = [
                series({"__name__": "slo_events_total", **labels, "result": result}, instants, counts)
                for labels in some
                for result, counts in values.items()
            ]
            list(threads.map(Server.take, past, [snappy(b"".join(counters))] * len(past)))
            if scrape == 0:
                recorded = [series(ratio_series(labels["slo"], "5m"), instants, ratios) for labels in some]
                list(threads.map(Server.take, averaging, [snappy(b"".join(recorded))] * len(averaging)))


def series(labels: Labels, instants: npt.NDArray[np.int64], values: npt.NDArray[np.float64 | np.int64]) -> bytes:
    """A `TimeSeries` of a `WriteRequest` (https://prometheus.io/docs/specs/prw/remote_write_spec/)."""
    samples = np.empty(len(instants), _SAMPLE)
    samples["head"] = np.void(b"\x12\x10")
    samples["value_tag"], samples["value"] = 0x09, values
    samples["at_tag"] = 0x10
    shifts = np.arange(0, 42, 7)
    more = np.array([0x80] * 5 + [0], np.int64)
    samples["at"] = (instants[:, None] * 1000 >> shifts & 0x7F) | more
    body = b"".join(field(1, field(1, name.encode()) + field(2, labels[name].encode())) for name in sorted(labels))
    return field(1, body + samples.tobytes())


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(parts) + bytes([value])


def snappy(content: bytes) -> bytes:
    """Snappy's block format with one literal, not compressed."""
    return varint(len(content)) + b"\xfc" + struct.pack("<I", len(content) - 1) + content
