# Two commands are all the set-up there is: `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
# Compiled Python goes below .venv as well, so that a run leaves nothing else behind.
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache
COMPILE := $(RUN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate pyproject.toml

.PHONY: help run test test-containers check contracts lock format secrets clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

$(RUN)/uv: requirements.lock
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^uv==/{on=1} on{print} on && !/\\$$/{exit}' requirements.lock > $(VENV)/uv.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@touch $@

$(VENV)/running: $(RUN)/uv requirements.lock
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements.lock
	@touch $@

$(VENV)/developing: $(VENV)/running requirements-dev.lock
	@$(RUN)/uv pip install --quiet --python $(RUN)/python --require-hashes -r requirements-dev.lock
	@touch $@

run: $(VENV)/running ## play one payment period, then serve (ONCE=1 ends, ENGLAND=1 plays all of England, ODS=DIR reads real files)
	@exec $(RUN)/python -m cqrs run $(if $(ONCE),--once) $(if $(ENGLAND),--england) $(if $(ODS),--ods $(ODS))

test: $(VENV)/developing ## run every test that needs no Docker
	$(RUN)/python -m pytest -n 2 --dist loadgroup -m "not containers"

test-containers: $(VENV)/developing ## run the tests that need Docker (started if none runs)
	.ci/containers

check: $(VENV)/developing ## formatting, lint, types, import rules, contracts, tests
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	npm ci --silent --no-audit --no-fund --prefix contracts/compose
	$(RUN)/python -m cqrs.contracts check
	$(MAKE) test

contracts: $(VENV)/developing ## write schemas, supergraph, event schemas and AsyncAPI anew
	npm ci --silent --no-audit --no-fund --prefix contracts/compose
	$(RUN)/python -m cqrs.contracts write

lock: $(RUN)/uv ## write the two lock files anew
	$(COMPILE) -o requirements.lock
	$(COMPILE) --group dev -o requirements-dev.lock

format: $(VENV)/developing ## let ruff put the source in order
	$(RUN)/ruff format .
	$(RUN)/ruff check --fix .

secrets: $(VENV)/running ## draw the passwords and keys docker-compose.yml asks for into .env, once
	@$(RUN)/python -m cqrs.compose secrets .env

clean: ## forget the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
