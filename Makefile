# Everything runs from a fresh checkout: each goal first sets up what it needs (dev/bootstrap.sh) and repeats nothing.
.DEFAULT_GOAL := help
.PHONY: help demo up down test unit component check lint fmt types schemas rights docs golden chaos cluster soak mutations bench lock audit sbom env images compat release clean run-ready test-ready

python := .venv/bin/python
code := contracts services dev tests bench
side_by_side := --numprocesses 3 --dist loadscope --no-loadscope-reorder

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: run-ready ## export the sample exam through the real services, leave the files in out/, stop
	@$(python) -m dev.demo

up: run-ready ## the same stack, until Ctrl-C or make down; prints the dashboard's address
	@$(python) -m dev.stack.up

down: ## stop what make up started
	@[ ! -x $(python) ] || $(python) -m dev.stack.down

test: test-ready ## all tests, on a private RabbitMQ and PostgreSQL
	@$(python) -m pytest $(side_by_side)

unit: test-ready ## the tests that start nothing
	@$(python) -m pytest $(side_by_side) tests/unit

component: test-ready ## the tests that start processes or the typesetter, but no broker and no database
	@$(python) -m pytest $(side_by_side) tests/component

check: lint types test ## what must pass before a change goes in

lint: test-ready ## style, format, layers, generated schemas and tables
	@$(python) -m ruff check --quiet $(code)
	@$(python) -m ruff format --quiet --check $(code)
	@.venv/bin/lint-imports --no-cache >.run/imports.log || { cat .run/imports.log; exit 1; }
	@$(python) -m dev.contracts.schemas
	@$(python) -m dev.contracts.compatibility
	@$(python) -m dev.rights.broker
	@$(python) -m dev.docs
	@$(python) -m dev.settings_page
	@$(python) -m dev.licences >/dev/null

types: test-ready ## mypy and, for the browser modules, TypeScript; both strict
	@$(python) -m mypy
	@tsc --project services/gateway/web

fmt: test-ready ## format, and fix what can be fixed
	@$(python) -m ruff check --quiet --fix-only $(code)
	@$(python) -m ruff format --quiet $(code)

schemas: test-ready ## write contracts/*.json and *.d.ts from the code
	@$(python) -m dev.contracts.schemas --write

rights: test-ready ## write deploy/rabbitmq/*.json and deploy/postgresql/correcta.sql from the code
	@$(python) -m dev.rights.broker --write
	@$(python) -m dev.rights.correcta --write

docs: test-ready ## write docs/settings.md and the module tables of docs/architecture.md from the docstrings
	@$(python) -m dev.docs --write
	@$(python) -m dev.settings_page --write

chaos: test-ready ## servers and services killed under load, the quick run (SEED=42 to repeat one)
	@$(python) -m dev.chaos --seed $(or $(SEED),0)

cluster: test-ready ## the same on a broker of three nodes, each killed and frozen in turn; about 4 minutes (SEED=42)
	@$(python) -m dev.chaos --broker-nodes 3 --broker-restarts 6 --freezes 8 --seed $(or $(SEED),0)

soak: test-ready ## random hostile input through real workers, hours long (SEED=12; ARGS="--contents 2000" for less)
	@$(python) -m dev.soak --seed $(or $(SEED),0) $(ARGS)

golden: test-ready ## write tests/golden: what every page of the sample reports says, and 500 formulas are drawn as
	@$(python) -m dev.golden --write
	@$(python) -m dev.golden.formulas --write

mutations: test-ready ## known mistakes made one at a time: each has to fail a test (NAMES="..." for some)
	@$(python) -m dev.mutations $(NAMES)

bench: test-ready ## speed and memory against peers; results in docs/benchmarks.md
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@$(python) -m bench

lock: ## pin dependencies again, with hashes (UPGRADE=1: the newest)
	@dev/lock.sh $(if $(UPGRADE),--upgrade)

audit: ## known vulnerabilities in what the images ship: fails on any, and where it cannot be found out
	@dev/audit.sh

sbom: ## what the images ship, as CycloneDX files in out/sbom
	@dev/sbom.sh

env: ## secrets for docker compose, in .env
	@dev/env.sh

images: ## container images, by docker or buildah
	@dev/images.sh

compat: test-ready ## the tests that talk to servers, on Debian 13 with RabbitMQ 4 and PostgreSQL 17, and the images; as root
	@dev/compat.sh
	@dev/images.sh

release: test-ready ## what a release consists of, in out/release, and the command that tags it
	@dev/release.sh

clean: down ## forget all local data and results
	@rm -rf .run out

run-ready:
	@dev/bootstrap.sh run

test-ready:
	@dev/bootstrap.sh test
