"""What editors complete and check by: the schema takes whatever the loader takes, and refuses each mistake of form."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

import slo_service.definitions
from slo_service.definitions.schema import DIALECT, WRITTEN, of_kind, schemas
from tests.definitions.written import GOOD, SCHEMA, VALID, Written, documents, mistakes

HERE = Path(__file__).parent
SHIPPED = Path(slo_service.definitions.__file__).with_name("schemas")
BAD = [(path, found) for path in sorted((HERE / "bad").glob("*.yaml")) if (found := documents(path)) is not None]
EXPECTED = re.compile(r"^# expect: (?P<file>[^:]+):(?P<line>\d+):\d+: \w+ (?P<code>[EW]\d+): ", re.MULTILINE)

OF_FORM = {
    *("E201", "E202", "E203", "E204", "E205", "E206", "E207", "E208", "E209", "E210", "E211", "E212"),
    "E304",  # a setting where none is taken
    "E401",  # an objective beyond its bounds
    "E410",  # a recurrence or a schedule that is none
}
"""Codes of mistakes that are seen without looking at anything else, or computing."""

_ZONE = "which time zones there are says the database of the system"
_SUM = "a duration may be made of several parts, whose sum no pattern can compare"
_PER_CENT = "a share may be written as a percentage, whose value no pattern can compare"
_DAY = "which days a month has is more than a pattern can say"
_TWO = "two values are compared with each other"
_NEVER = "when something comes again has to be computed"
_FREE = "in a mapping of the user's own anything may stand"
BEYOND_A_SCHEMA: dict[str, str] = {
    "address-without-scheme.yaml": "the address is the value of a setting",
    **dict.fromkeys(("adjustment-zone.yaml", "contact-zone.yaml", "job-zone.yaml", "report-zone.yaml"), _ZONE),
    **dict.fromkeys(("openslo-calendar-zone-unknown.yaml", "window-zone-unknown.yaml"), _ZONE),
    **dict.fromkeys(("duration-of-centuries.yaml", "duration-too-long.yaml", "window-of-two-years.yaml"), _SUM),
    "window-too-long.yaml": _SUM,
    **dict.fromkeys(("condition-spent-of-nothing.yaml", "scale-upward.yaml"), _PER_CENT),
    "tier-share-of-nothing.yaml": _PER_CENT,
    "tier-factor-below-one.yaml": "a factor may be quoted, and then is a text, whose value no pattern can compare",
    **dict.fromkeys(("openslo-calendar-start-is-no-day.yaml", "review-date-that-is-none.yaml"), _DAY),
    "window-start-not-a-time.yaml": _DAY,
    **dict.fromkeys(("tier-windows-reversed.yaml", "tier-of-the-preset-reversed.yaml"), _TWO),
    **dict.fromkeys(("alert-condition-always.yaml", "alert-condition-beyond-the-window.yaml"), _TWO),
    **dict.fromkeys(
        ("adjustment-rrule-never.yaml", "adjustment-rrule-standing-still.yaml", "job-schedule.yaml"), _NEVER
    ),
    **dict.fromkeys(("adjustment-until-before.yaml", "job-schedule-never.yaml"), _NEVER),
    "adjustment-backwards.yaml": _TWO,
    "data-source-contradicted.yaml": "the other half is in another document",
    **dict.fromkeys(("setting-in-a-query.yaml", "setting-in-a-template.yaml"), _FREE),
    **dict.fromkeys(
        (
            "group-by-no-label.yaml",
            "group-by-own-label.yaml",
            "group-by-reserved.yaml",
            "group-by-too-many.yaml",
            "group-by-twice.yaml",
            "max-groups-alone.yaml",
            "max-groups-none.yaml",
        ),
        "an annotation is free text to OpenSLO",
    ),
    "tiers-all-off.yaml": "which tiers are left depends on those of the preset",
}
"""Files with a mistake of form that no schema can express, and why."""

_OLDER = "the schema is that of the version in force; documents of other versions are converted"
STRICTER: dict[str, str] = {
    **dict.fromkeys(
        ("openslo-v2alpha-budget-adjustment.yaml", "openslo-v2alpha-source-that-is-not-there.yaml"), _OLDER
    ),
}
"""Files whose mistake is of another kind, but which the schema refuses too, and why."""


def codes_of(path: Path, document: Written, following: list[Written]) -> set[str]:
    """What the file says the loader complains of within this document."""
    end = min((each.line for each in following if each.line > document.line), default=10**9)
    found = EXPECTED.finditer(path.read_text())
    return {each["code"] for each in found if each["file"] == path.name and document.line <= int(each["line"]) < end}


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_valid_in_its_own_draft_and_in_the_one_that_editors_know(name: str) -> None:
    made = schemas()[name]
    Draft202012Validator.check_schema(made)
    Draft7Validator.check_schema(made)
    assert made["$schema"] == DIALECT


@pytest.mark.parametrize("name", schemas())
def test_a_schema_names_no_host_but_that_of_its_dialect(name: str) -> None:
    text = json.dumps({key: value for key, value in schemas()[name].items() if key != "$schema"})
    assert re.findall(r"https?://[a-z]", text) == []


def test_the_shipped_schemas_are_what_the_spec_types_say() -> None:
    shipped = {path.name: json.loads(path.read_text()) for path in SHIPPED.iterdir()}
    assert shipped == schemas(), "run make schemas"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_file_is_valid(path: Path) -> None:
    found = documents(path)
    assert found
    assert [mistakes(each.data) for each in found] == [[]] * len(found)


@pytest.mark.parametrize(("path", "found"), BAD, ids=[path.stem for path, _ in BAD])
def test_a_bad_file_is_refused_exactly_when_its_mistake_is_one_of_form(path: Path, found: list[Written]) -> None:
    for document in found:
        of_form = bool(codes_of(path, document, found) & OF_FORM)
        wanted = (of_form and path.name not in BEYOND_A_SCHEMA) or path.name in STRICTER
        assert bool(mistakes(document.data)) == wanted, (codes_of(path, document, found), mistakes(document.data))


def test_every_exception_is_about_a_file_there_is() -> None:
    assert {*BEYOND_A_SCHEMA, *STRICTER} <= {path.name for path, _ in BAD}
    assert all(len(reason) > 20 for reason in [*BEYOND_A_SCHEMA.values(), *STRICTER.values()])


def test_editors_of_draft_7_come_to_the_same_verdicts() -> None:
    older = Draft7Validator(SCHEMA)
    for path, found in [*BAD, *((path, documents(path) or []) for path in GOOD)]:
        assert [older.is_valid(each.data) for each in found] == [VALID.is_valid(each.data) for each in found], path


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.name)
def test_the_schema_of_one_kind_comes_to_the_same_verdicts_on_its_documents(kind) -> None:
    alone = Draft202012Validator(of_kind(kind))
    written = [each.data for path in GOOD for each in documents(path) or []]
    written += [each.data for _, found in BAD for each in found]
    ours = [data for data in written if isinstance(data, dict) and data.get("kind") == kind.name]
    assert [alone.is_valid(data) for data in ours] == [VALID.is_valid(data) for data in ours]
    others = [data for data in written if not isinstance(data, dict) or data.get("kind") != kind.name]
    assert not any(alone.is_valid(data) for data in others)


def test_every_key_and_every_type_says_what_it_is_for() -> None:
    assert sorted(undescribed()) == []


def undescribed() -> Iterator[str]:
    types: dict[str, dict[str, Any]] = json.loads(json.dumps(SCHEMA["$defs"]))
    for name, type_ in types.items():
        if not type_.get("description"):
            yield name
        yield from (f"{name}.{key}" for key, each in type_["properties"].items() if not each.get("description"))


@pytest.mark.parametrize(
    ("document", "mistaken"),
    [
        pytest.param({"kind": "Nonsense"}, "$.kind", id="an unknown kind"),
        pytest.param(
            {"kind": "SLO", "apiVersion": "slo-service/v1"}, "$.apiVersion", id="another vocabulary's version"
        ),
        pytest.param({"kind": "Service", "extra": 1}, "$", id="a key that no document has"),
        pytest.param(
            {"kind": "Service", "spec": {"descripton": "x"}}, "$.spec", id="a key that its spec does not have"
        ),
        pytest.param({"kind": "Service", "metadata": {"name": "A b"}}, "$.metadata.name", id="a name that is none"),
    ],
)
def test_a_mistake_is_reported_at_its_place(document: dict[str, object], mistaken: str) -> None:
    whole = {"apiVersion": "openslo/v1", "metadata": {"name": "x"}, "spec": {}, **document}
    assert mistaken in {error.json_path for error in VALID.iter_errors(whole)}
