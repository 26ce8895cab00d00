# `make run` and `make test` each set up all they need; nothing is installed by hand before.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test spark lint evaluate bench prove clean

run: $(VENV)/.installed
	$(BIN)/picket run

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal

# The queries for Spark against those for DuckDB: apart, because Spark is a download of 400 MB.
spark: $(VENV)/.installed-spark
	PICKET_SPARK=1 $(BIN)/pytest tests/test_dataset_snippets.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/mypy

evaluate: $(VENV)/.installed
	$(BIN)/python -m pipeline.evaluate $(ARGS)

bench: $(VENV)/.installed
	$(BIN)/python -m pipeline.bench $(ARGS)

# The marker is written last, so that an interrupted installation is done again.
$(VENV)/.installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install -qq -e '.[dev]'
	touch $@

$(VENV)/.installed-spark: $(VENV)/.installed-dev
	@command -v java > /dev/null || { echo "Spark needs Java 17 or later, and there is no java here" >&2; exit 1; }
	$(BIN)/python -m pip install -qq -e '.[spark]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info

# The full counts of what the tests show with a few: kills, faults, rounds.
prove: $(VENV)/.installed-spark
	PICKET_PROVE=1 PICKET_SPARK=1 $(BIN)/pytest -s tests/test_run_killed.py tests/test_run_kill_points.py tests/test_run_slices.py tests/test_run_feed_farm.py tests/test_dataset_*.py tests/test_stories_*.py
