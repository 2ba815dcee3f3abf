# On a fresh machine with Python 3.11 or newer: `make report` and `make test`. Everything is installed into .venv.
# `make test PYTHON=python3.13 VENV=.venv313` tests another Python beside it.

VENV ?= .venv
BIN := $(VENV)/bin
# Installed when this file is newer than what says what to install.
STAMP := $(VENV)/.installed
# The oldest and the newest VectorBT that are supported have environments of their own: the newest needs pandas 3, and
# Zipline needs pandas 2.
LINES := vectorbt028 vectorbt12
STAMPS := $(LINES:%=$(VENV)-%/.installed)
vectorbt028_PACKAGES := vectorbt 'plotly<7' 'pandas<3'
vectorbt12_PACKAGES := 'vectorbt[rust]' 'pandas>=3'
export WEIGHBRIDGE_VECTORBT028_PYTHON := $(abspath $(VENV)-vectorbt028)/bin/python
export WEIGHBRIDGE_VECTORBT12_PYTHON := $(abspath $(VENV)-vectorbt12)/bin/python
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python)
REPORT := report/report.html
MUTANTS ?= 300

# pyright must not ask the package index whether there is a newer pyright.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.DELETE_ON_ERROR:
.PHONY: help install $(LINES) report test campaign mutants bench tables clean

help:
	@echo "make report   compare the engines on the embedded prices; the report is written to $(REPORT)"
	@echo "make test     linter, formatter, type checker, tests"
	@echo "make campaign compare engine and frameworks on random cases; CASES=2000 says how many, FIRST=5000 the first seed"
	@echo "make mutants  change the rules in 300 places (MUTANTS=N; 0: all) and see whether their own tests notice"
	@echo "make bench    benchmarks"
	@echo "make tables   write the generated tables of the documentation again"
	@echo "make install  install everything into $(VENV)"
	@echo "make vectorbt028, make vectorbt12"
	@echo "              install the oldest and the newest VectorBT into $(VENV)-NAME; make test does it too"
	@echo "make clean    remove what was generated, but no environment"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		found=; \
		for python in $(PYTHONS); do \
			if "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
				>/dev/null 2>&1; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "error: no Python 3.11, 3.12 or 3.13 with the module venv among: $(PYTHONS)" >&2; \
			echo "Hint: install one (on Debian and Ubuntu also python3-venv), or: make PYTHON=/path/to/python" >&2; \
			exit 1; \
		fi; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@echo "Installing into $(VENV) (once, a few minutes) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --constraint constraints.txt \
		--editable '.[backtrader,vectorbt,zipline,report,test]'
	@touch $@

$(LINES): %: $(VENV)-%/.installed

# Made with the Python of $(VENV). Weighbridge is not installed there: its workers bring it along.
$(STAMPS): $(VENV)-%/.installed: $(STAMP) constraints-%.txt
	@echo "Installing $* into $(@D) (once, about a minute) ..."
	@$(BIN)/python -m venv --clear $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --no-input \
		--constraint constraints-$*.txt $($*_PACKAGES) pyarrow platformdirs
	@touch $@

# The report is shown also when it says that something differs: that is when it is needed most.
report: $(STAMP)
	@status=0; $(BIN)/weighbridge parity --output $(dir $(REPORT)) || status=$$?; \
	if [ -f $(REPORT) ]; then echo "Report: $(CURDIR)/$(REPORT)"; \
	else echo "error: no report was written to $(REPORT)" >&2; [ $$status -ne 0 ] || status=1; fi; \
	exit $$status

test: $(STAMP) $(STAMPS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest -n 2 --dist loadgroup

CASES ?= 1000
FIRST ?= 0

campaign: $(STAMP)
	$(BIN)/python -m parity_tests.campaign --cases $(CASES) --first $(FIRST)

# One file, or one mutant: make mutants OPTIONS='--file rules/cash', OPTIONS='--show ID'.
mutants: $(STAMP)
	$(BIN)/python -m parity_tests.mutants --mutants $(MUTANTS) $(OPTIONS)

bench: $(STAMP) $(STAMPS)
	@mkdir -p .benchmarks
	$(BIN)/python -m pytest parity_tests/benchmarks -o python_files='bench_*.py' --benchmark-only \
		--benchmark-json=.benchmarks/latest.json
	$(BIN)/python parity_tests/benchmarks/write_table.py .benchmarks/latest.json

tables: $(STAMP)
	$(BIN)/weighbridge docs-tables --semantics docs/semantics.md --conventions docs/conventions.md \
		--matrix docs/parity.md

clean:
	rm -rf report build dist .benchmarks .hypothesis .pytest_cache .ruff_cache
	find core adapters parity_tests fixtures -name __pycache__ -type d -prune -exec rm -rf {} +
