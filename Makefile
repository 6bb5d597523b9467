# make quickstart   install, then train, transfer and compare (6 min 11 s measured on 2 cores)
# make test         install, then everything a change must pass
# make test-slow    learning tests, minutes each
# make check        formatting, lint, types, import contracts, fast tests

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: quickstart test test-slow check lint format schema clean

quickstart: $(STAMP)
	$(BIN)/rltransfer run configs/quickstart.yaml

test: check

check: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(STAMP)
	$(BIN)/rltransfer schema > configs/schema.json

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable ".[dev]" -c constraints.txt
	touch $(STAMP)

clean:
	rm -rf .venv dist build
