# Every target sets up its own virtual environment in .venv from constraints.txt, once.
# `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXTRAS := bench,check,docs,gravity,history,sources,test

CASE ?= russia-dprk
RUN_ARGS ?=
BENCH_ARGS ?=
MUTANTS ?= 20000
SETS ?= 200
OUT := runs/$(CASE)-$(shell date +%Y%m%d-%H%M%S)

# Stamp files: newer than the constraints and the project file means installed.
INSTALLED_RUN := $(VENV)/.installed-run
INSTALLED_ALL := $(VENV)/.installed-all

.PHONY: help run test check mutate sbc bench bench-trade docs sample scoreboard constraints clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(INSTALLED_RUN) ## Run the case (CASE=russia-dprk) into a fresh folder under runs/
	mkdir -p runs
	$(BIN)/servanda run $(CASE) --out $(OUT) $(RUN_ARGS)
	test -f $(OUT)/briefing.html
	@echo "Briefing: $(OUT)/briefing.html"

test: $(INSTALLED_ALL) ## Run every test on two cores
	scripts/ensure_chromium.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(INSTALLED_ALL) ## Format, lint, types, import direction, generated docs fresh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_import_direction.py
	$(BIN)/python docs/generate.py --check

mutate: $(INSTALLED_ALL) ## Try mutants of cases (MUTANTS=20000): each is refused in our words, or runs
	$(BIN)/python -m tests.mutation.mutants $(MUTANTS)
	$(BIN)/python -m tests.mutation.mutants $$(($(MUTANTS) / 10)) --case $(CASE)
	JAX_PLATFORMS=cpu $(BIN)/python -m tests.mutation.numbers $$(($(MUTANTS) / 5))

sbc: $(INSTALLED_ALL) ## Check the sampler by data simulated from priors (SETS=200), and plant faults in it
	OPENBLAS_NUM_THREADS=1 JAX_PLATFORMS=cpu $(BIN)/python -m studies.sbc $(SETS)

bench: $(INSTALLED_ALL) ## Time the engine beside Mesa and NumPy
	$(BIN)/python -m benchmarks.bench $(BENCH_ARGS)

bench-trade: $(INSTALLED_ALL) ## Time the trade solver beside gegravity
	$(BIN)/python -m benchmarks.trade_bench $(BENCH_ARGS)

docs: $(INSTALLED_ALL) ## Build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

sample: $(INSTALLED_ALL) ## Make the sample briefing in docs/ and its pictures afresh; needs Chromium
	$(BIN)/python docs/sample.py

scoreboard: $(INSTALLED_ALL) ## Score the case at rolling origins (CASE=russia-dprk) for the docs; takes minutes
	$(BIN)/servanda score $(CASE) --out src/servanda/cases/$(CASE)/scoreboard.json
	$(BIN)/servanda score $(CASE) --prior --out docs/scoreboard_prior.json
	$(BIN)/python docs/generate.py

constraints: ## Resolve every dependency afresh and pin it in constraints.txt
	rm -rf .venv-constraints
	$(PYTHON) -m venv .venv-constraints
	.venv-constraints/bin/python -m pip install --quiet --editable ".[$(EXTRAS)]"
	.venv-constraints/bin/python -m pip freeze --exclude-editable > .venv-constraints/pins
	! grep -nE '@|://|^-' .venv-constraints/pins
	{ echo "# Every package of every extra, as tested. Made by 'make constraints': do not edit."; \
	  cat .venv-constraints/pins; } > constraints.txt
	rm -rf .venv-constraints

clean: ## Remove the virtual environment, the built docs and all caches, but no run
	rm -rf $(VENV) build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests docs benchmarks scripts studies -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(INSTALLED_RUN): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(INSTALLED_ALL): $(INSTALLED_RUN)
	$(PIP) install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	touch $@
