# make demo       the help centre: migrate, fill, query (an SQLite file)
# make serve      the same help centre as a FastAPI application
# make test       lint, types, and every test on SQLite and PostgreSQL
# make test-all   besides, the tests on every Python and SQLAlchemy line this machine has
# make fuzz       the property tests alone, with many more examples
# make parity-page  docs/parity.md, from a run of the parity tests
# make bench      what queries cost beside those written by hand
#
# Nothing but Python (PYTHON=python3.13 chooses one) is needed beforehand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest -n 2 --dist worksteal

.PHONY: demo serve test test-all fuzz parity-page bench lint format clean

test: lint
	$(PYTEST)

# pyenv's python3.X commands work only for the versions that PYENV_VERSION names.
test-all: test
	PYENV_VERSION=$$(pyenv versions --bare 2>/dev/null | paste -sd : -) $(BIN)/nox

fuzz: $(VENV)/dev
	$(PYTEST) -m hypothesis --hypothesis-profile fuzz

# The page tells of differences too, so it is written even if there are some.
parity-page: $(VENV)/dev
	-$(PYTEST) tests/parity
	$(BIN)/python -m tests.parity.page

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks

lint: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo

format: $(VENV)/dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo: $(VENV)/demo
	$(BIN)/python -m examples.help_center.demo

serve: $(VENV)/demo
	$(BIN)/python -m examples.help_center.serve

clean:
	rm -rf $(VENV) .nox .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist help_center.db*

# $(VENV)/dev and $(VENV)/demo say that the extra of that name is installed.
$(VENV)/%: $(VENV)/made
	@echo "Installing the packages of the extra '$*' ..."
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

$(VENV)/made: pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
