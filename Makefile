# SPDX-License-Identifier: GPL-2.0-only
#
# "make help" lists the targets.

SHELL := /bin/bash

# Variables of the command line that the scripts look at.
export ACCEL CACHE MIRROR PATIENCE QEMU XEN_SRC

CASES ?=
MUTANTS ?=
RESUME ?= n
LAYOUTS ?= 1000000
SEED  ?= 1
COUNT ?= 500
XEN   ?= xen
TIME  ?= 60
ROUNDS ?= 5
PARTS ?=
SIZES ?=
VERSIONS ?=
FUZZERS ?=
KEEP  ?= n
DEBUG ?= n
TEST  ?= n
VERSION ?= master

ifeq ($(filter xen stock,$(XEN)),)
$(error XEN=$(XEN): must be xen or stock)
endif

# The variant that DEBUG= and TEST= ask for, as a suffix of the folder.
debug := $(if $(filter y,$(DEBUG)),-debug)
test  := $(if $(filter y,$(TEST)),-test)
debug-config := $(if $(debug),CONFIG_DEBUG=y) CONFIG_PV32=y
# What is off by default and has cases.
kexec-config := CONFIG_KEXEC_BZIMAGE=y

# What differs by a few hooks is built from a copy of what it differs from, and
# is booted by multiboot alone.
like = $(if $(test),--like build/$(1))
multiboot = $(if $(test),--multiboot $(call like,$(hypervisor-plain)))

source = $$(scripts/fetch-source)

.PHONY: help
help:
	@echo 'Targets:'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
	    awk -F'|' '{ printf "%-24s%s\n", $$1, $$2 }'
	@echo 'Variables:'
	@echo '  DEBUG=y        debug builds: build/xen-debug, build/stock-debug'
	@echo '  TEST=y         with hooks for tests: build/xen-test, build/stock-test'
	@echo '  XEN=stock      make run and make check use stock Xen'
	@echo '  CASES="A B"    make check, check-matrix, coverage: names, patterns, groups'
	@echo '  LAYOUTS=N      make check-unit: random images, default 1000000'
	@echo '  MUTANTS="A B"  make check-mutants, check-random-mutants: only these'
	@echo '  RESUME=y       make check-mutants leaves out what it caught before'
	@echo '  SEED=S COUNT=N make check-random-mutants: another sample (random), its size'
	@echo '  TIME=SECONDS   make fuzz: for each fuzzer, default 60'
	@echo '  FUZZERS="A B"  make fuzz: only these'
	@echo '  KEEP=y         make fuzz keeps the inputs that reach something'
	@echo '  ROUNDS=N       make bench, bench-reboot: how often, default 5'
	@echo '  PARTS="A B"    make bench times only these'
	@echo '  SIZES="2 8"    make bench-crash-memory: only these hosts, in GiB'
	@echo '  XEN_SRC=PATH   build this Xen, a tarball or a folder'
	@echo '  VERSION=V      make series: for this Xen, default master, which XEN_SRC has'
	@echo '  XEN_SRC_4_19=PATH  the same for each version of make check-versions'
	@echo '  VERSIONS="A B" make check-versions takes only these'
	@echo '  QEMU=host      the QEMU of this machine, however old; QEMU=debian: Debian 13'
	@echo '  ACCEL=tcg      how QEMU runs processors, without a probe: tcg or kvm'
	@echo '  PATIENCE=N     cases may take N times as long: on a machine that is busy'
	@echo '  MIRROR=URL     the Debian mirror to use'
	@echo '  CACHE=DIR      where downloads are kept; default: cache'

.PHONY: deps
deps:
	@scripts/install-packages build test unit lint

.PHONY: build-deps
build-deps:
	@scripts/install-packages build

.PHONY: build
build: build-deps ## build Xen with the series: build/xen
	@source=$(source) && \
	scripts/prepare-tree $(if $(test),--test) $(call like,tree/xen) "$$source" build/tree/xen$(test) && \
	scripts/build-xen $(multiboot) build/tree/xen$(test) build/xen$(test)$(debug) $(debug-config) $(kexec-config)

.PHONY: stock
stock: build-deps ## build stock Xen: build/stock
	@source=$(source) && \
	scripts/prepare-tree --stock $(if $(test),--test) $(call like,tree/stock) "$$source" build/tree/stock$(test) && \
	scripts/build-xen $(multiboot) build/tree/stock$(test) build/stock$(test)$(debug) $(debug-config)

# The reader of dumps.
.PHONY: xen-vmcore
xen-vmcore:
	@scripts/install-packages xen-vmcore
	@$(MAKE) -s -C tools/xen-vmcore

.PHONY: deb
deb: build ## make Debian packages: build/deb
	@scripts/install-packages deb
	@scripts/build-deb build/deb

.PHONY: check-deb
check-deb: deb ## install the packages in a Debian 13 of their own, and look at them
	@scripts/install-packages check-deb
	@tests/run selftest build.packages

# What tests/build/nokexec.sh looks at.
.PHONY: build-nokexec
build-nokexec: build-deps
	@source=$(source) && \
	scripts/prepare-tree "$$source" build/tree/xen && \
	scripts/build-xen build/tree/xen build/xen-nokexec \
	    CONFIG_KEXEC=n CONFIG_DEBUG_INFO=n

# dom0's kernel and initramfs.
.PHONY: dom0
dom0: build-deps
	@scripts/dom0-image build/dom0
	@scripts/dom0-image build/systemd systemd
	@scripts/dom0-image build/xen-kexec xen-kexec

# QEMU, Bochs, OVMF and GRUB of Debian 13.
.PHONY: debian-tools
debian-tools: build-deps
	@scripts/debian-tools build/debian

hypervisor-target := $(if $(filter stock,$(XEN)),stock,build)
hypervisor-plain = $(if $(filter stock,$@),stock,xen)$(debug)
hypervisor := $(XEN)$(test)$(debug)

# After the hypervisor without hooks: the one with them, if a case wants it.
matrix := $(if $(filter check-matrix,$(MAKECMDGOALS)),--matrix)
.PHONY: hooked
hooked: $(hypervisor-target)
	@set -f; [ -n "$(test)" ] || \
	! tests/run check --needs-hooks $(matrix) --hypervisor $(hypervisor) $(CASES) || \
	$(MAKE) --no-print-directory $(hypervisor-target) TEST=y

# A disk to install the packages on.
.PHONY: host
host: debian-tools
	@scripts/install-packages host
	@scripts/host-image build/host

.PHONY: run
run: deps $(hypervisor-target) dom0 debian-tools ## boot Xen and dom0, and kexec into Linux
	@tests/run kexec --build build --hypervisor $(hypervisor)

.PHONY: run-kdump
run-kdump: deps $(hypervisor-target) dom0 debian-tools xen-vmcore ## crash Xen, and read the dump
	@tests/run kdump --build build --hypervisor $(hypervisor)

.PHONY: check
check: deps $(hypervisor-target) hooked dom0 debian-tools xen-vmcore ## run the tests; results: build/check
	@set -f; tests/run check --build build --hypervisor $(hypervisor) $(CASES)

.PHONY: check-matrix
check-matrix: deps $(hypervisor-target) hooked dom0 debian-tools xen-vmcore ## boot hosts and targets of all kinds, each pair of kinds once
	@scripts/targets build/targets
	@set -f; tests/run check --matrix --build build --hypervisor $(hypervisor) $(CASES)

.PHONY: check-host
check-host: deps deb host ## install the packages on Debian hosts, and crash them
	@set -f; tests/run check --host --build build $(CASES)

# Build each version of Xen that there is a source for, and run cases on it.
.PHONY: check-versions
check-versions: deps stock dom0 debian-tools xen-vmcore
	@set -f; VERSIONS="$(VERSIONS)" scripts/check-versions build $(CASES)

.PHONY: check-unit
check-unit: ## run the tests that need no machine: tests/unit
	@scripts/install-packages unit
	@LAYOUTS=$(LAYOUTS) tests/unit/run-all

.PHONY: check-mutants
check-mutants: deps debian-tools ## plant defects one by one: a case must fail by each
	@set -f; tests/run mutants --build build $(if $(filter y,$(RESUME)),--resume) $(MUTANTS)

# Change lines at random: a unit test has to fail by each.
.PHONY: check-random-mutants
check-random-mutants:
	@scripts/install-packages unit
	@python3 tests/mutants/random_mutants.py --build build --seed $(SEED) --count $(COUNT) $(MUTANTS)

.PHONY: bench
bench: deps build stock dom0 ## time this and stock Xen: build/bench/report.md
	@$(MAKE) --no-print-directory build TEST=y
	@tests/run bench --build build --rounds $(ROUNDS) $(PARTS)

.PHONY: bench-crash-memory
bench-crash-memory: deps build dom0 debian-tools xen-vmcore ## measure what a crash kernel needs, on hosts of 2 to 256 GiB
	@tests/run crash-memory --build build $(SIZES)

.PHONY: bench-reboot
bench-reboot: deps build dom0 debian-tools ## time kexec of Xen against a reboot by UEFI firmware
	@tests/run reboot --build build --rounds $(ROUNDS)

# What tests and a running Xen reach: build/coverage/index.html.
.PHONY: coverage
coverage: deps dom0
	@scripts/install-packages coverage
	@source=$(source) && \
	scripts/prepare-tree "$$source" build/tree/xen && \
	scripts/build-xen --multiboot build/tree/xen build/xen-coverage \
	    CONFIG_DEBUG=y CONFIG_PV32=y CONFIG_LIVEPATCH=n CONFIG_COVERAGE=y \
	    $(kexec-config)
	@set -f; tests/coverage/run $(CASES)

.PHONY: fuzz
fuzz: ## look for inputs that break a rule, TIME seconds for each fuzzer
	@scripts/install-packages unit
	@TIME=$(TIME) KEEP=$(KEEP) tests/unit/fuzz $(FUZZERS)

.PHONY: series
series: build-deps ## make the series for xen-devel, of VERSION: build/series
	@scripts/install-packages series
	@scripts/export-series --version $(VERSION) "$$(scripts/fetch-source $(VERSION))" build/series

# Build each commit of it.
.PHONY: check-series
check-series: series
	@scripts/check-series build/series

# Record the hashes of the files that xen/ replaces.
.PHONY: hashes
hashes: build-deps
	@scripts/prepare-tree --record "$(source)"

.PHONY: lint
lint: build ## check scripts, C files and the objects with the tools of scripts/lint
	@scripts/install-packages lint
	@HYPERVISOR=xen$(test)$(debug) scripts/lint

.PHONY: clean
clean: ## remove what was built
	rm -rf build

# Remove what was downloaded as well.
.PHONY: distclean
distclean: clean
	rm -rf "$${CACHE:-cache}"
