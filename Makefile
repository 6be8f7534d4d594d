# Needs Python 3.11 or later and nothing else. The README says the same without make.
PYTHON ?= python3
WORKLOAD ?= contoso-retail
OUT ?=
OPTION ?=
ARGS ?=
MINUTES ?= 5
SEED ?= 0

# One more worker than processors, since tests wait for kernels, browsers and commands.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(1 + (os.cpu_count() or 1))")

# Workers, kernels and commands share what one of them has compiled.
unexport PYTHONDONTWRITEBYTECODE

VENV = .venv
NEWEST = .newest
ifeq ($(OS),Windows_NT)
BIN = $(VENV)/Scripts
else
BIN = $(VENV)/bin
endif
NEWEST_BIN = $(NEWEST)/$(notdir $(BIN))
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# What requirements.txt and requirements-dev.txt are made with; nothing else needs uv.
LOCK = uv pip compile pyproject.toml --group lock --universal --python-version 3.11 \
  --generate-hashes --upgrade --no-config --quiet --custom-compile-command "make lock"

.PHONY: report testbed test proof check golden audit lab lock newest clean

report: $(VENV)/installed
	@$(BIN)/python -m apim_aks report --workload "$(WORKLOAD)" $(if $(OUT),--out "$(OUT)") $(ARGS)

# The cluster's entry run on this machine and attacked; OPTION=ingress-mtls for one option alone.
testbed: $(VENV)/installed-dev
	@$(BIN)/python -m apim_aks testbed --workload "$(WORKLOAD)" $(if $(OPTION),--option "$(OPTION)") $(ARGS)

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

# The series of the tests with many new examples, round after round until the minutes are over.
# Each round prints its seed, and SEED repeats it.
proof: $(VENV)/installed-dev
	$(BIN)/python -m tests.support.series --minutes $(MINUTES) --seed $(SEED) -n logical $(ARGS)

check: $(VENV)/installed-dev
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

# The generated files that tests compare with: write them anew, then read the difference.
golden: $(VENV)/installed-dev
	$(BIN)/python tests/test_golden.py
	$(BIN)/python -m tests.support.pull_requests
	$(BIN)/python -m tests.support.proof
	$(BIN)/python -m tests.support.systems
	$(BIN)/python -m tests.support.situations
	$(BIN)/python -m tests.support.testbed
	$(BIN)/python -m tests.support.schemas
	$(BIN)/python -m tests.support.reference
	$(BIN)/python -m tests.support.showcase
	$(BIN)/python -m tests.support.live_run

# Checkov wants other versions of our packages, so that it has an environment of its own. What
# docs/audit.md lists is passed over; anything else that it finds fails.
audit: $(VENV)/installed
	@test -d .audit || $(PYTHON) -m venv .audit
	@.audit/$(notdir $(BIN))/python -m pip install --quiet --disable-pip-version-check "checkov>=3.3,<4"
	@$(BIN)/python -m apim_aks report --workload "$(WORKLOAD)" --out .audit/report >/dev/null
	@rm -rf .audit/report/notebooks
	.audit/$(notdir $(BIN))/checkov --directory .audit/report --framework arm kubernetes --compact --quiet \
	  --skip-check "$$(grep -o 'CKV[A-Z0-9_]*' docs/audit.md | sort -u | paste -sd, -)" $(ARGS)

# The workload that is named here is that of every notebook, until notebook 00 is told of another.
lab: $(VENV)/installed
	@$(if $(filter-out file,$(origin WORKLOAD)),mkdir -p .apim-aks && echo "$(WORKLOAD)" > .apim-aks/workload)
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00_start.ipynb $(ARGS)

# The newest versions that the ranges of pyproject.toml allow today, as hashes in both files.
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --extra png --extra distributed --extra testbed --extra voila --constraints requirements.txt --output-file requirements-dev.txt

# The tests with the newest versions that the ranges allow, in an environment of its own.
newest:
	rm -rf $(NEWEST)
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST_BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade -e ".[dev,distributed,testbed,voila]"
	@$(NEWEST_BIN)/python -m pip freeze --exclude-editable | tr A-Z a-z \
	  | awk -F== '{ gsub(/[_.]+/, "-", $$1); print $$1 "==" $$2 }' > $(NEWEST)/versions.txt
	@echo "Newer than the lock, or not in it:"
	@grep -vxF "$$(grep -o '^[^ ;]*==[^ ;]*' requirements-dev.txt)" $(NEWEST)/versions.txt || echo nothing
	$(NEWEST_BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

clean:
	rm -rf $(VENV) $(NEWEST) .audit reports

$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('Python 3.11 or later is needed, this is %d.%d; say make PYTHON=...' % sys.version_info[:2])"
	@echo "Installing the packages of requirements.txt into $(VENV). The first time, this takes a few minutes."
	$(PYTHON) -m venv $(VENV)
	@$(INSTALL) --requirement requirements.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check
	@echo "Installed from the lock requirements.txt, each file compared with its hash, with $$($(BIN)/python --version)."
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@$(INSTALL) --requirement requirements-dev.txt
	@$(BIN)/python -m pip check
	@echo "Installed from the lock requirements-dev.txt, each file compared with its hash."
	@touch $@
