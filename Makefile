# Two commands matter: `make serve` and `make test`. Both work on a fresh clone with Python 3.11+, git and make.
PYTHON ?= python3
ADDRESS ?= 127.0.0.1:8000

BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/src

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve new-question build books .chromium site.zip check test generate check-generated urls notebooks format bench audit lock clean

help: ## list the targets
	@sed -n 's/^\([a-z.-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

serve: generate node_modules/.installed ## install, generate what is stale, serve with live reload at 127.0.0.1:8000
	$(BIN)/mkdocs serve --dev-addr $(ADDRESS)

new-question: .venv/.site ## begin a page: make new-question PAGE=attention/why-so QUESTION="Why is it so?"
	@$(BIN)/python -m scripts.new_question "$(PAGE)" "$(QUESTION)"

build: generate node_modules/.installed ## build the finished site into site/
	LLMQ_REQUIRE_MATHJAX=1 $(BIN)/mkdocs build --strict
	$(BIN)/python -m scripts.take site $(TAKE)

books: TAKE = --require-pdf
books: .chromium build ## the same, with everything to take along: the PDF needs Chromium

.chromium: | .venv/bin/python # both may call apt-get, which runs once at a time
	@scripts/need.sh chromium "it prints the book, and tests and measurements drive it" scripts/find_chromium.sh

site.zip: books ## the finished site in one archive
	cp site/downloads/site.zip $@

check: .venv/.test node_modules/.installed ## find every class of mistake: sources, links, markup, code, numbers, figures
	$(BIN)/python -m scripts.check

test: ## install and run everything: package, pages, site, browser
	@$(MAKE) --no-print-directory --jobs .venv/.test node_modules/.installed .chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m scripts.check
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

generate: .cache/includes .cache/figures ## regenerate what is stale: figures and includes

check-generated: .venv/.site ## fail if a committed generated file is stale
	$(BIN)/python -m scripts.gen_includes --check
	$(BIN)/python -m scripts.gen_figures --check

urls: .venv/.test node_modules/.installed ## record the addresses of new pages and headings in data/urls.txt
	$(BIN)/python -m scripts.check.addresses

notebooks: .venv/.test ## execute the notebooks and store their outputs
	$(BIN)/python -m scripts.run_notebooks build

format: .venv/.test ## format Python and mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.test .chromium node_modules/.installed bench/node_modules/.installed generate ## measure: build time, reload, formulas, search, Lighthouse
	$(BIN)/python -m bench

audit: .venv/.tools node_modules/.installed ## ask whether a locked dependency has a known vulnerability
	$(BIN)/pip-audit --strict --disable-pip --require-hashes -r requirements-test.txt -r requirements-tools.txt
	$(BIN)/npm audit
	cd bench && npm audit

lock: .venv/.tools ## recompile the lock files after a change of requirements*.in or package.json
	$(BIN)/uv pip compile -q --universal --python-version 3.11.2 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11.2 --generate-hashes --no-emit-index-url --no-header -c requirements.txt requirements-test.in -o requirements-test.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11.2 --generate-hashes --no-emit-index-url --no-header -c requirements-test.txt requirements-tools.in -o requirements-tools.txt
	$(BIN)/npm install --package-lock-only --ignore-scripts
	cd bench && npm install --package-lock-only --ignore-scripts

clean: ## delete everything that the other targets made
	rm -rf .venv .cache node_modules bench/node_modules site site.zip

.cache/includes: .venv/.site references.bib $(shell find docs -name "*.md") $(wildcard data/*) $(shell find scripts src -name '*.py')
	$(BIN)/python -m scripts.gen_includes build
	@mkdir -p .cache && touch $@

.cache/figures: .venv/.site $(wildcard data/*) $(shell find scripts/figures src -name '*.py' -o -name 'palette.json') scripts/gen_figures.py
	$(BIN)/python -m scripts.gen_figures build
	@mkdir -p .cache && touch $@

.venv/bin/python:
	@scripts/need.sh python3-venv "it makes the checkout's own Python environment" $(PYTHON) -c "import ensurepip"
	$(PYTHON) -m venv .venv

.venv/.site: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.test: requirements-test.txt requirements-torch.txt | .venv/.site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-torch.txt
	@touch $@

.venv/.tools: requirements-tools.txt | .venv/.site
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

node_modules/.installed: package-lock.json | .venv/.site
	$(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench/node_modules/.installed: bench/package-lock.json | .venv/.site
	cd bench && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
