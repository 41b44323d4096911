# make demo: install and open the demo.  make test: install and run every check.  make help lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := hmrc_tui daemon storage tests

.PHONY: help demo install test lint types pytest soak bench lock build image pictures man clean

help:
	@echo "make demo    install what is needed and open the demo"
	@echo "make test    install everything and run ruff, pyright, import-linter and pytest"
	@echo "make soak    the long loops: kills, outages, clock jumps"
	@echo "make bench   the benchmarks: ratios against a floor, in one run"
	@echo "make install install everything into .venv, tools and tests too"
	@echo "make lint    ruff and import-linter alone; make types: pyright; make pytest: the tests"
	@echo "make pictures take the README's pictures again, from the interface on the demo"
	@echo "make man     write the manual page from the commands"
	@echo "make lock    compile requirements/*.txt with hashes"
	@echo "make build   build the wheel and the source archive"
	@echo "make image   build the container image with docker or podman, and check the daemon in it"
	@echo "make clean   remove .venv and what was built"

$(VENV)/run: requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run

install: $(VENV)/dev

demo: $(VENV)/run
	PYTHONPATH=. $(BIN)/python -m hmrc_tui demo

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/dev
	$(BIN)/pyright

pytest: $(VENV)/dev
	$(BIN)/python -m pytest -q -n auto --dist loadgroup -m "not soak and not realvault and not benchmark_gate$(if $(filter 1,$(HMRC_VALIDATOR)),, and not livevalidator)"

test: lint types pytest

soak: $(VENV)/dev
	$(BIN)/python -m pytest -q -m "soak or hypothesis" --hypothesis-profile=search

bench: $(VENV)/dev
	$(BIN)/python -m pytest -q -m benchmark_gate tests/benchmarks

pictures: $(VENV)/dev
	PYTHONPATH=. $(BIN)/python docs/pictures/take.py

lock:
	test -x $(BIN)/uv || { test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); $(BIN)/python -m pip install --quiet uv; }
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --constraint requirements/run.txt --group dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --constraint requirements/dev.txt --group build -o requirements/build.txt

build: $(VENV)/dev
	$(BIN)/python -m build --no-isolation

image:
	deploy/image/build-and-check

man: $(VENV)/dev
	$(BIN)/python docs/man_page.py >docs/hmrc-tui.1

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache
