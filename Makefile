PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: install check test test-all test-interpreters bench clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet -c constraints.txt -e '.[all]' --group dev
	touch $@

install: $(VENV)/installed  ## everything, in a virtual environment

check: install  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: install  ## the fast tests
	$(BIN)/pytest -q -n auto -m "not slow and not export and not gpu"

test-all: check test-interpreters  ## what CI runs: lint, types, every test that needs no special hardware
	$(BIN)/pytest -q -n auto -m "not gpu"

test-interpreters: install  ## core and agent under every Python from 3.8 that is here
	$(BIN)/python tests/interpreters.py

bench: install  ## the tables of benchmarks/, an hour or so
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
