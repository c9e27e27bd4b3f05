# The checks that a change has to pass. They run in the README's environment; BIN= takes PATH's tools.
BIN ?= .venv/bin/
ROOM ?=

.PHONY: check static format-check lint types contracts house compatibility test format

check: static test

static: format-check lint types contracts

format-check:
	$(BIN)ruff format --check .

lint:
	$(BIN)ruff check .

types:
	$(BIN)mypy

contracts:
	$(BIN)lint-imports --no-cache

house:
	$(BIN)python -m pytest tests/house

compatibility:
	$(BIN)python -m tests.house.compatibility

test:
	$(BIN)python -m pytest $(if $(ROOM),tests/$(ROOM))

format:
	$(BIN)ruff format .
	$(BIN)ruff check --fix-only .
