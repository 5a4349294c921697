# Every target sets up what it needs. `make` alone lists the targets.

# The first interpreter found that is new enough; choose another with `make PYTHON=/path/to/python3.12 …`.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$each -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$each && break; done)

# Hundreds of processes start in the tests: they need not compile everything anew each time.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8018
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Tests wait for servers a good part of their time, hence one worker more than there are cores. Those of one module stay
# with one worker, so that its server is started once.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
PYTEST = $(BIN)/pytest --quiet --numprocesses=$(WORKERS) --dist=loadscope
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-emit-index-url
COMPILE := $(LOCK) pyproject.toml
CLIENTS := tests/superoffice/clients

.DEFAULT_GOAL := help
.PHONY: help serve test test-all check coverage languages superoffice-tour mobilefirst-proof mobilefirst-defects torture torture-defects bench storm flamegraph lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: .venv/.installed ## Serve the demo inventory on http://127.0.0.1:8018 (PORT=… for another); its data stays in ./data
	@exec $(BIN)/seatkeeper serve --demo --data data --host 127.0.0.1 --port $(PORT)

test: .venv/.installed ## Run all tests but those that take minutes each, and see whether they prove docs/coverage.md
	$(PYTEST) -m 'not slow' --evidence=build/evidence.json
	$(BIN)/python -m tests.coverage prove build/evidence.json

test-all: test ## Run all tests: those of `make test` once, then those that take minutes and the rest on PostgreSQL
	$(PYTEST) -m slow

check: .venv/.installed ## Check style, types, the import table, the lock files and the pages that are written by scripts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy scripts
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_locks.py
	$(BIN)/python scripts/settings_reference.py --check
	$(BIN)/python scripts/metrics_reference.py --check
	$(BIN)/python scripts/catalogues.py --check
	$(BIN)/python -m tests.coverage check

coverage: .venv/.installed ## Write docs/coverage.md: run the tests that hold its rows, and tell which rows work
	$(BIN)/python -m tests.coverage write

languages: .venv/.installed ## Bring the catalogues of human text up to date with the code; ADD=it begins one of Italian
	$(BIN)/python scripts/catalogues.py $(ADD)

superoffice-tour: .venv/.installed ## See SuperOffice's own client package (from npm) assign licenses, and ICWS hear of it
	@$(BIN)/python -m tests.superoffice.clients

mobilefirst-proof: .venv/.installed ## Send 50 deployments at once to each of two runtimes, and kill -9 at every step of one
	$(BIN)/python -m tests.mobilefirst.proof

mobilefirst-defects: .venv/.installed ## Plant known defects in the transactions; the proof must find each
	$(BIN)/python -m tests.mobilefirst.proof --count 10 --planted all

torture: .venv/.installed ## Ten minutes of clients on a server that is killed, then on three nodes in all sorts of faults
	@rm -f build/torture-report.txt
	$(BIN)/python -m tests.torture --seconds 120 --kills 12 --report build/torture-report.txt
	$(BIN)/python -m tests.torture.nodes --seconds 420 --report build/torture-report.txt
	@echo 'The report is in build/torture-report.txt.'

torture-defects: .venv/.installed ## Plant known defects in the server; the torture harness must find out each
	$(BIN)/python -m tests.torture --planted all
	$(BIN)/python -m tests.torture.nodes --planted all

bench: .venv/.installed ## Measure speed beside what bounds it, in ten minutes; CASES="1 4" measures these only (needs wrk)
	@$(BIN)/python -m bench $(CASES)

storm: .venv/.installed ## Simulate nine o'clock with a million agents; RESULT=FILE counts with what that run measured
	@$(BIN)/python -m bench.storm $(RESULT)

flamegraph: .venv/.installed ## Draw where the server's time goes while everybody acquires (Linux, as root; needs wrk)
	@$(BIN)/python -m bench.flamegraph docs/images/acquire.svg

lock: .venv/.installed ## Compile the lock files anew from pyproject.toml (needs the package index)
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --group dev --output-file requirements-dev.lock
	$(LOCK) --no-deps --output-file $(CLIENTS)/python-sdk.lock $(CLIENTS)/python-sdk.in

clean: ## Remove the environment, caches and builds; ./data stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo 'Seatkeeper needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@echo 'Setting up .venv (once; needs the package index) …'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo 'Cannot make .venv; on Debian and Ubuntu the package python3-venv is needed.' >&2; rm -rf .venv; exit 1; }
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
