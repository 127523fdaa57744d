# Everything runs from a bare clone with only make and Python 3.10 or newer.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then echo $$p; break; fi; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := $(VENV)/.installed
DEVELOPMENT := $(VENV)/.development
OLDER_CLIENT := $(VENV)/older-client

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint docs docs-check bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.10 or newer is needed; set PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(DEVELOPMENT): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(INSTALLED)

# A client of the protocol library's 1.x line, in an environment of its own: the two cannot live in one.
$(OLDER_CLIENT)/.installed: | $(BIN)/python
	$(BIN)/python -m venv $(OLDER_CLIENT)
	$(OLDER_CLIENT)/bin/python -m pip install --quiet --disable-pip-version-check 'mcp>=1.30,<2'
	@touch $@

demo: $(INSTALLED) ## set up, then a story on a local Nexla
	@$(BIN)/nexla-mcp demo

test: $(DEVELOPMENT) ## set up, then the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not long"

test-all: test $(OLDER_CLIENT)/.installed ## the tests, then the long matrices
	NEXLA_MCP_OLDER_CLIENT=$(OLDER_CLIENT)/bin/python $(BIN)/python -m pytest -n auto --dist loadgroup -m long

lint: $(DEVELOPMENT) docs-check ## style, types, layers, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(DEVELOPMENT) ## write the generated pages anew
	$(BIN)/python -m docs.generate

docs-check: $(DEVELOPMENT)
	$(BIN)/python -m docs.generate --check

bench: $(DEVELOPMENT) ## ratios against the bare SDK and a bare server
	$(BIN)/python -m benchmarks

clean: ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
