# Genklang: `make help` prints what there is.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help
help: ## print this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sort | awk -F':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# A stamp per file of pinned packages: a second `make run` installs nothing.
$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Genklang needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Set PYTHON=python3.11."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing pinned packages into $(VENV) (once)…"
	@if command -v uv >/dev/null; then VIRTUAL_ENV=$(VENV) uv pip install -q --require-hashes -r requirements.txt; else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; fi
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing the packages of the tests…"
	@if command -v uv >/dev/null; then VIRTUAL_ENV=$(VENV) uv pip install -q --require-hashes -r requirements-dev.txt; else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; fi
	@touch $@

.PHONY: run
run: $(VENV)/.runtime ## start everything on this machine: the service, a telephone network to try it with, a mail catcher
	@exec $(BIN)/python run.py

.PHONY: test
test: $(VENV)/.dev ## run all tests (PostgreSQL from a wheel; Chromium by apt when root)
	@tools/ensure_chromium.sh
	@tools/all_tests.sh $(BIN)/python

.PHONY: check
check: $(VENV)/.dev ## ruff, mypy strict, import contracts, one migration head, models equal migrations
	@$(BIN)/ruff format --check --quiet . || { echo "ruff format would change files; run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.check_migrations

.PHONY: format
format: $(VENV)/.dev ## let ruff format and sort
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

.PHONY: bench
bench: $(VENV)/.dev ## measure speed as ratios in one run and write docs/benchmarks.md
	@$(BIN)/python -m tests.load.bench

.PHONY: pictures
pictures: $(VENV)/.dev ## take the pictures of docs/pictures anew from the running pages (needs Chromium)
	@$(BIN)/python -m tools.take_pictures

.PHONY: demo-data
demo-data: $(VENV)/.runtime ## give the 40 simulated customers a new closed case each, while 'make run' runs
	@$(BIN)/python run.py --demo-data

.PHONY: lock
lock: $(VENV)/.runtime ## pin requirements*.in anew
	@$(BIN)/python -m pip install -q uv
	@for f in requirements requirements-dev; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $$f.in -o $$f.txt; done
