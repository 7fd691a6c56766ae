# Two commands do all the set-up: `make demo` and `make test`. Only Python 3.11 or newer and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint docs site clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,ray]'
	touch $@

demo: $(VENV)/.installed  ## audit the example that ships with the project
	$(BIN)/openaudit scan examples/tiny-weather -f table -f html=out/tiny-weather.html

test: $(VENV)/.installed  ## all tests
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.installed  ## style, format, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed  ## the documentation, into out/docs; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

site: $(VENV)/.installed  ## the published scorecards, from reports/ into out/site
	$(BIN)/openaudit site reports/models.jsonl -o out/site --accuracy reports/accuracy.json --title "How open are they?" \
	  --notice "Judged from public copies of cards and licenses; see reports/README.md. Facts for your own judgement, not legal advice."

clean:
	rm -rf $(VENV) out build dist
