"""A Prometheus whose past was made: counters scraped long ago, and what the recording rules would have written."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.services.debian import required
from tests.services.prometheus import Prometheus

SAMPLES_A_QUERY = 10_000  # Prometheus refuses a range of more than 11,000 steps


@dataclass(frozen=True, slots=True)
class CounterSamples:
    """One series of a counter: its labels, and (Unix seconds, value) of each scrape, oldest first."""

    labels: Mapping[str, str]
    samples: Sequence[tuple[float, int]]


class PastPrometheus(Prometheus):
    """Not started before it has its past; scrapes nothing and runs no rules of its own."""

    def scraped(self, counter: str, series: Iterable[CounterSamples]) -> None:
        """Has these series in its storage; `counter` is named without its `_total`."""
        text = self._directory / "past.om"
        with text.open("w") as lines:
            lines.write(f"# TYPE {counter} counter\n")
            for one in series:
                labels = ",".join(f'{name}="{value}"' for name, value in one.labels.items())
                lines.writelines(f"{counter}_total{{{labels}}} {value} {at:.3f}\n" for at, value in one.samples)
            lines.write("# EOF\n")
        self._promtool("create-blocks-from", "openmetrics", str(text), str(self._data))

    def recorded(self, rules: Mapping[str, object], start: float, end: float) -> None:
        """Has the series that the recording rules would have written from `start` to `end` (Unix seconds), in groups
        that ran at their own interval. Starts the server, twice, since it looks for new blocks when it starts."""
        file = self._directory / "rules.json"
        file.write_text(json.dumps(rules))  # JSON is YAML
        self.start()
        self._promtool(
            "create-blocks-from", "rules", f"--url={self.url}", f"--output-dir={self._data}",
            f"--start={start:.0f}", f"--end={end:.0f}", str(file),
        )  # fmt: skip
        self.stop()
        self.start()

    def instants(self, series: str, start: float, end: float) -> list[float]:
        """Unix seconds of the samples of the one series that the selector picks."""
        answer = self._get("/api/v1/query", query=f"{series}[{end - start:.0f}s]", time=f"{end:.3f}")
        (one,) = cast(list[dict[str, list[tuple[float, str]]]], answer["result"])
        return [at for at, _ in one["values"]]

    def true_at(self, expression: str, start: float, end: float, step: float) -> list[float]:
        """Unix seconds at which the expression gives something, of the evaluations from `start` to `end`."""
        found: set[float] = set()
        while start <= end:
            until = min(end, start + SAMPLES_A_QUERY * step)
            bounds = {"start": f"{start:.3f}", "end": f"{until:.3f}", "step": f"{step:.3f}"}
            answer = self._get("/api/v1/query_range", query=expression, **bounds)
            for one in cast(list[dict[str, list[tuple[float, str]]]], answer["result"]):
                found |= {at for at, _ in one["values"]}
            start += (SAMPLES_A_QUERY + 1) * step
        return sorted(found)

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _promtool(self, *arguments: str) -> None:
        command = [str(required("Prometheus", "promtool")), "tsdb", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"promtool {arguments[0]} failed: {done.stderr[-600:]}"
