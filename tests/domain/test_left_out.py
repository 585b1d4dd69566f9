"""What is meant where nothing is said, and what never shows: a definition that leaves a part out counts on this."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from fractions import Fraction
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import slo_service.domain
from slo_service.domain.budgeting import OCCURRENCES, Unmeasured
from slo_service.domain.guards import Guards
from slo_service.domain.indicator import Late
from slo_service.domain.instant import MINUTE, SECOND
from slo_service.domain.pipeline import Contract
from slo_service.domain.policy import GateVerdict, Mode, QuietFor, Scope
from slo_service.domain.signals import EarlyDetector, NoDataAlert, PartitionTier, Signals
from slo_service.domain.slo import WORKBOOK, Kind, Severity

MEANT: dict[str, dict[str, object]] = {
    "Alerting": {
        "name": "workbook",
        "tiers": WORKBOOK,
        "keep_firing_ns": {Severity.PAGE: 15 * MINUTE, Severity.TICKET: 24 * 60 * MINUTE},
        "signals": Signals(),
        "unmeasured": Unmeasured.FREEZE,
    },
    "BudgetPolicy": {"mode": Mode.OBSERVE, "guards": Guards()},
    "Canary": {
        "deadline_ns": 5 * MINUTE,
        "send_timeout_ns": 10 * SECOND,
        "poll_ns": SECOND,
        "marker_value": "slo-canary",
        "region": "main",
    },
    "CloseGate": {"verdict": GateVerdict.DENY},
    "Completeness": {"at": "sink"},
    "Contact": {"zone": "UTC"},
    "Digest": {"severities": ("ticket",)},
    "Duplicates": {"at": "sink"},
    "EarlyDetector": {"quiet_after_ns": 30 * MINUTE},
    "Freshness": {"at": "sink"},
    "Grouping": {"most": 1000},
    "HttpSink": {"on_error": "unmeasured"},
    "Job": {"zone": "UTC"},
    "Member": {"weight": Fraction(1), "late": Late.IGNORE},
    "OpenIncident": {"postmortem_above": Fraction(1, 5)},
    "PartitionTier": {
        "after_ns": 5 * MINUTE,
        "canaries": 10,
        "significance": Fraction(1, 100_000),
        "severity": "page",
    },
    "PauseJobs": {"scope": Scope.PIPELINE},
    "Pipeline": {"contract": Contract.PASSTHROUGH},
    "QuietHours": {"weekdays": (0, 1, 2, 3, 4, 5, 6), "severities": ("ticket",)},
    "Rule": {"release": QuietFor(15 * MINUTE), "witnesses": 2, "guards": Guards()},
    "Reading": {"unit": 1},
    "RunCommand": {"timeout_ns": MINUTE},
    "ScaleJob": {"scope": Scope.PIPELINE},
    "Signals": {
        "significance": Fraction(1, 500_000),
        "partition_tier": PartitionTier(),
        "early": EarlyDetector(),
        "no_data": NoDataAlert(),
    },
    "SliceInput": {"weight": Fraction(1)},
    "Slo": {"slice_width_ns": 10 * SECOND, "budgeting": OCCURRENCES, "unmeasured": Unmeasured.FREEZE},
    "Stream": {"slice_width_ns": 10 * SECOND, "budgeting": "Occurrences"},
    "Throttle": {"scope": Scope.PIPELINE},
    "Tier": {"kind": Kind.BURN},
}
HIDDEN = {
    "CallWebhook": {"spec"},
    "Canary": {"options"},
    "Catalogue": {"documents", "_of_pipeline"},
    "ChannelSpec": {"spec"},
    "DataSource": {"details"},
    "HttpSink": {"url", "headers"},
    "Job": {"spec"},
    "Pipeline": {"contract_terms"},
    "Remediate": {"parameters"},
    "SqlTable": {"url"},
}
BESIDE_THE_POINT = {"Catalogue": {"documents", "_of_pipeline"}, "KafkaTopic": {"partitions"}, "Slo": {"sources"}}
EMPTY: tuple[object, ...] = (None, "", (), {}, 0, Fraction(0), False)


def types() -> list[type[Any]]:
    modules = [each.name for each in pkgutil.iter_modules(slo_service.domain.__path__)]
    found = [vars(importlib.import_module(f"slo_service.domain.{name}")).values() for name in modules]
    ours = {each for values in found for each in values if isinstance(each, type) and dataclasses.is_dataclass(each)}
    return sorted(ours, key=lambda each: (each.__module__, each.__name__))


TYPES = types()


def left_out(kind: type[Any]) -> dict[str, object]:
    values: dict[str, object] = {}
    for field in dataclasses.fields(kind):
        if field.init and field.default is not dataclasses.MISSING:
            values[field.name] = field.default
        elif field.init and field.default_factory is not dataclasses.MISSING:
            values[field.name] = field.default_factory()
    return values


def fits(value: object, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(fits(value, each) for each in get_args(hint))
    wanted = get_origin(hint) or hint
    return value is None if wanted is type(None) else isinstance(value, wanted)


def parts(wanted: Callable[[dataclasses.Field[Any]], bool]) -> dict[str, set[str]]:
    found = {kind.__name__: {each.name for each in dataclasses.fields(kind) if wanted(each)} for kind in TYPES}
    return {kind: names for kind, names in found.items() if names}


def test_a_part_that_is_left_out_is_empty_or_what_it_is_said_to_be() -> None:
    found = {
        kind.__name__: {name: value for name, value in left_out(kind).items() if value not in EMPTY} for kind in TYPES
    }
    assert {kind: values for kind, values in found.items() if values} == MEANT


def test_a_part_that_is_left_out_is_of_its_declared_type() -> None:
    hints = {kind: get_type_hints(kind) for kind in TYPES}
    made = [(kind, name, value) for kind in TYPES for name, value in left_out(kind).items()]
    assert [(kind.__name__, name) for kind, name, value in made if not fits(value, hints[kind][name])] == []


def test_a_part_that_may_be_none_is_none_where_it_is_left_out() -> None:
    hints = {kind: get_type_hints(kind) for kind in TYPES}
    made = [(kind, name, value) for kind in TYPES for name, value in left_out(kind).items()]
    said = [(kind.__name__, name) for kind, name, value in made if value is not None and fits(None, hints[kind][name])]
    assert said == [(kind, name) for kind, name in said if name in MEANT.get(kind, {})]


def test_what_may_hold_secrets_never_shows_and_all_else_does() -> None:
    assert parts(lambda field: not field.repr) == HIDDEN


def test_things_are_equal_when_all_that_matters_of_them_is() -> None:
    assert parts(lambda field: not field.compare) == BESIDE_THE_POINT


def test_what_follows_from_the_kind_of_a_measurement_cannot_be_given() -> None:
    measured = {"Freshness", "Completeness", "Duplicates", "Intake", "Lag", "Ratio", "Threshold"}
    assert parts(lambda field: not field.init) == {
        **{kind: {"kind", "method", "basis"} for kind in measured},
        "Composite": {"kind"},
        "Catalogue": {"_of_pipeline"},
    }


def test_nothing_of_the_domain_changes_once_it_is_made() -> None:
    assert [kind for kind in TYPES if not kind.__dataclass_params__.frozen or "__slots__" not in vars(kind)] == []
