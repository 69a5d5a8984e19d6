# make run    from a bare machine (Python 3.11+, a package registry) to the chat page
# make test   the same environment, lint and all tests
# make setup  the environment alone; the command is then .venv/bin/coursegraph
PYTHON ?= python3
INSTALL ?= --editable .[dev]
BIN := .venv/bin

.PHONY: run test setup lint bench bench-parsing clean

run: setup
	$(BIN)/coursegraph ingest
	$(BIN)/coursegraph serve

test: lint
	$(BIN)/python -m pytest

setup: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt $(INSTALL)
	touch .venv/.installed

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile

bench: setup
	$(BIN)/python -m benchmarks

bench-parsing: setup
	$(BIN)/python -m benchmarks.parsing

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache
