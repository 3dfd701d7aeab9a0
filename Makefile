# Everything a person or CI runs; `make help` lists it. Nothing is written outside FIRN_HOME but
# the cache of jars (~/.cache/firn, or FIRN_JARS).

export FIRN_HOME := $(abspath $(or $(FIRN_HOME),.firn))
PYTHON ?= python3
VENV := $(FIRN_HOME)/venv
BIN := $(VENV)/bin
UV := $(BIN)/uv --quiet
export PATH := $(BIN):$(PATH)
export DBT_PROFILES_DIR := $(CURDIR)/profiles
export DBT_LOG_PATH := $(FIRN_HOME)/logs

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Set-up: each stamp is newer than the lock it was made from. A lock names all that is needed: without
# `--no-deps`, pyspark is fetched and built again to read what it depends on.

$(VENV)/.runtime: requirements/bootstrap.txt requirements/runtime.txt requirements/jars.sha256 ivy.xml pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Firn needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.11")'
	@echo "Making the environment in $(VENV) …"
	@mkdir -p -m 700 $(FIRN_HOME)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(UV) pip install --python $(BIN)/python --compile-bytecode --no-deps --require-hashes -r requirements/runtime.txt
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BESIDE)
	@$(BIN)/firn setup
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@$(UV) pip install --python $(BIN)/python --compile-bytecode --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.runtime ## Make the environment, fetch the pinned jars.

# The sandbox

.PHONY: demo
demo: BESIDE = $(BIN)/python -m sandbox.kafka.jars > /dev/null 2>&1 &
demo: setup ## The sandbox, from its sources to tested gold; again: what is new since.
	@$(BIN)/firn demo

.PHONY: demo-telemetry
demo-telemetry: setup ## Cars: files dropped while a watcher runs, timed until all of gold has them.
	@$(BIN)/python -m sandbox.demo.telemetry

.PHONY: clean
clean: ## Stop the sandbox and the warm Spark, and delete everything Firn made.
	@if [ -x $(BIN)/firn ]; then $(BIN)/firn spark stop && $(BIN)/firn sandbox destroy; fi
	@rm -rf $(FIRN_HOME)

# When things run

AIRFLOW := $(FIRN_HOME)/airflow-venv

$(AIRFLOW)/.done: $(VENV)/.runtime requirements/airflow.txt
	@echo "Making Airflow's environment in $(AIRFLOW) …"
	@$(UV) venv --clear --python $(BIN)/python $(AIRFLOW)
	@$(UV) pip install --python $(AIRFLOW)/bin/python --compile-bytecode --no-deps --require-hashes -r requirements/airflow.txt
	@touch $@

.PHONY: airflow
airflow: $(AIRFLOW)/.done ## Airflow on 127.0.0.1, until Ctrl-C; RUN="dags test shop" runs a command of its own.
	@$(BIN)/python -m operations.deploy.airflow $(RUN)

# The site of docs is rendered in an environment of its own: MkDocs has nothing to do with dbt.
DOCS := $(FIRN_HOME)/docs-venv

$(DOCS)/.done: $(VENV)/.runtime requirements/docs.txt
	@echo "Making the environment of the docs in $(DOCS) …"
	@$(UV) venv --clear --python $(BIN)/python $(DOCS)
	@$(UV) pip install --python $(DOCS)/bin/python --no-deps --require-hashes -r requirements/docs.txt
	@touch $@
# Looking at it

.PHONY: dashboard
dashboard: setup ## Pages over the lake on 127.0.0.1:8501, until Ctrl-C.
	@$(BIN)/python -m dashboard.serving.serve

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Pictures of the dashboard over this lake, into docs/images.
	@$(BIN)/python -m tests.integration.dashboard.screenshots

# Checks

# SQL is linted, and secrets are looked for, only in what changed since that last began. The locks are
# not scanned: their hashes look like secrets.
FILES := $(wildcard $(shell git ls-files --cached --others --exclude-standard 2>/dev/null))
SQL := $(filter models/%.sql tests/%.sql sandbox/%.sql,$(FILES))
SQL_RULES := $(filter %.sqlfluff macros/% tests/conventions/sql_stubs/% requirements/dev.txt,$(FILES))
SCAN_RULES := .secrets.baseline requirements/dev.txt
SCANNABLE := $(filter-out requirements/%.txt %.sha256,$(FILES))

$(FIRN_HOME)/.sql-linted: $(SQL) $(SQL_RULES) | $(VENV)/.dev
	@touch $@.begun
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 $(if $(filter $(SQL_RULES),$?),$(SQL),$?)
	@mv $@.begun $@

$(FIRN_HOME)/.secrets-scanned: $(SCANNABLE) $(SCAN_RULES) | $(VENV)/.dev
	@touch $@.begun
	@$(BIN)/detect-secrets-hook --baseline .secrets.baseline $(if $(filter $(SCAN_RULES),$?),$(SCANNABLE),$?)
	@mv $@.begun $@

.PHONY: lint
lint: $(VENV)/.dev $(FIRN_HOME)/.sql-linted $(FIRN_HOME)/.secrets-scanned ## sqlfluff, ruff, yamllint, layers, workflows, secrets and the lock files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint --strict .
	PYTHONPATH=dags $(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m tests.conventions.locks
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet --persona auditor .github

.PHONY: types
types: $(VENV)/.dev ## mypy, strict.
	$(BIN)/mypy

SERVICES := (postgres or kafka or spark or s3 or airflow or browser)

.PHONY: unit
unit: $(VENV)/.dev ## Tests that need no service.
	$(BIN)/pytest -q -m "not $(SERVICES)" -n 2 --dist worksteal

# The two paths that dbt_project.yml sets knowingly.
PATHS := [ConfigTargetPathDeprecation, ConfigLogPathDeprecation, DeprecationsSummary]

.PHONY: parse
parse: $(VENV)/.dev ## dbt parse, warnings being errors.
	$(BIN)/dbt --quiet parse --no-partial-parse --warn-error-options '{error: all, silence: $(PATHS)}'

.PHONY: check
check: $(VENV)/.dev ## The inner loop: lint, types, unit tests, dbt parse.
	@$(MAKE) --no-print-directory -j 2 lint types unit parse

.PHONY: test
test: $(VENV)/.dev $(AIRFLOW)/.done $(DOCS)/.done ## Everything, against a real PostgreSQL, Kafka, Spark, Airflow and Chromium.
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -q -m "$(SERVICES) and not (timed or upstream)" -n 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/pytest -q -m timed

.PHONY: fuzz
fuzz: $(VENV)/.dev ## Damaged and foreign files, new ones for HOURS=1, until a reader fails.
	@end=$$(( $$(date +%s) + $(or $(HOURS),1) * 3600 )); \
	while [ $$(date +%s) -lt $$end ]; do \
		$(BIN)/pytest -q --exitfirst --hypothesis-profile=long tests/integration/files/test_fuzz.py || exit 1; \
	done

.PHONY: upstream
upstream: $(VENV)/.dev ## Defects of dbt-spark that repairs are for: does it have them still? When its lock is renewed.
	$(BIN)/pytest -q -m upstream -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: mutants
mutants: $(VENV)/.dev ## Switch guards off one by one, all or those of MODULES=: which does no test notice?
	$(BIN)/python -m tests.mutants $(MODULES)

.PHONY: kill-dbt
kill-dbt: $(VENV)/.dev ## SIGKILL dbt within statements that write, KILLS=50 times, readers watching.
	FIRN_KILLS=$(or $(KILLS),50) $(BIN)/pytest -q --timeout 7200 tests/faults/test_dbt_kills.py

.PHONY: fuzz-refresh
fuzz-refresh: $(VENV)/.dev ## Random queries, refreshed by what is derived from them, for HOURS=1, until one differs.
	@end=$$(( $$(date +%s) + $(or $(SECONDS),$$(( $(or $(HOURS),1) * 3600 ))) )); \
	while [ $$(date +%s) -lt $$end ]; do \
		$(BIN)/pytest -q --exitfirst --hypothesis-profile=long tests/unit/operations/derivation/test_property.py || exit 1; \
	done

# Measurements

PEERS := $(FIRN_HOME)/bench-venv

$(PEERS)/.done: $(VENV)/.runtime requirements/bench.txt
	@echo "Making the peers' environment in $(PEERS) …"
	@$(UV) venv --clear --python $(BIN)/python $(PEERS)
	@$(UV) pip install --python $(PEERS)/bin/python --compile-bytecode --no-deps --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: bench-postgres
bench-postgres: $(PEERS)/.done ## Firn beside dlt and Spark on TPC-H lineitem, about an hour; BENCH="--help" for options.
	@$(BIN)/python -m benchmarks.postgres_lineitem $(BENCH)

.PHONY: bench-files
bench-files: $(PEERS)/.done ## Firn beside polars, DuckDB and Spark on a gigabyte of files, half an hour; BENCH="--help".
	@$(BIN)/python -m benchmarks.files_lineitem $(BENCH)

.PHONY: bench-bounds
bench-bounds: $(VENV)/.dev ## What rows that do not fit cost, and 40,000 small files, ten minutes; BENCH="--help".
	@$(BIN)/python -m benchmarks.bounds $(BENCH)

.PHONY: bench-kafka
bench-kafka: $(PEERS)/.done ## Firn beside a script, dlt and Spark on 5 million Kafka messages, an hour; BENCH="--help".
	@$(BIN)/python -m benchmarks.kafka_events $(BENCH)

.PHONY: bench-kafka-steady
bench-kafka-steady: $(VENV)/.dev ## A commit every two seconds, a thousand times, 35 minutes; BENCH="--help".
	@$(BIN)/python -m benchmarks.kafka_steady $(BENCH)

SUITE := $(BIN)/pytest -q -p dbt.tests.fixtures.project
SUITE_RESULTS := $(foreach classes,suite neutral,$(FIRN_HOME)/$(classes)-stock.xml $(FIRN_HOME)/$(classes)-repaired.xml)

.PHONY: adapter-suite
adapter-suite: $(VENV)/.dev ## dbt's own suite for adapters, without the repairs and with them; about two hours.
	-$(SUITE) tests/adapter_suite/suite.py --junitxml=$(FIRN_HOME)/suite-stock.xml
	-$(SUITE) tests/adapter_suite/suite.py --repaired --junitxml=$(FIRN_HOME)/suite-repaired.xml
	-$(SUITE) tests/adapter_suite/neutral_suite.py --junitxml=$(FIRN_HOME)/neutral-stock.xml
	-$(SUITE) tests/adapter_suite/neutral_suite.py --repaired --junitxml=$(FIRN_HOME)/neutral-repaired.xml
	$(BIN)/python -m tests.adapter_suite.report $(SUITE_RESULTS)

.PHONY: bench-refresh
bench-refresh: $(VENV)/.dev ## Marts derived, rebuilt and by hand, two scales and four shares, an hour; BENCH="--help".
	@$(BIN)/python -m benchmarks.refresh $(BENCH)

.PHONY: bench-publication
bench-publication: $(VENV)/.dev ## dbt build of gold, published and not, on the demo's lake, a quarter of an hour; BENCH="--help".
	@$(BIN)/python -m benchmarks.publication $(BENCH)

.PHONY: bench-preflight
bench-preflight: $(VENV)/.dev ## What pre-flight costs with 200 tables on a warm Spark, some minutes.
	@$(BIN)/python -m benchmarks.preflight

DBT_PEERS := $(FIRN_HOME)/bench-dbt-venv

$(DBT_PEERS)/.done: $(VENV)/.runtime requirements/bench-dbt.txt
	@echo "Making the peers' environment in $(DBT_PEERS) …"
	@$(UV) venv --clear --python $(BIN)/python $(DBT_PEERS)
	@$(UV) pip install --python $(DBT_PEERS)/bin/python --compile-bytecode --no-deps --require-hashes -r requirements/bench-dbt.txt
	@touch $@

.PHONY: bench-dbt
bench-dbt: $(DBT_PEERS)/.done ## dbt on Spark plain, cold, warm and resident, a quarter of an hour; BENCH="--help".
	@$(BIN)/python -m benchmarks.dbt_trivial $(BENCH)

.PHONY: bench-watch
bench-watch: $(VENV)/.dev ## From a file's arrival to its row in gold, 50 files, some minutes; BENCH="--help".
	@$(BIN)/python -m benchmarks.watch $(BENCH)

# Upkeep

.PHONY: format
format: $(VENV)/.dev ## Let ruff and sqlfluff format what they can.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar models tests sandbox

.PHONY: docs
docs: $(VENV)/.dev $(DOCS)/.done ## Write docs/reference from the code, and build the site of docs, lineage and ERDs.
	@PYTHONPATH=dags $(BIN)/python -m docs.reference.generate
	@$(BIN)/python -m docs.site.build

.PHONY: sbom
sbom: $(VENV)/.dev ## A software bill of materials of all that is pinned, CycloneDX: sbom.cdx.json in FIRN_HOME.
	@$(BIN)/python -m tests.conventions.sbom $(FIRN_HOME)/sbom.cdx.json
	@echo $(FIRN_HOME)/sbom.cdx.json

.PHONY: lock
lock: $(VENV)/.runtime ## Renew requirements/*.txt from requirements/*.in.
	for name in bootstrap runtime dev airflow docs bench bench-dbt; do \
	  $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-strip-extras \
	    --upgrade requirements/$$name.in --output-file requirements/$$name.txt; \
	done
