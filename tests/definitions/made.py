"""Documents made at random from a schema: what fits it, and what somebody has then changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from hypothesis import strategies as st

from slo_service.definitions.settings import UNFIT

Schema = Mapping[str, Any]
Values = st.SearchStrategy[Any]

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
LOOSE = st.recursive(
    st.booleans() | st.integers(-(10**6), 10**6) | TEXTS | st.sampled_from(["", "10s", "5m", "0s", "10%", "http://a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)

PATTERNED = [
    *("orders", "a-b-1", "A.b_c", "x", "id", "public.orders", "1", "17", "on", "+49"),
    *("30s", "5m", "1h30m", "28d", "250ms", "0s", "0.5h", "1w", "1M", "2Q"),
    *("10%", "0.25", "99.9 %", "0", "1", "1.0", "-3", "100%"),
    *("http://127.0.0.1/x", "https://a", "sqlite:///a.db", "a@example.com"),
    *("09:30", "22:00", "2027-01-31", "2026-11-23T02:00:00Z", "2026-11-23 02:00:00", "2026-01-01 12:30:00"),
    *("FREQ=WEEKLY;BYDAY=SU", "0 9 * * MON", "Europe/Berlin", "UTC"),
]
"""Texts for every pattern there is: making them up from the patterns would take far longer."""


def fitting(schema: Schema, types: Mapping[str, Schema], depth: int = 6) -> Values:
    """Values that the schema takes, and now and then one that it does not: lookaheads are left to chance."""
    if "$ref" in schema:
        return st.deferred(lambda: fitting(types[schema["$ref"].rpartition("/")[2]], types, depth - 1))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        options = [fitting(option, types, depth) for option in schema["anyOf"]]
        return options[0] if depth <= 0 else st.one_of(options)
    written = schema.get("type")
    kinds = written if isinstance(written, list) else [written]
    return st.one_of([_of_type(kind, schema, types, depth) for kind in kinds])


def _of_type(kind: str | None, schema: Schema, types: Mapping[str, Schema], depth: int) -> Values:
    match kind:
        case "object":
            return _mapping(schema, types, depth)
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", 3), least if depth <= 0 else least + 2)
            return st.lists(
                fitting(schema.get("items", {}), types, depth - 1), min_size=least, max_size=max(least, most)
            )
        case "string":
            return _text(schema)
        case "boolean":
            return st.booleans()
        case "integer":
            least = schema.get("minimum", -1000)
            return st.integers(least, schema.get("maximum", least + 1000))
        case "number":
            least = schema.get("minimum", schema.get("exclusiveMinimum", -1000))
            most = schema.get("maximum", schema.get("exclusiveMaximum", least + 1000))
            return st.decimals(least, most, places=3, allow_nan=False, allow_infinity=False).map(float)
        case _:
            return LOOSE


def _text(schema: Schema) -> Values:
    if pattern := schema.get("pattern"):
        known = [text for text in PATTERNED if re.search(pattern, text)]
        return st.sampled_from(known) if known else st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
    return TEXTS.filter(_kept)


def _kept(text: str) -> bool:
    return not UNFIT.search(text) and "${" not in text and len(text) < 300


def _mapping(schema: Schema, types: Mapping[str, Schema], depth: int) -> Values:
    if "properties" not in schema:
        return _free(schema, types, depth)
    properties: Schema = schema["properties"]
    made = {key: fitting(each, types, depth - 1) for key, each in properties.items()}
    needed = set(schema.get("required", []))
    optional = {} if depth <= 0 else {key: each for key, each in made.items() if key not in needed}
    whole = st.fixed_dictionaries({key: made[key] for key in made if key in needed}, optional=optional)
    if schema.get("maxProperties") == 1:
        return st.sampled_from(_near(made, properties, depth)).flatmap(
            lambda key: st.fixed_dictionaries({key: made[key]})
        )
    for rule in schema.get("allOf", []):
        whole = _ruled(whole, rule, made, properties, depth)
    return whole


def _near(keys: Iterable[str], properties: Schema, depth: int) -> list[str]:
    """Of the keys those that lead to no other type, once it is deep enough."""
    flat = [key for key in keys if depth > 0 or "$ref" not in json.dumps(properties[key])]
    return sorted(flat or keys)


def _ruled(whole: Values, rule: Schema, made: Mapping[str, Values], properties: Schema, depth: int) -> Values:
    """Of the keys of a rule one, or where it may be, none."""
    if "oneOf" in rule:
        keys = [each["required"][0] for each in rule["oneOf"]]
        chosen = st.sampled_from(_near(keys, properties, depth)).flatmap(
            lambda key: st.fixed_dictionaries({key: made[key]})
        )
    elif "not" in rule and "anyOf" in rule["not"]:
        keys = sorted({key for pair in rule["not"]["anyOf"] for key in pair["required"]})
        chosen = st.just({}) | st.sampled_from(_near(keys, properties, depth)).flatmap(
            lambda key: st.fixed_dictionaries({key: made[key]})
        )
    elif "anyOf" in rule:
        return _completed(whole, rule, made)
    else:
        return whole
    return st.builds(lambda data, one: {**{k: v for k, v in data.items() if k not in keys}, **one}, whole, chosen)


def _completed(whole: Values, rule: Schema, made: Mapping[str, Values]) -> Values:
    """With one of the others where the key is there that requires them."""
    (key,), *others = ((each.get("not") or each)["required"] for each in rule["anyOf"])

    def complete(data: dict[str, object]) -> Values:
        if key not in data or any(other in data for (other,) in others):
            return st.just(data)
        added = st.sampled_from([other for (other,) in others])
        return added.flatmap(lambda other: st.fixed_dictionaries({other: made[other]})).map(lambda one: {**data, **one})

    return whole.flatmap(complete)


def _free(schema: Schema, types: Mapping[str, Schema], depth: int) -> Values:
    values: object = schema.get("additionalProperties", {})
    names = schema.get("propertyNames", {}).get("pattern")
    keys = st.sampled_from(["team", "a/b", "x.y-Z_1", "importance", "pipeline"]) if names else TEXTS
    most = 0 if depth <= 0 else 3
    inner = fitting(cast("Schema", values), types, depth - 1) if values else LOOSE
    return st.dictionaries(keys.filter(_kept), inner, min_size=schema.get("minProperties", 0), max_size=max(most, 1))


@st.composite
def changed(draw: st.DrawFn, original: object) -> object:
    """The same with one thing changed somewhere: a key lost, misspelt or added, a value replaced."""
    if isinstance(original, dict) and original and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(original)))
        return {**original, key: draw(changed(original[key]))}
    if isinstance(original, list) and original and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(original) - 1))
        return [*original[:at], draw(changed(original[at])), *original[at + 1 :]]
    if isinstance(original, dict) and original:
        key = draw(st.sampled_from(sorted(original)))
        without = {each: value for each, value in original.items() if each != key}
        return draw(st.sampled_from([without, {**without, f"{key}x": original[key]}, {**original, "extra": 1}]))
    if isinstance(original, list):
        return draw(st.sampled_from([[], [*original, *original], {"0": original}]))
    if isinstance(original, str):
        return draw(st.sampled_from([original + "!", original.upper(), "", f"{original} {original}"]) | LOOSE)
    return draw(LOOSE)
