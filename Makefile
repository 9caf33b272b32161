# make run            open the window with the demo song      make run SONG=path   with another song
# make test           run the test suite                      make test ARGS="-k stft -x"
# make lint, format, typecheck, package, screenshots, demo, clean
#
# Everything is installed in .venv at the first call. Settings: PYTHON (the Python to make .venv
# with), VENV (another folder), TORCH_INDEX (a package index with other builds of PyTorch, e.g. CUDA).

SHELL := /bin/sh
VENV ?= .venv
VENV_BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
VENV_PYTHON := $(VENV_BIN)/python
export VENV TORCH_INDEX

# The song's name goes through the environment unexpanded: spaces, accents, quotes and $ survive.
export STEMSCOPE_SONG := $(value SONG)
unexport SONG

define SETUP
@for candidate in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python3.14 python; do \
    if [ -n "$$candidate" ] && \
        "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
        exec "$$candidate" packaging/setup_env.py $(1); \
    fi; \
    if [ "$$candidate" = "$(PYTHON)" ] && [ -n "$(PYTHON)" ]; then break; fi; \
done; \
echo "Stemscope needs Python 3.11 or newer$(if $(PYTHON),; $(PYTHON) is not)." \
    "Install it, or name it: make run PYTHON=path" >&2; exit 1
endef

.PHONY: run test setup lint format typecheck package screenshots demo clean help

run:
	$(call SETUP)
	@"$(VENV_PYTHON)" packaging/launch.py

test:
	$(call SETUP,--tests)
	"$(VENV_PYTHON)" -m pytest $(ARGS)

setup:
	$(call SETUP,--tests)

lint: setup
	"$(VENV_PYTHON)" -m ruff check .
	"$(VENV_PYTHON)" -m ruff format --check .
	"$(VENV_BIN)/lint-imports"

format: setup
	"$(VENV_PYTHON)" -m ruff check --fix .
	"$(VENV_PYTHON)" -m ruff format .

typecheck: setup
	"$(VENV_PYTHON)" -m mypy

package: setup
	"$(VENV_PYTHON)" -m pip install --quiet --disable-pip-version-check --editable ".[dev,package]"
	"$(VENV_PYTHON)" -m PyInstaller --noconfirm --log-level WARN \
	    --distpath dist --workpath build/pyinstaller packaging/stemscope.spec
	"$(VENV_PYTHON)" packaging/smoke.py dist/stemscope

screenshots: setup
	"$(VENV_PYTHON)" packaging/screenshots.py $(ARGS)

# Renders resources/demo anew; the script names what it needs beyond this environment.
demo: setup
	"$(VENV_PYTHON)" packaging/demo/compose.py $(ARGS)

clean:
	rm -rf build dist out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find app core resources tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -n '1,6s/^# *//p' Makefile
