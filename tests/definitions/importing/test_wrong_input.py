import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slo_service.definitions.importing import pyrra, slo_generator, sloth
from tests.definitions.importing.examples import CONVERT, EXAMPLES, convert

SLOTH = """\
version: prometheus/v1
service: shop
slos:
  - name: a
    objective: 99
    sli: {events: {error_query: "sum(rate(a[{{.window}}]))", total_query: "sum(rate(b[{{.window}}]))"}}
"""
PYRRA = """\
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: a}
spec: {target: "99", window: 4w, indicator: {ratio: {errors: {metric: a}, total: {metric: b}}}}
"""
GENERATOR = """\
apiVersion: sre.google.com/v2
kind: ServiceLevelObjective
metadata: {name: a}
spec:
  {goal: 0.9, backend: prometheus, method: good_bad_ratio, service_level_indicator: {filter_good: a, filter_valid: b}}
"""
FORMS = {"sloth": (sloth, SLOTH), "pyrra": (pyrra, PYRRA), "slo-generator": (slo_generator, GENERATOR)}


@pytest.mark.parametrize(
    ("form", "change", "complaint"),
    [
        ("sloth", ("service:", "servise:"), "f:2:1: error E201: unknown key 'servise'; did you mean service?"),
        ("sloth", ("version: prometheus/v1", "version: prometheus/v2"), "f:1:10: error E209"),
        ("sloth", ("version: prometheus/v1\n", ""), "f:1:1: error E202"),
        ("sloth", ("objective: 99", "objective: most"), "f:5:16: error E203: slos[0].objective is a text"),
        ("sloth", ("objective: 99", "objective: 99.99999999999999"), "f:5:16: error E207"),
        ("sloth", ("    objective: 99\n", ""), "f:4:5: error E202: slos[0] has no objective"),
        ("sloth", ("{events:", "{raw: {error_ratio_query: a}, events:"), "f:6:10: error E211"),
        ("sloth", ("slos:\n  - ", "slos:\n    "), "f:4:5: error E203: slos is a mapping, not a list"),
        ("sloth", ("name: a", "name: [a]"), "f:4:11: error E203"),
        ("sloth", ("service: shop", "service: shop\nservice: shop"), "f:3:1: error E104"),
        ("sloth", ("shop", "'shop"), "error E103"),
        ("pyrra", ("window: 4w", "window: soon"), "f:4:30: error E204: 'soon' is not a duration"),
        ("pyrra", ("v1alpha1", "v1"), "f:1:1: error E209"),
        ("pyrra", ("{metric: a}", "{metric: sum(a)}"), "error E203: spec.indicator.ratio.errors.metric is no metric"),
        ("pyrra", ("errors: {metric: a}, ", ""), "error E202: spec.indicator.ratio has not two of errors"),
        ("pyrra", ("window: 4w", "window: 4w, alerting: {disabled: 1}"), "error E203: spec.alerting.disabled"),
        ("slo-generator", ("method: good_bad_ratio", "method: good_bad"), "error E208: Prometheus has no method"),
        ("slo-generator", (", filter_valid: b", ""), "error E202"),
        ("slo-generator", ("spec:", "spek:"), "error E202"),
        ("slo-generator", ("kind: S", "kind: V"), "f:1:1: error E209"),
        ("slo-generator", ("apiVersion: sre.google.com/v2", "slo_name: a"), "f:1:1: error E209"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_its_place(form: str, change: tuple[str, str], complaint: str) -> None:
    module, text = FORMS[form]
    assert module.convert(text, "f").ok
    assert change[0] in text
    imported = module.convert(text.replace(*change, 1), "f")
    assert not imported.ok
    assert (imported.text, imported.losses) == ("", ())
    assert [line for line in map(str, imported.findings) if complaint in line], imported.findings


def test_a_policy_or_backend_that_the_configuration_lacks_is_a_mistake() -> None:
    config = "backends: {prometheu: {}}\nerror_budget_policies: {other: {steps: []}}\n---\n"
    said = [str(finding) for finding in slo_generator.convert(config + GENERATOR, "f").findings]
    assert [line.partition(": error ")[2] for line in said] == [
        "E302: the configuration has no backend prometheus; did you mean prometheu?",
        "E302: the configuration has no policy default; known are other",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_an_objective_of_everything_is_kept_and_listed(form: str) -> None:
    module, text = FORMS[form]
    imported = module.convert(text.replace("99", "100").replace("0.9", "1"), "f")
    assert "target: 1}" in imported.text
    assert any("leaves no budget" in str(loss) for loss in imported.losses)


@given(text=st.text(max_size=200) | st.text("{}[]:-,&*!|>'\"\n #abc", max_size=80))
@settings(deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    for module, _ in FORMS.values():
        assert isinstance(module.convert(text, "f").ok, bool)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_no_damaged_example_breaks_it(path: Path) -> None:
    chance, lines = random.Random(path.stem), path.read_text().splitlines(keepends=True)
    for _ in range(15):
        damaged = list(lines)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(damaged))
            head, colon, _ = damaged[at].partition(":")
            damaged[at] = chance.choice(
                ["", damaged[at] * 2, f"{head}{colon} [1, {{}}]\n", f"{head}{colon} 3.5\n", f"{head}{colon}\n"]
            )
        for form in CONVERT:
            assert isinstance(convert(path.parent.parent / form / path.name, "".join(damaged)).ok, bool)
