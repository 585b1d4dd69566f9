from pathlib import Path

from slo_service.show.metrics.families import FAMILIES

REFERENCE = Path(__file__).parents[3] / "docs/reference/metrics.md"


def test_the_reference_lists_every_family_as_it_is_and_no_other() -> None:
    rows = [line for line in REFERENCE.read_text().splitlines() if line.startswith("| `")]
    expected = [
        f"| `{f.name}` | {f.kind} | {', '.join(f'`{label}`' for label in f.labels) or '–'} | {f.help} |"
        for f in FAMILIES
    ]
    assert rows == expected
