# Every target says in `make help` what it changes on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := deploy/locks
STUBS := $(VENV)/stubs
BOARDS := rp2 esp32
NODE_VOCABULARY := $(foreach name,measurements messages series topics,vocabulary/sera_vocabulary/$(name).py)
PACKAGES := $(sort $(wildcard */sera_*))
DEMO_ARGS ?=
PICTURE_ARGS ?=
FAST_FOLDERS := $(addprefix tests/,unit property reference faults)
REAL_PARTS := mosquitto or nats or influxdb or micropython or browser
# What databases write is made safe on disk: in memory, where there are 4 GB and programs may run, that costs no
# waiting. Tests that fill a disk mount one of their own.
FAST_DISK := $(shell grep -qs ' /dev/shm .*noexec' /proc/mounts || df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 {print "/dev/shm"}')
TEST_ARGS ?=
WORKERS ?= 2
SOAK_MINUTES ?= 30
COMPILE := $(BIN)/uv pip compile --quiet --no-header --generate-hashes --universal --python-version 3.11 $(if $(UPGRADE),--upgrade)

# Tests and the demo start hundreds of processes: without compiled modules each would compile all again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo environment test test-fast check bench soak lock words dashboards gallery pictures parts clean

help:
	@echo "Sera. Each target, and what it changes on this machine:"
	@echo
	@echo "  make demo    a virtual garden fortnight through the real parts, then a page on loopback."
	@echo "               Makes $(VENV)/ here with what the demo imports; where apt is there, unpacks MicroPython into the user's cache;"
	@echo "               results go to out/ here. DEMO_ARGS=\"--days 2\" passes options to \`sera demo\`."
	@echo "  make environment  $(VENV)/ with all that sera needs; \`make demo\` alone leaves out what the demo does not import."
	@echo "  make test    all tests on real parts. Makes $(VENV)/; sets up the parts as \`make parts\` does."
	@echo "               TEST_ARGS=\"-k mural\" passes options to pytest; SERA_REQUIRE=all turns skips into failures. Its files"
	@echo "               are in /dev/shm while it runs, where that has 4 GB free."
	@echo "  make test-fast  the tests that need no real part and no long simulation, in under 90 seconds on two cores,"
	@echo "               with a tenth of the drawn examples. Makes $(VENV)/, nothing else; files and TEST_ARGS as above."
	@echo "  make check   format, lint, types (also against the boards' stubs), import rules, house rules, size of the"
	@echo "               firmware; prints the share of private words among names. Makes $(VENV)/, nothing else."
	@echo "  make bench   prints the speeds of this machine. Makes $(VENV)/; sets up the parts, and builds Telegraf into the"
	@echo "               user's cache to compare with; as root installs the apt package r-cran-vegan for the same."
	@echo "  make soak    a node's season of 2,000 wakes, a broker's silence after each byte, 200,000 spoiled messages;"
	@echo "               1,000 scripts of the ledger's state machine from ten seeds;"
	@echo "               up to 1,000 rounds of the kill test in SOAK_MINUTES, going on where the last run stopped;"
	@echo "               20,000 drawn requests to the pages; every page in every language at five widths;"
	@echo "               then the demo again and again with new seeds for SOAK_MINUTES=$(SOAK_MINUTES). Makes $(VENV)/."
	@echo "  make pictures  draws every page in each of its states, and contact sheets of them, below out/pictures here; with"
	@echo "               PICTURE_ARGS=\"--language en --look phone\" some. Makes $(VENV)/; needs Chromium (\`make parts\`)."
	@echo "  make parts   sets up the real parts that are missing. As root installs the apt packages mosquitto and"
	@echo "               chromium; builds InfluxDB (five minutes) and unpacks MicroPython into the user's cache."
	@echo "  make lock    writes the hashed lists in $(LOCKS)/ anew; UPGRADE=1 takes newer versions. Asks the package index."
	@echo "  make dashboards  writes dashboards/generated/ and docs/runbook.md again. Makes $(VENV)/, nothing else."
	@echo "  make gallery draws all dashboards from a simulated season into out/gallery/, with a page to look at them."
	@echo "               Makes $(VENV)/; sets up InfluxDB, chromium and Grafana's packages as \`make parts\` does."
	@echo "  make words   brings the catalogues of LANGUAGES=\"de fr\" in words/ up to English. Makes $(VENV)/; no network after that."
	@echo "  make clean   removes $(VENV)/, build/, dist/, out/ and the tools' caches here; leaves the user's cache."

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Sera needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3.11')"
	@echo "Once: an environment of its own in $(VENV)/, with pip as it is locked."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKS)/installer.txt

# Less than `.runtime`, and left as it is once that is there. What is not compiled here is when it is imported.
$(VENV)/.demo: $(BIN)/python $(LOCKS)/demo.txt $(LOCKS)/build.txt pyproject.toml
	@echo "Once: what the demo imports, about 90 MB, of which the largest are:"
	@$(BIN)/python deploy/install_packages.py --no-compile --require-hashes -r $(LOCKS)/demo.txt -r $(LOCKS)/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.runtime: $(BIN)/python $(LOCKS)/runtime.txt $(LOCKS)/build.txt pyproject.toml
	@$(BIN)/python deploy/install_packages.py --require-hashes -r $(LOCKS)/runtime.txt -r $(LOCKS)/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime $(LOCKS)/development.txt
	@$(BIN)/python deploy/install_packages.py --require-hashes -r $(LOCKS)/development.txt
	@touch $@

# What the checker must know of each board, in a folder of its own: both have a `machine`.
$(STUBS)/%/.installed: $(LOCKS)/stubs-%.txt | $(BIN)/python
	rm -rf $(STUBS)/$*
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(STUBS)/$* -r $<
	@touch $@

demo: $(if $(wildcard $(VENV)/.runtime),$(VENV)/.runtime,$(VENV)/.demo)
	@$(BIN)/python deploy/parts/install.py micropython || echo "The nodes run the same firmware under CPython instead."
	$(BIN)/sera demo --out out/demo $(DEMO_ARGS)

environment: $(VENV)/.runtime

parts: $(VENV)/.runtime
	$(BIN)/python deploy/parts/install.py

# A broker that a test starts as root drops to its own account, which has to reach its files: 711.
test: $(VENV)/.development
	-$(BIN)/python deploy/parts/install.py
	@folder=$$(mktemp -d $(FAST_DISK:%=-p %)) && trap 'rm -rf "$$folder"' EXIT && chmod 711 "$$folder" && TMPDIR=$$folder \
	  $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  -o tmp_path_retention_policy=failed $(TEST_ARGS)

test-fast: $(VENV)/.development
	@folder=$$(mktemp -d $(FAST_DISK:%=-p %)) && trap 'rm -rf "$$folder"' EXIT && chmod 711 "$$folder" && TMPDIR=$$folder \
	  $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --hypothesis-profile=fast $(FAST_FOLDERS) \
	  -m "not (slow or $(REAL_PARTS))" -o tmp_path_retention_policy=failed $(TEST_ARGS)

check: $(VENV)/.development $(BOARDS:%=$(STUBS)/%/.installed)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	MYPYPATH=deploy/parts $(BIN)/mypy deploy/parts
	@set -e; for board in $(BOARDS); do echo "== the firmware on $$board"; MYPYPATH=firmware/device:firmware:vocabulary:$(STUBS)/$$board \
	  $(BIN)/mypy --config-file firmware/device/mypy.ini --platform $$board --custom-typeshed-dir $(STUBS)/$$board \
	  --cache-dir .mypy_cache/$$board --exclude 'cpython\.py$$' firmware/device/*.py firmware/sera_firmware $(NODE_VOCABULARY); done
	$(BIN)/python bench/code_size.py
	$(BIN)/lint-imports
	$(BIN)/python bench/word_share.py
	$(BIN)/python -m pytest -q tests/house -m "not wheel"

bench: $(VENV)/.development
	-$(BIN)/python deploy/parts/install.py
	-$(BIN)/python deploy/parts/install.py telegraf
	@set -e; for script in bench/bench_*.py; do echo "== $$script"; PYTHONPATH=tests/support $(BIN)/python $$script; done

soak: $(VENV)/.development
	SERA_SEASON_WAKES=2000 SERA_SILENCE_STEP=1 $(BIN)/python -m pytest -q -s tests/parts/nodes/test_season.py tests/faults/test_network_faults.py
	SERA_RUBBISH=200000 $(BIN)/python -m pytest -q tests/faults/hostile/test_rubbish_at_scale.py
	@set -e; for seed in 1 2 3 4 5 6 7 8 9 10; do \
	  echo "== the ledger's state machine, seed $$seed"; \
	  SERA_LEDGER_SEED=$$seed SERA_LEDGER_SCRIPTS=100 $(BIN)/python -m pytest -q --timeout 0 tests/property/test_revisions.py; \
	done
	SERA_OFFICE_LANGUAGES="en de es fr ar" $(BIN)/python -m pytest -q tests/parts/office
	PYTHONPATH=tests/support $(BIN)/python tests/support/kill/soak.py --rounds 1000 --minutes $(SOAK_MINUTES) --state out/kill-soak.json
	SERA_PAGE_REQUESTS=20000 SERA_PAGE_SEED=$$(date +%s) $(BIN)/python -m pytest -q --timeout 0 tests/faults/hostile/test_any_request.py
	SERA_EVERY_LOOK=1 $(BIN)/python -m pytest -q tests/parts/browser/test_every_look.py
	@set -e; end=$$(( $$(date +%s) + 60 * $(SOAK_MINUTES) )); seed=1; \
	while [ $$(date +%s) -lt $$end ]; do \
	  echo "== seed $$seed"; $(BIN)/sera demo --no-serve --seed $$seed --out out/soak $(DEMO_ARGS); seed=$$(( seed + 1 )); \
	done

pictures: $(VENV)/.development
	PYTHONPATH=tests/support $(BIN)/python -m web.pictures --out out/pictures $(PICTURE_ARGS)

words: $(VENV)/.runtime
	$(BIN)/python -m sera_words.template $(LANGUAGES)

dashboards: $(VENV)/.runtime
	$(BIN)/sera dashboards build --out dashboards/generated
	$(BIN)/sera dashboards lint dashboards/generated/*.json
	$(BIN)/sera dashboards runbook --out docs/runbook.md

gallery: $(VENV)/.development
	$(BIN)/python deploy/parts/install.py influxd chromium grafana-ui
	PYTHONPATH=tests/support $(BIN)/python tests/support/influx/dashboard_gallery.py --out out/gallery $(GALLERY_ARGS)

lock: $(VENV)/.development
	$(COMPILE) pyproject.toml --output-file $(LOCKS)/runtime.txt
	$(COMPILE) --group demo --constraint $(LOCKS)/runtime.txt --output-file $(LOCKS)/demo.txt
	$(COMPILE) pyproject.toml --group dev --group build --constraint $(LOCKS)/runtime.txt --output-file $(LOCKS)/development.txt
	printf 'micropython-rp2-rpi_pico_w-stubs==1.25.*\nmicropython-stdlib-stubs==1.25.*\n' | $(COMPILE) - --output-file $(LOCKS)/stubs-rp2.txt
	printf 'micropython-esp32-stubs==1.25.*\nmicropython-stdlib-stubs==1.25.*\n' | $(COMPILE) - --output-file $(LOCKS)/stubs-esp32.txt
	printf 'pip\nsetuptools\n' | $(COMPILE) - --constraint $(LOCKS)/development.txt --output-file $(LOCKS)/installer.txt
	printf 'hatchling==1.33.0\neditables==0.6\n' | $(COMPILE) - --constraint $(LOCKS)/development.txt --output-file $(LOCKS)/build.txt

clean:
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
