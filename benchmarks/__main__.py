"""`python -m benchmarks FIGURE`; without a figure, the list of them."""

import importlib
import pkgutil
import sys

import benchmarks

NO_FIGURES = {"__main__", "measurement", "objectives", "peer_prometheus", "peer_rules", "coming_back"}


def figures() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in NO_FIGURES)


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
