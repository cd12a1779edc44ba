# make demo       the help centre: migrate, fill, query (an SQLite file)
# make serve      the same help centre as a FastAPI application
# make check      lint, types, and a minute of tests: for daily work
# make test       lint, types, and the tests on SQLite and PostgreSQL, without the long ones
# make test-all   with them, thoroughly; and the others on each Python here and each end of SQLAlchemy's lines
# make fuzz       the property tests alone, with many more examples
# make soak       careless, cancelled and killed work, for some minutes
# make parity-page  docs/parity.md, from a run of the parity tests
# make bench      what queries cost beside those written by hand and other libraries', into docs/performance.md
# make bench-quick  of these only whole operations, in few rounds, and no page
#
# Nothing but Python (PYTHON=python3.13 chooses one) is needed beforehand.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests that are compiled once are not compiled again by each worker of each run.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(BIN)/pytest -n 2 --dist worksteal
# What users see of types; the rest is read in `make lint`: half of mypy's time and most of pyright's.
SEEN := django_like_repos examples tests/typing
SAMPLE := $(addprefix tests/,constructs contract database errors expressions lookups writes)

.PHONY: demo serve check test test-all fuzz soak parity-page bench bench-quick lint style pytest mypy pyright format clean

# The type checkers run beside the tests, which fill what of two cores they leave.
check: style
	$(MAKE) --no-print-directory --jobs=3 mypy pytest pyright TYPED="$(SEEN)" TESTS="$(SAMPLE)"

test: style
	$(MAKE) --no-print-directory --jobs=3 mypy pytest pyright TYPED="$(SEEN)"

# pyenv's python3.X commands work only for the versions that PYENV_VERSION names.
test-all: lint
	PYENV_VERSION=$$(pyenv versions --bare 2>/dev/null | paste -sd : -) $(BIN)/nox

fuzz: $(VENV)/dev
	$(PYTEST) -m hypothesis --hypothesis-profile fuzz

soak: $(VENV)/dev
	$(PYTEST) tests/faults -m "long or not long" --hypothesis-profile fuzz

# The page tells of differences too, so it is written even if there are some.
parity-page: $(VENV)/dev
	-$(PYTEST) tests/parity -m "long or not long"
	$(BIN)/python -m tests.parity.page

# The page is made anew of a whole run alone; figures of one that failed are in build/ all the same.
bench: $(VENV)/dev $(VENV)/bench
	$(BIN)/python -m benchmarks --json=build/benchmarks.json
	$(BIN)/python -m benchmarks.page build/benchmarks.json

bench-quick: $(VENV)/dev $(VENV)/bench
	$(BIN)/python -m benchmarks --quick

lint: style
	$(MAKE) --no-print-directory --jobs=2 mypy pyright

style: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo

pytest: $(VENV)/dev
	$(PYTEST) $(TESTS)

mypy: $(VENV)/dev
	$(BIN)/mypy $(TYPED)

pyright: $(VENV)/dev
	$(BIN)/pyright --pythonpath $(BIN)/python $(TYPED)

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
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[$*]'
	@touch $@

$(VENV)/made: pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@
