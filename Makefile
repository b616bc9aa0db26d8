# Everything a person or a CI does here. `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help setup build run test dev reset lint fmt bench soak sqlx clean
SHELL := /bin/bash

CACHE := $(or $(KINORA_CACHE),$(HOME)/.cache/kinora)
export KINORA_CACHE := $(CACHE)
export CARGO_TARGET_DIR := $(CACHE)/target
export PATH := $(CACHE)/tools/bin:$(PATH)
DEV := $(CACHE)/target/debug/kinora-dev

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'

setup: ## Install what is missing (packages, wasm target, tools); fast when all is there
	@dev/setup.sh

build: setup ## Build the programs and the site
	@dev/build.sh

run: build ## Start Kinora on http://localhost:3000, until Ctrl-C
	@exec $(DEV) run

test: build ## All tests, in real services and a real browser, then the lints
	@exec dev/test.sh

dev: build ## The developer's loop: services, worker, and `cargo leptos watch`
	@dev/watch.sh

reset: setup ## Delete the data of `make run`, after asking
	@dev/build.sh dev
	@exec $(DEV) reset

lint: setup ## rustfmt and clippy, native and wasm
	@dev/lint.sh

fmt: ## Format the code
	@cargo fmt --all

bench: build ## Measure: speed against plain ffmpeg, page weight, memory, search (ONLY=search: that alone)
	@dev/bench.sh

soak: build ## All tests again and again, for MINUTES=60 (ONLY=faults ROUNDS=20: that alone)
	@dev/soak.sh

sqlx: setup ## Refresh .sqlx after a query or a migration changed
	@dev/build.sh dev
	@exec $(DEV) exec --services postgres -- dev/sqlx.sh

clean: ## Delete what was built (not the tools, not the data)
	@rm -rf "$(CACHE)/target" "$(CACHE)/target-wasm" "$(CACHE)/target-wasm-lint" "$(CACHE)/site" "$(CACHE)/bindgen" "$(CACHE)"/stamps/site-*
