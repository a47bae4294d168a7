# Two commands do everything on a fresh machine: `make grid` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BACKENDS := tensorflow jax torch
GRID := --tables 1 --profile quick

.PHONY: help install install-test grid test lint clean

help:
	@echo "make grid   install, then the quick benchmark grid on the synthetic AVE (results/report.html)"
	@echo "make test   install, then lint and all tests on $(BACKENDS)"
	@echo "make lint   ruff only"
	@echo "make clean  remove $(VENV)"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[tensorflow-cpu,tensorboard]"
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[tensorflow-cpu,jax,torch,tensorboard,test]"
	@touch $@

install: $(VENV)/.installed

install-test: $(VENV)/.installed-test

grid: install
	$(BIN)/python -m benchmarks run $(GRID)

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: lint
	@set -e; for backend in $(BACKENDS); do \
		echo "== $$backend"; KERAS_BACKEND=$$backend $(BIN)/python -m pytest -n 2 -q; \
	done

clean:
	rm -rf $(VENV)
