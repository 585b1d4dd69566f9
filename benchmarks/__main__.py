"""`python -m benchmarks FIGURE`; without a figure, the list of them."""

import importlib
import sys
from pathlib import Path

MEASURES = "\ndef main() -> None:"  # what a module that prints a figure has, and those that help it have not


def figures() -> list[str]:
    return sorted(module.stem for module in Path(__file__).parent.glob("*.py") if MEASURES in module.read_text())


def main(arguments: list[str]) -> int:
    if not arguments:
        print("\n".join(figures()))
        return 0
    if len(arguments) != 1 or arguments[0] not in figures():
        print(f"no figure {' '.join(arguments)}; there are: {', '.join(figures())}", file=sys.stderr)
        return 2
    importlib.import_module(f"benchmarks.{arguments[0]}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
