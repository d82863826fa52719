PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST := .venv-oldest
AT_ONCE := -n auto --dist worksteal

.PHONY: help bytecode test test-all test-oldest demo lint format benchmarks schemas build clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' Makefile

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev --editable .
	@touch $@

$(OLDEST)/ready: pyproject.toml $(VENV)/ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(OLDEST)
	$(BIN)/uv pip install --quiet --python $(OLDEST) --compile-bytecode --resolution lowest-direct --group test --editable .
	@touch $@

# Where the environment keeps Python from writing bytecode, every command that a test starts would
# compile the package anew.
bytecode: $(VENV)/ready
	@$(BIN)/python -m compileall -q flask_migrate_decl

test: bytecode ## run the tests, but for the slow ones
	$(BIN)/python -m pytest $(AT_ONCE) -m "not slow"

test-all: bytecode ## run every test
	$(BIN)/python -m pytest $(AT_ONCE)

test-oldest: $(OLDEST)/ready bytecode ## run the tests with the oldest dependencies
	$(OLDEST)/bin/python -m pytest $(AT_ONCE) -m "not slow"

demo: $(VENV)/ready ## show a rename on the example shop
	@$(BIN)/python examples/shop/demo.py

lint: $(VENV)/ready ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/ready ## bring the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmarks: $(VENV)/ready ## measure against Flask-Migrate
	set -e; for script in idle rename large_table autogenerate check_config suggestions jobs journal; do $(BIN)/python benchmarks/$$script.py; done

schemas: $(VENV)/ready ## write schemas/ again from the settings
	$(BIN)/python -m flask_migrate_decl.config.schema schemas

build: $(VENV)/ready ## build the wheel and the source archive
	$(BIN)/uv build --quiet

clean: ## remove what the other targets made
	rm -rf $(VENV) $(OLDEST) dist build
