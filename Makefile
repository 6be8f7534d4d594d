# Needs Python 3.11 or later and nothing else. The README says the same without make.
PYTHON ?= python3
WORKLOAD ?= contoso-retail
OUT ?=
ARGS ?=
MINUTES ?= 5
SEED ?= 0

VENV = .venv
ifeq ($(OS),Windows_NT)
BIN = $(VENV)/Scripts
else
BIN = $(VENV)/bin
endif
FACTS = requirements.txt pyproject.toml

.PHONY: report test proof check golden audit lab clean

report: $(VENV)/installed
	@$(BIN)/python -m apim_aks report --workload "$(WORKLOAD)" $(if $(OUT),--out "$(OUT)") $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n logical $(ARGS)

# The series of the tests with many new examples, round after round until the minutes are over.
# Each round prints its seed, and SEED repeats it.
proof: $(VENV)/installed-dev
	$(BIN)/python tests/series.py --minutes $(MINUTES) --seed $(SEED) -n logical $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

# The generated files that tests compare with: write them anew, then read the difference.
golden: $(VENV)/installed-dev
	$(BIN)/python tests/test_golden.py
	$(BIN)/python tests/proof.py

# Checkov wants other versions of our packages, so that it has an environment of its own. What
# docs/audit.md lists is passed over; anything else that it finds fails.
audit: $(VENV)/installed
	@test -d .audit || $(PYTHON) -m venv .audit
	@.audit/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check "checkov>=3.3,<4"
	@$(BIN)/python -m apim_aks report --workload "$(WORKLOAD)" --out .audit/report >/dev/null
	@rm -rf .audit/report/notebooks
	.audit/$(notdir $(BIN))/checkov --directory .audit/report --framework arm kubernetes --compact --quiet \
	  --skip-check "$$(grep -o 'CKV[A-Z0-9_]*' docs/audit.md | sort -u | paste -sd, -)" $(ARGS)

lab: $(VENV)/installed
	$(BIN)/python -m jupyterlab notebooks

clean:
	rm -rf $(VENV) .audit reports

$(VENV)/installed: $(FACTS)
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('Python 3.11 or later is needed, this is %d.%d; say make PYTHON=...' % sys.version_info[:2])"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@
