# Earshot. `make help` lists what there is; `make demo` is the place to start.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?=
PORT ?= auto
# Relative, so that a checkout whose path holds spaces works.
RUN := .venv/bin/python
MANAGE := $(RUN) manage.py
CODE := nas_engine webapp tests bootstrap benchmarks docs/hooks manage.py

.PHONY: help setup setup-dev event-scores event-oracle demo up test quick lint format docs lock bench bench-search bench-pages bench-compute results tour doctor clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
	@echo "  Variables: PYTHON=PATH (interpreter for .venv), DATA=PATH (clips for the demo), ARGS=\"...\", PORT=N"

setup: ## Make .venv with the pinned packages (at once if it is there)
	@sh bootstrap/setup.sh $(if $(PYTHON),--python "$(PYTHON)")

setup-dev: ## The same with what tests and linters need: a Chromium, compilers for the C code and CMake
	@sh bootstrap/setup.sh --dev $(if $(PYTHON),--python "$(PYTHON)")
	@$(RUN) -m bootstrap.chromium
	@$(RUN) -m bootstrap.cross_compiler
	@$(RUN) -m bootstrap.cmake
	@$(RUN) -m bootstrap.event_scores || true

event-scores: setup ## Event-based and PSD scores of streams: their library, compiled into .venv-events (0.7 GB)
	@$(RUN) -m bootstrap.event_scores --again

event-oracle: event-scores ## For one slow test: psds_eval, a second library of PSD scores, in .venv-event-oracle (0.3 GB)
	@$(RUN) -m venv --clear --without-pip .venv-event-oracle
	@$(RUN) -m pip --python .venv-event-oracle/bin/python install --quiet --disable-pip-version-check --no-input \
		-r requirements-event-oracle.txt

demo: setup ## Start everything with a demo study and print an address to open (DATA=PATH: your clips)
	@exec $(MANAGE) demo --port $(PORT) $(if $(DATA),--data "$(DATA)") $(ARGS)

up: setup ## Start everything: database, web server, workers (Ctrl-C stops it)
	@exec $(MANAGE) up $(ARGS)

test: setup-dev lint ## Everything that CI runs: linters, types, contracts, all tests
	$(RUN) -m tests $(ARGS)

quick: setup-dev ## The tests that take seconds: no training, no browser, no killing
	$(RUN) -m pytest -m "not slow and not browser and not faults" $(ARGS)

lint: setup-dev ## Style, types, import contracts, words, links, missing migrations
	$(RUN) -m ruff check --no-cache $(CODE)  # findings/ruff_cached_imports.sh
	$(RUN) -m ruff format --check $(CODE)
	$(RUN) -m djlint templates --lint --quiet
	$(RUN) -m mypy
	$(RUN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(RUN) -m tests.lint.retired_words
	$(RUN) -m tests.lint.links
	DJANGO_SETTINGS_MODULE=tests.settings $(RUN) -W ignore manage.py makemigrations --check --dry-run

format: setup-dev ## Format the code
	$(RUN) -m ruff format $(CODE)
	$(RUN) -m ruff check --fix $(CODE)

docs: setup-dev ## Build the documentation and the reference of the engine into var/docs
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict $(ARGS)

lock: setup-dev ## Compile the .in files to exact pins for Python 3.11-3.13
	$(RUN) -m uv pip compile --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements.in -o requirements.txt
	$(RUN) -m uv pip compile --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements-dev.in -o requirements-dev.txt
	$(RUN) -m uv pip compile --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements-bench.in -o requirements-bench.txt
	$(RUN) -m uv pip compile --universal --python-version 3.11 --no-header --no-annotate --no-emit-package pathlib \
		--no-emit-index-url --no-emit-find-links requirements-events.in -o requirements-events.txt
	$(RUN) -m uv pip compile --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements-event-oracle.in -o requirements-event-oracle.txt

bench: setup ## Measure (an hour); writes benchmarks/results/bench.json
	$(RUN) -m benchmarks $(ARGS)

bench-search: setup ## Compare search and early stopping with others (hours; goes on where it was ended)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-input -c requirements.txt -r requirements-bench.txt
	$(RUN) -m benchmarks.search --json benchmarks/results/search.json --work var/bench-search $(ARGS)
	$(RUN) -m benchmarks.stopping --json benchmarks/results/stopping.json --recording benchmarks/data/paper-2d.jsonl

bench-pages: setup-dev ## Open the study page in a browser next to optuna-dashboard's (ARGS="--peer PYTHON" with a Python that has it)
	$(RUN) -m benchmarks.pages --json benchmarks/results/pages.json $(ARGS)

bench-compute: setup ## Compare whole searches at equal epochs and seconds with others (days; goes on where it was ended)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-input -c requirements.txt -r requirements-bench.txt
	$(RUN) -m benchmarks.compute --work benchmarks/results/compute.jsonl --json benchmarks/results/compute.json $(ARGS)

results: setup ## The paper's five searches to Table 1 on DATA=PATH: docs/results.md (takes hours, goes on where it was)
	@exec $(MANAGE) results $(if $(DATA),--data "$(DATA)") --journal benchmarks/results/results.jsonl \
		--json benchmarks/results/results.json --page docs/results.md $(ARGS)

tour: setup-dev ## The product in pictures, from a scratch database: docs/tour.md (some minutes)
	$(RUN) -m tests.browser.tour --page docs/tour.md

doctor: setup ## Tell what is wrong with this machine and how to mend it
	@$(MANAGE) doctor $(ARGS)

clean: ## Remove .venv and caches; the data folder var/ stays
	rm -rf .venv .venv-events .venv-event-oracle .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find nas_engine webapp tests benchmarks bootstrap -name __pycache__ -type d -prune -exec rm -rf {} +
