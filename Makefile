# make run    clean the dumps in seeds/ into out/        make test   run the tests
# make lint   style and format                           make types  mypy --strict
# make lock   renew the pinned requirements              make clean  remove what these made
# make fuzz   look for inputs that break a law, for ten minutes (SECONDS=600)
# make bench-quality DATA=folder      the figures of quality, over data that benchmarks/README.md describes
# make test-faults     interrupt runs at every point, for some minutes
#
# Everything is installed into $(VENV), and again only when a stamp in it is older than the requirements.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# The locks name everything there is to install, so pip need not resolve: that of Python 3.11 does not see that "sqlalchemy==2.0"
# pins "sqlalchemy[asyncio]" too, and would refuse a lock in which that is not the newest.
PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps

.PHONY: run test test-faults lint types fuzz bench-quality bench-dumps bench-pages bench-bytes lock clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	$(BIN)/python -m flows.clean seeds out
	@echo
	@echo "The clean articles are in out/text, every cut is in out/ledger, an overview in out/report.html."
	@echo "Try: $(BIN)/copydesk explain $(firstword $(wildcard seeds/*.txt))"

# A file's tests stay together: some share a server of Prefect.
test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-faults: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m faults
	$(BIN)/python -m pytest tests/test_faults.py

SECONDS = 600
fuzz: $(VENV)/dev.stamp
	$(BIN)/python -m tests.fuzz $(SECONDS)

DATA = data
bench-quality: bench-dumps bench-pages bench-bytes
bench-dumps: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.quality $(DATA)/dumps.dev.jsonl.gz --by lang --by source
bench-pages: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.pages $(DATA)/pages.dev.jsonl.gz
bench-bytes: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.decoding $(DATA)/bytes.dev.jsonl.gz

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/dev.stamp
	$(BIN)/mypy

# One lock for every Python and platform. The second is made first, so that both pin the same versions.
LOCK = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
       --upgrade pyproject.toml
lock:
	test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
	$(LOCK) --extra build --extra dev --extra s3 --extra dask --output-file requirements-dev.txt
	$(LOCK) --extra build --constraint requirements-dev.txt --output-file requirements.txt

clean:
	rm -rf $(VENV) .venv-lock out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "copydesk needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
$(VENV)/dev.stamp: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
$(VENV)/%.stamp:
	@echo "Installing into $(VENV), once; this takes a minute or two."
	$(PIP) --require-hashes -r $<
	$(PIP) --no-build-isolation --editable .
	$(BIN)/python -m pip check
	$(BIN)/python -m compileall -q cleaners flows
	$(BIN)/python -m cleaners.matching
	@touch $@
