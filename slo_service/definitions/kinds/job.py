"""`Job`: something that can be paused, and how its controller reaches it."""

from __future__ import annotations

from slo_service.definitions import freeform
from slo_service.definitions.document import OURS, Document
from slo_service.definitions.kinds.kind import Kind, installed
from slo_service.definitions.node import Node
from slo_service.domain.pipeline import Job

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def _read(document: Document) -> Job:
    spec = document.spec.fields("pipeline", "description", "owner", needs=("criticality", "controller"))
    criticality = spec["criticality"].choice("normal", "critical", "best-effort")
    shapes = {**dict.fromkeys(installed("slo_service.jobs"), _own), **_SHAPES}
    controller = spec["controller"].one_of(*shapes, later=_LATER) if spec["controller"] else None
    body: object = {}
    if controller:
        node = spec["controller"].child(controller)
        shapes[controller](node)
        body = freeform.plain(node, settings=True)
    return Job(
        name=document.name,
        pipeline=spec["pipeline"].reference("Pipeline") or None,
        criticality=criticality,
        controller=controller or "",
        spec=body if isinstance(body, dict) else {},
        labels={**document.labels, "criticality": criticality},
        description=spec["description"].text(),
        owner=spec["owner"].text(),
        defined_at=document.defined_at,
    )


def _own(node: Node) -> None:
    """A controller that somebody installed checks its own specification, when it is asked."""
    node.entries()


def _http(node: Node) -> None:
    """Checks the shape; values are taken as a whole by the caller, which also reports settings that are not set."""
    calls = node.fields("headers", needs=("status", "pause", "resume"))
    if calls["headers"]:
        calls["headers"].entries()
    status = calls["status"].fields("headers", "method", "paused", needs=("url", "running"))
    _call(status)
    kind = _sign(status["running"])
    _sign(status["paused"])
    if kind == "text" and not status["paused"]:
        what = f"{calls['status'].path} has no paused, so a page of errors would read as a paused job"
        status["running"].fault("E202", what, "add paused: {text: …}, with what is there when the job is paused")
    for name in ("pause", "resume"):
        _call(calls[name].fields("headers", "method", "body", needs=("url",)))


def _sign(node: Node) -> str | None:
    """How a state is recognised: `json` or `text`."""
    kind = node.one_of("json", "text", beside=("equals",)) if node else None
    if kind == "json" and node.child("json").written:  # else a mapping of paths to values
        node.fields(needs=("json", "equals"))
    return kind


def _call(fields: dict[str, Node]) -> None:
    if fields["url"]:
        _address(fields["url"])
    if fields["headers"]:
        fields["headers"].entries()
    fields["method"].choice(*_METHODS)


def _address(node: Node) -> None:
    """An unset setting is reported by the caller, once."""
    value, missing = node.notes.settings.fill(node.written)
    if not missing and value.partition("://")[0] not in {"http", "https"}:
        node.fault("E212", f"{node.path} is not an address", "write one like http://…")


def _process(node: Node) -> None:
    pid_file = node.fields(needs=("pidFile",))["pidFile"]
    if pid_file and not pid_file.written:
        pid_file.fault("E203", f"{pid_file.path} is not a path", "write the path of the file that holds the process id")


_POSTPONED = ("kubernetes", "airflow", "kafkaConnect", "flink", "spark", "apscheduler", "systemd")
_LATER = dict.fromkeys(_POSTPONED, "write http, with calls that ask, pause and resume, or process")
_SHAPES = {"http": _http, "process": _process}

KIND = Kind(OURS, "Job", object, lambda document: (None, _read(document)))
