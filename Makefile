# Each target sets up .venv by itself from a bare Python 3.11 or newer with venv and pip.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --no-header --no-strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: run demo test test-long lint bench prove generated lock clean

run: .venv/runtime  ## triage the sandbox's sample leads
	@$(BIN)/triage-agent run --sandbox

demo: .venv/runtime  ## the whole loop in a browser
	@$(BIN)/triage-agent demo

test: .venv/dev  ## most of the tests, in a minute or so
	@$(BIN)/pytest -q --numprocesses 2 --dist loadfile -m "not long"

test-long: .venv/dev  ## the others: whole runs over and over, browsers, databases, processes that are killed
	@$(BIN)/pytest -q --numprocesses 2 --dist loadfile -m long

lint: .venv/dev  ## format, lint, types, and the arrows between the rooms
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/runtime  ## what a run costs, measured
	@$(BIN)/python -m tests.bench

prove: .venv/dev  ## the long proofs: a wheel, an image, what is killed, workers, five years of weeks, and a record of a million items
	@$(BIN)/python -m tests.prove.wheel
	@$(BIN)/python -m tests.prove.image
	@$(BIN)/python -m tests.prove
	@$(BIN)/python -m tests.prove.years
	@$(BIN)/python -m tests.prove.workers
	@$(BIN)/python -m tests.prove.record

generated: .venv/runtime  ## write what is generated from the code
	@$(BIN)/python -c 'from triage_agent.jobs.report import schema_text; print(schema_text(), end="")' \
		> deploy/run_report.schema.json
	@$(BIN)/python -c 'from triage_agent.operating_model.shape import schema_text; print(schema_text(), end="")' \
		> deploy/operating_model.schema.json
	@$(BIN)/python -c 'from triage_agent.evaluation.cases import schema_text; print(schema_text(), end="")' \
		> deploy/eval_cases.schema.json
	@$(BIN)/python -c 'from triage_agent.summary.telling import schema_text; print(schema_text(), end="")' \
		> deploy/summary.schema.json
	@$(BIN)/python -m deploy.beyond.simulate --svg > docs/beyond.svg
	@$(BIN)/python -m docs.architecture > docs/architecture.svg
	@$(BIN)/python -c 'from triage_agent.watch.status import schema_text; print(schema_text(), end="")' \
		> deploy/status.schema.json
	@$(BIN)/triage-agent grants salesforce
	@$(BIN)/triage-agent grants slack

lock: .venv/dev  ## pin every dependency, with hashes
	@$(LOCK) --extra build --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra build --extra scale --constraint requirements.lock --output-file requirements-containers.lock pyproject.toml
	@$(LOCK) --extra build --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:  ## forget the environment and everything that was run in it
	rm -rf .venv .triage .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage dist

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.11 …"; exit 1; }
	@echo "Setting up .venv ..."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: requirements.lock pyproject.toml | .venv/python
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	@echo "Installing what tests and checks need ..."
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@
