# make report: a first report      make test: the tests      make check: lint + tests
#
# uses uv where it is installed, else venv + pip with Python >= 3.12
# (another interpreter: make PYTHON=/path/to/python3.13 ...)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers
UV := $(shell command -v uv 2>/dev/null)

.PHONY: report setup test test-broad test-slow test-size test-verdicts test-advice lint format check bench bench-big bench-calibration bench-laplace bench-gpu picture figures pages gallery studies sbc schema snapshots docs release-check audit resolutions lock clean

report: setup
	$(BIN)/trifit compare cells --model logistic --cv 2

setup: $(READY)

$(READY): requirements.lock pyproject.toml .python-version
ifneq ($(UV),)
	uv venv --quiet --allow-existing $(if $(PYTHON),--python $(PYTHON)) $(VENV)
	uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@PYTHON="$(PYTHON)" sh tools/make-venv.sh $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $(READY)

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# The same for every further card, study and example; what CI runs besides. Some minutes.
test-broad: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m broad

test-slow: setup
	$(BIN)/python -m pytest -m slow

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test test-broad audit

# Speed against plain PyMC, NumPyro, scikit-learn and statsmodels; twenty minutes.
bench: $(PEERS)
	$(BIN)/python benchmarks/run.py RESULTS.md

# Five million rows fitted, a million sampled; up to an hour and 3 GB of disk.
bench-big: setup
	$(BIN)/python benchmarks/run.py RESULTS-big.md

# Peers come on top of what trifit needs, in the same versions (their lock says so).
$(PEERS): $(READY) benchmarks/requirements.lock
ifneq ($(UV),)
	uv pip install --quiet --python $(BIN)/python --require-hashes -r benchmarks/requirements.lock
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock
endif
	@touch $(PEERS)

# Speed and memory of every calibration measure at a million rows; a minute.
bench-calibration: setup
	$(BIN)/python benchmarks/calibration_speed.py

# The Laplace posterior against NUTS, the table of docs/laplace.md; five to ten minutes.
bench-laplace: setup
	$(BIN)/python benchmarks/laplace.py

# Posteriors and gradients on a GPU that JAX sees (docs/gpu.md), against their aims; ten minutes.
bench-gpu: setup
	$(BIN)/python benchmarks/gpu.py

# Size and power of the calibration tests, coverage of bands; a quarter of an hour.
test-size: setup
	$(BIN)/python benchmarks/calibration_tests.py docs/calibration-tests.md

# How often each verdict is given to forecasts of known calibration; an hour or two on two cores.
test-verdicts: setup
	$(BIN)/python benchmarks/verdict_errors.py

# How often a recommended step helps; docs/recommendations.md quotes it. An hour.
test-advice: setup
	$(BIN)/python benchmarks/advice.py

# The README's picture; two minutes.
picture: setup
	$(BIN)/trifit compare digits --model softmax --prior-scale 1
	$(BIN)/python tools/picture.py reports/digits-softmax-seed1 docs/images/digits.png

# The figures of docs/cross-entropy.md; seconds.
figures: setup
	$(BIN)/python tools/cross_entropy_figures.py docs/images

# The committed pages and their index; ten minutes.
pages: setup
	$(BIN)/trifit compare iris --out reports/examples/iris
	$(BIN)/trifit compare breast_cancer --model logistic --out reports/examples/breast_cancer
	$(BIN)/trifit compare digits --model softmax --prior-scale 1 --out reports/examples/digits
	rm -f reports/examples/*/posterior.nc reports/examples/*/p*.parquet reports/examples/*/p*.csv reports/examples/*/classifier.json reports/examples/*/metrics.json
	$(BIN)/trifit report --index reports/examples

# The committed gallery: ten questions, ten experiments; five minutes.
gallery: setup
	$(BIN)/trifit gallery

# The committed pages of all studies, full grids; over an hour on two cores.
studies: setup
	for name in $$($(BIN)/trifit studies | cut -d' ' -f1); do \
		$(BIN)/trifit study $$name --resume --out reports/studies/$$name || exit 1; done

# Every shipped card's posteriors checked by simulation-based calibration, 500 replications each;
# hours on two cores (docs/check.md). Goes on where it was stopped.
sbc: setup
	for name in $$($(BIN)/trifit models | grep -o '^[a-z][a-z-]*'); do \
		case $$name in softmax-cauchy) narrow="--set prior_scale=0.2 --set intercept_scale=0.5";; \
			*) narrow=;; esac; \
		$(BIN)/trifit check $$name --methods bayes,laplace --replications 500 --resume $$narrow \
			--out reports/checks/$$name || [ $$? = 3 ] || exit 1; done

# The JSON Schema of comparison.json, from its types.
schema: setup
	$(BIN)/python tools/schema.py docs/comparison.schema.json

# What the sections of the page look like now; read the difference before committing it.
snapshots: setup
	UPDATE_SNAPSHOTS=1 $(BIN)/python -m pytest tests/report/test_sections.py

# The documentation site, site/index.html; warnings are errors, and nothing in it needs a network.
docs: setup
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -c docs . site

# Wheel and sdist, each in an empty environment on Python 3.12 and 3.13; needs a package index.
release-check: setup
	$(BIN)/python tools/release_check.py

# Known vulnerabilities of the pinned packages; one line and no failure without a network.
audit: setup
	@$(BIN)/python tools/audit.py

# The lowest versions that pyproject.toml declares, and the newest, on Python 3.12, 3.13 and 3.14;
# needs uv and a package index.
resolutions: setup
	$(BIN)/python tools/resolutions.py

# Needs uv; the files name no package index.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.12 --group dev pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --upgrade \
		--python-version 3.12 --constraint requirements.lock benchmarks/requirements.in \
		-o benchmarks/requirements.lock

clean:
	rm -rf $(VENV) site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
