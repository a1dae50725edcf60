PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EDGEPROF_BOARD ?= $(CURDIR)/.board
export EDGEPROF_BOARD

.PHONY: install check test test-all test-interpreters board test-board clean-board docker-check bench clean

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
	$(BIN)/pytest -q -n auto -m "not slow and not export and not gpu and not board and not chroot"

test-all: check test-interpreters  ## what CI runs: lint, types, every test that needs no special hardware
	$(BIN)/pytest -q -n auto -m "not gpu and not board and not chroot"

test-interpreters: install  ## core and agent under every Python from 3.8 that is here
	$(BIN)/python tests/interpreters.py

board: install  ## an emulated ARM board to test on: some minutes, root, 400 MB in .board or $EDGEPROF_BOARD
	PIP='$(BIN)/pip' tests/board/make.sh '$(EDGEPROF_BOARD)'

test-board: board  ## what the tests say about it, over ssh: function on ARM Linux, no speed
	EDGEPROF_REQUIRE=board $(BIN)/pytest -q -n 0 -m board tests/board

clean-board:
	tests/board/clean.sh '$(EDGEPROF_BOARD)'

docker-check: install  ## carry out every image's steps in a bare root: root, debootstrap, qemu; an hour, say
	EDGEPROF_REQUIRE=chroot $(BIN)/pytest -q -s -n 0 -m chroot tests/docker

bench: install  ## the tables of benchmarks/, an hour or so
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
