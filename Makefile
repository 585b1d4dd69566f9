# Every target works as the first command on a fresh checkout; stamps make the second run skip what is done.
# A missing prerequisite is one sentence on stderr.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# Without their bytecode every worker of the tests compiles all modules anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
VENDOR := slo_service/show/web/static/vendor
PYTEST := $(BIN)/pytest
# The service, story and browser tests share one of each server; the others run on four workers, since many of them wait.
ALONE := not services and not browser and not story and not slow
FAST := $(ALONE) and not lengthy
REAL := (services or browser or story) and not slow

# pytest's exit code 5: ARGS picked only tests of the other half
NONE_PICKED = test $$? -eq 5 -a -n '$(ARGS)'

ARGS ?=
FIGURE ?=
SAMPLE ?= 0
SEED ?= 1

.PHONY: help install demo test services check fix schemas bench mutants docs nightly wheel lock assets clean

help: ## this list
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

install: .venv/installed ## the virtual environment in .venv with everything pinned

demo: install assets ## the embedded pipeline with its dashboard; ARGS="--scenario incident" passes options on
	@exec $(BIN)/slo demo $(ARGS)

test: install assets services ## all tests: the fast ones, then those with real servers; ARGS="-k name" picks
	$(PYTEST) -n 4 --dist worksteal -m "$(ALONE)" $(ARGS) || $(NONE_PICKED)
	$(PYTEST) -m "$(REAL)" $(ARGS) || $(NONE_PICKED)

services: install ## have the servers for the tests here: Kafka, PostgreSQL, Prometheus, Alertmanager, Chromium
	@$(BIN)/python -m tests.services obtain

check: install assets ## format, lint, types, imports, dependencies, spelling, fast tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .
	$(BIN)/codespell
	$(PYTEST) -n 4 --dist worksteal -q -m "$(FAST)"

fix: install ## let the formatter and the linter repair what they can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

schemas: install ## write the JSON Schemas and the reference of the definitions anew
	$(BIN)/slo render schema --out slo_service/definitions/schemas
	$(BIN)/python -m slo_service.definitions.reference > docs/reference/definitions.md

bench: install assets ## measure one figure: FIGURE=startup; without it, the list of figures
	@$(BIN)/python -m benchmarks $(FIGURE)

mutants: install ## change the domain and the evaluator, see who notices: SAMPLE=400 SEED=1 tries 400 of each package
	@$(BIN)/python -m tests.mutants --sample $(SAMPLE) --seed $(SEED) $(ARGS)

docs: install ## the documentation, warnings are errors
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

nightly: install assets services docs wheel ## everything that takes long: all tests with 3000 examples a property, docs, wheel
	HYPOTHESIS_PROFILE=nightly $(PYTEST) --timeout=3600 $(ARGS)

wheel: install assets ## the wheel, with the web assets in it
	rm -rf dist
	$(BIN)/pip wheel -q --no-deps --no-build-isolation -w dist .
	@$(BIN)/python -m zipfile -l dist/*.whl | grep static/vendor/uplot.min.js >/dev/null \
		|| { echo "the wheel lacks the web assets; run make assets" >&2; exit 1; }
	@echo dist/*.whl

lock: ## resolve the pinned versions of Python and web packages anew
	@$(MAKE) --no-print-directory .venv/made
	@test -x .cache/lock/bin/uv || { $(BIN)/python -m venv .cache/lock && .cache/lock/bin/pip install -q uv; }
	.cache/lock/bin/uv pip compile pyproject.toml --group dev --upgrade --universal --python-version 3.11 \
		--fork-strategy fewest --generate-hashes --no-annotate --no-emit-index-url --quiet \
		--custom-compile-command "make lock" -o constraints.txt
	npm install --package-lock-only

assets: $(VENDOR)/copied ## the web package's files, copied to where the pages want them

clean: ## remove everything that make has made, the servers' cache too
	rm -rf .venv .cache node_modules dist build docs/_build $(VENDOR) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/made:
	@for python in python3 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	test -n "$${found:-}" || { echo "slo-service needs Python 3.11 or newer, but no such python3 is on PATH." >&2; exit 1; }; \
	$$found -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "slo-service needs Python's venv module; on Debian and Ubuntu install python3-venv." >&2; exit 1; }; \
	echo "making .venv with $$($$found --version) …"; \
	$$found -m venv --clear .venv
	@touch $@

.venv/locked: constraints.txt | .venv/made
	@echo "installing the pinned packages …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r constraints.txt
	@touch $@

.venv/installed: pyproject.toml .venv/locked
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENDOR)/copied: package.json package-lock.json
	@command -v npm >/dev/null \
		|| { echo "slo-service needs Node's npm to fetch its web package; install Node 18 or newer." >&2; exit 1; }
	@npm ci --loglevel=error >/dev/null
	@mkdir -p $(VENDOR)
	@cp node_modules/uplot/dist/uPlot.iife.min.js $(VENDOR)/uplot.min.js
	@cp node_modules/uplot/dist/uPlot.min.css $(VENDOR)/uplot.min.css
	@cp node_modules/uplot/LICENSE $(VENDOR)/uplot.LICENSE.txt
	@touch $@
