# Two commands: `make demo` runs Farthing on this machine, `make test` tests it. Each sets up what it needs in .venv.
# Words after ARGS= go to the command behind it: make demo ARGS="--port 8200", make test ARGS="-k invoice".

.PHONY: help demo demo-check demo-reset test check cases bench crash-test walk clean setup setup-check setup-test

ARGS ?=
# One test process a core; set it where memory is short: make test WORKERS=2
WORKERS ?= auto
# Files of worked cases, in the format of docs/guides/cases.md; without it our own.
FILES ?= tests/cases/*.json
FARTHING = .venv/bin/farthing
# Some machines forbid Python to keep what it compiled; then each of the many processes here would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make demo         run Farthing here, with a small Slack of its own, in the browser"
	@echo "make demo-check   the same without a person: walks it, prints what it checked, exits 0 or 1"
	@echo "make demo-reset   forget the demo's data; the next demo begins anew"
	@echo "make test         run the tests"
	@echo "make check        lint, types, import contracts, dependencies, the lock file"
	@echo "make cases        work out files of cases by the core: make cases FILES=\"a.json b.json\""
	@echo "make bench        measure it on this machine"
	@echo "make crash-test   kill its processes fifty times under load, and prove that nothing is lost (some minutes)"
	@echo "make walk         do anything with a customer's money in any order 10,000 times, and prove the books (some hours)"
	@echo "make clean        remove the environment and caches, never data"

setup:
	@sh scripts/setup.sh demo

setup-check:
	@sh scripts/setup.sh demo-check

setup-test:
	@sh scripts/setup.sh test

demo: setup
	@$(FARTHING) demo $(ARGS)

demo-check: setup-check
	@$(FARTHING) demo --check $(ARGS)

demo-reset: setup
	@$(FARTHING) demo --reset $(ARGS)

bench: setup
	@$(FARTHING) bench ingest $(ARGS)
	@$(FARTHING) bench query $(ARGS)
	@$(FARTHING) bench rate $(ARGS)
	@$(FARTHING) bench close $(ARGS)
	@$(FARTHING) bench pdf $(ARGS)

crash-test: setup
	@$(FARTHING) crash-test --rounds 50 $(ARGS)

walk: setup
	@$(FARTHING) walk --walks 10000 $(ARGS)

cases: setup
	@$(FARTHING) cases $(ARGS) $(FILES)

test: setup-test
	@.venv/bin/pytest -n $(WORKERS) $(ARGS)

check: setup-test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/mypy scripts/bootstrap.py
	.venv/bin/lint-imports --no-logo
	.venv/bin/deptry .
	.venv/tools/bin/uv lock --check --quiet

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
