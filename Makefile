# Needs make and Python >= 3.11, nothing else: every target makes the .venv that it uses.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python

# The first Python that is new enough and can make a venv, else the first that is new enough.
PYTHON ?= $(shell for need in "ensurepip, venv" "sys"; do \
	for p in python3.11 python3.12 python3.13 python3.14 python3; do \
		"$$p" -c "import sys, $$need; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && echo "$$p" && exit; \
	done; done)

.DEFAULT_GOAL := help
.PHONY: help demo test coverage lint bench-quick matrix thorough crash soak burst mutants services clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.package ## an example site and a fake platform with customers who write
	@$(PY) manage.py demo

test: lint $(VENV)/.mysql ## lint, then all tests on SQLite, PostgreSQL and MariaDB
	@$(PY) -m tests.run

coverage: lint $(VENV)/.mysql ## the same with branch coverage, a third slower
	@COVERAGE=true $(PY) -m tests.run

lint: $(VENV)/.dev ## style, types, import contracts, migrations and Django's checks
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	DEMO_DATABASE=:memory: $(PY) manage.py makemigrations --check --dry-run
	DEMO_DATABASE=:memory: $(PY) manage.py check --fail-level WARNING

bench-quick: $(VENV)/.dev ## how fast calls are taken and worked through, as ratios (under 3 minutes)
	@$(PY) -m benchmarks.quick

matrix: ## the SQLite tests on Django 6 with Python 3.12 or newer, where there is one
	@for p in python3.14 python3.13 python3.12 "$$HOME"/.pyenv/versions/*/bin/python3; do \
		"$$p" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1 || continue; \
		"$$p" -m venv --clear $(VENV)-matrix && \
		$(VENV)-matrix/bin/python -m pip install -qq --disable-pip-version-check --upgrade "pip>=25.1" && \
		$(VENV)-matrix/bin/python -m pip install -qq -e . "Django>=6.0" --group dev && \
		$(VENV)-matrix/bin/python -c 'import django, platform as p; print("Python", p.python_version(), "Django", django.__version__)' && \
		TEST_DATABASE=sqlite TEST_DATABASE_NAME=matrix $(VENV)-matrix/bin/python -m pytest -q -n 2 -m "not browser"; \
		exit; \
	done; echo "No Python 3.12 or newer found: Django 6 is not tested."

thorough: $(VENV)/.dev ## 2,000 messages through a storm, and a sender ended at every statement (PostgreSQL, 5 minutes)
	@TEST_THOROUGH=true TEST_DATABASE=postgresql $(PY) -m pytest -q -m thorough

crash: $(VENV)/.mysql ## kill server, workers, brokers and databases while calls come in, five times over (20 minutes)
	@$(PY) -m tests.crash

soak: $(VENV)/.dev ## half an hour of steady work: memory, connections, backlog
	@$(PY) -m tests.soak

burst: $(VENV)/.dev ## a minute of ten times the calls (3 minutes)
	@$(PY) -m tests.soak --burst

mutants: $(VENV)/.dev ## seeded faults, each of which a test has to find
	@$(PY) -m tests.mutants

services: ## start or install (Debian, as root) the databases, brokers and browser that the tests use
	@.ci/run services

clean: ## remove what these targets made
	rm -rf $(VENV) $(VENV)-matrix .build .hypothesis .pytest_cache .ruff_cache .import_linter_cache demo.sqlite3* demo-media

# --- the .venv: each part is a stamp, made again when pyproject.toml changes -----------------------------------------

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing (apt install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { echo "$(PYTHON) has no venv module (apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.package: pyproject.toml | $(PY)
	@echo "Installing django-chakra into $(VENV)"
	@$(PY) -m pip install -qq --disable-pip-version-check -e .
	@touch $@

# --group is an option of pip 25.1 and newer; a new venv often has an older one.
$(VENV)/.dev: $(VENV)/.package
	@echo "Installing the development tools into $(VENV)"
	@$(PY) -m pip install -qq --disable-pip-version-check --upgrade "pip>=25.1"
	@$(PY) -m pip install -qq --group dev
	@touch $@

# No stamp without success, so that it is tried again once the library is there.
.PHONY: $(VENV)/.mysql
$(VENV)/.mysql: $(VENV)/.dev
	@if $(PY) -c "import MySQLdb" 2>/dev/null; then :; \
	elif { command -v mariadb_config || command -v mysql_config || pkg-config --exists libmariadb || pkg-config --exists mysqlclient; } >/dev/null 2>&1 \
		&& $(PY) -m pip install -qq --group mysql; then :; \
	else echo "mysqlclient cannot be built here (apt install libmariadb-dev pkg-config gcc python3-dev): MariaDB tests will be skipped."; fi
