# Needs Python 3.11 or later and nothing else. The README says the same without make.
PYTHON ?= python3
WORKLOAD ?= contoso-retail
OUT ?=
ARGS ?=

VENV = .venv
ifeq ($(OS),Windows_NT)
BIN = $(VENV)/Scripts
else
BIN = $(VENV)/bin
endif
FACTS = requirements.txt pyproject.toml

.PHONY: report test check lab clean

report: $(VENV)/installed
	@$(BIN)/python -m apim_aks report --workload "$(WORKLOAD)" $(if $(OUT),--out "$(OUT)") $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

lab: $(VENV)/installed
	$(BIN)/python -m jupyterlab notebooks

clean:
	rm -rf $(VENV) reports

$(VENV)/installed: $(FACTS)
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('Python 3.11 or later is needed, this is %d.%d; say make PYTHON=...' % sys.version_info[:2])"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@
