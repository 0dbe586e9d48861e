# scfd: build, test, run. `make help` lists the targets.
#
# Layers: every room is compiled with the include roots of itself and the rooms below it only, so an
# upward #include does not compile. The order below is the order of the house.
ROOMS := base codec db http work exchange party chain template intake policy trade rating receivable account limit trial credit increment replay whatif lending report anchor witness evidence notary erasure app

BUILD ?= build
CONF  ?= release
ifeq ($(origin CC),default)
CC := gcc
endif

# As many compiler jobs as cores, unless -j says otherwise. Tests run one after another.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --no-print-directory
endif

# `make` alone explains itself.
.DEFAULT_GOAL := help

VERSION := 0.1.0
GIT_REVISION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

PKGS := libmicrohttpd libpq libcrypto libcjson libcurl zlib pangocairo libqrencode libsecp256k1
# As system headers: those of glib do not pass our warnings.
PKG_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags $(PKGS)))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Wsign-conversion -Werror
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -Wformat-security
HARDEN_LD := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack

ifeq ($(CONF),release)
OPT := -O2 -g
else ifeq ($(CONF),asan)
OPT := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HARDEN := -fPIE
HARDEN_LD := -pie
else ifeq ($(CONF),tsan)
OPT := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
HARDEN := -fPIE
HARDEN_LD := -pie
else ifeq ($(CONF),fuzz)
CC  := clang
OPT := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
HARDEN := -fPIE
HARDEN_LD := -pie
endif

CFLAGS_ALL = -std=c11 $(OPT) $(WARN) $(HARDEN) -pthread -MMD -MP \
             -DSCFD_VERSION='"$(VERSION)"' -DSCFD_REVISION='"$(GIT_REVISION)"' \
             -include scfd/base/prelude.h $(CFLAGS)
LDFLAGS_ALL = $(OPT) $(HARDEN_LD) -pthread $(LDFLAGS)

O := $(BUILD)/$(CONF)

# V=1 shows the commands.
ifneq ($(V),1)
Q := @
endif
say = @printf '%-8s%s\n' $(1) $(2)

# ---- rooms ---------------------------------------------------------------------------------------
# $(O)/inc/<room>/scfd/<lower room> -> include/scfd/<lower room>
define room_rules
SRC_$(1) := $$(wildcard src/$(1)/*.c)
OBJ_$(1) := $$(SRC_$(1):src/%.c=$$(O)/obj/%.o)
BELOW_$(1) := $(2)
$$(O)/inc/$(1)/.stamp: Makefile
	@rm -rf $$(@D)/scfd && mkdir -p $$(@D)/scfd && for r in $(2); do ln -sfn $$(CURDIR)/include/scfd/$$$$r $$(@D)/scfd/$$$$r; done && touch $$@
$$(O)/obj/$(1)/%.o: src/$(1)/%.c $$(O)/inc/$(1)/.stamp
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -I$$(O)/inc/$(1) -Isrc/$(1) -I$$(O)/gen $$(PKG_CFLAGS) -c $$< -o $$@
endef
below :=
$(foreach r,$(ROOMS),$(eval below += $(r))$(eval $(call room_rules,$(r),$(below))))

OBJECTS = $(foreach r,$(ROOMS),$(OBJ_$(r)))
LIB_OBJECTS = $(filter-out $(O)/obj/app/main.o,$(OBJECTS))

# ---- generated sources ---------------------------------------------------------------------------
# sql/NNNN_name.sql and templates/*.json become C arrays in the binary.
SQL_FILES := $(sort $(wildcard sql/[0-9]*.sql))
TEMPLATE_FILES := $(sort $(wildcard templates/*.json))
GENERATED := $(O)/gen/migrations.c $(O)/gen/shipped_templates.c $(O)/gen/openapi_components.c
GENERATED_OBJ := $(GENERATED:.c=.o)

$(O)/gen/migrations.c: $(SQL_FILES) tools/embed.sh
	@mkdir -p $(@D)
	$(Q)sh tools/embed.sh migrations $(SQL_FILES) > $@.tmp && mv $@.tmp $@
$(O)/gen/shipped_templates.c: $(TEMPLATE_FILES) tools/embed.sh
	@mkdir -p $(@D)
	$(Q)sh tools/embed.sh templates $(TEMPLATE_FILES) > $@.tmp && mv $@.tmp $@
$(O)/gen/openapi_components.c: openapi/components.json tools/embed.sh
	@mkdir -p $(@D)
	$(Q)sh tools/embed.sh components openapi/components.json > $@.tmp && mv $@.tmp $@
$(O)/gen/%.o: $(O)/gen/%.c $(O)/inc/app/.stamp
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -I$(O)/inc/app $(PKG_CFLAGS) -c $< -o $@

# ---- the binary ----------------------------------------------------------------------------------
.PHONY: build
build: $(BUILD)/scfd
$(O)/scfd: $(OBJECTS) $(GENERATED_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/scfd: $(O)/scfd
	@ln -sfn $(CONF)/scfd $@

# ---- unit tests: tests/unit/<room>/test_x.c, linked with that room and the rooms below ------------
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)
# What tests share is an archive, so that a room pays only for what it uses.
SUPPORT_OBJ := $(patsubst tests/unit/support/%.c,$(O)/support/%.o,$(wildcard tests/unit/support/*.c))
$(O)/support/%.o: tests/unit/support/%.c $(O)/inc/app/.stamp
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -I$(O)/inc/app $(PKG_CFLAGS) -c $< -o $@
$(O)/support.a: $(SUPPORT_OBJ)
	@rm -f $@ && ar rcs $@ $^
define unit_rules
$$(O)/unit/$(1)/%: tests/unit/$(1)/%.c $$(O)/support.a $(foreach b,$(2),$$(OBJ_$(b))) $$(GENERATED_OBJ)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -I$$(O)/inc/$(1) -Isrc/$(1) -Itests/unit/support $$(PKG_CFLAGS) $$< $$(O)/support.a \
	    $$(filter-out $$(O)/obj/app/main.o,$$(filter %.o,$$^)) $$(LDFLAGS_ALL) -o $$@ -lcmocka $$(TEST_LIBS) $$(PKG_LIBS)
endef
below :=
$(foreach r,$(ROOMS),$(eval below += $(r))$(eval $(call unit_rules,$(r),$(below))))

# libzip reads what we write; the server does not use it (src/codec/zip.c says why).
$(O)/unit/codec/test_zip: TEST_LIBS = $(shell pkg-config --libs libzip)

# ROOM=base limits `make unit` to one room.
.PHONY: unit
unit: $(if $(ROOM),$(filter $(O)/unit/$(ROOM)/%,$(UNIT_BIN)),$(UNIT_BIN))
	@set -e; for t in $^; do echo "== $$t"; $$t; done

# ---- tests: each target stands alone; `make test` runs them all and adds up ------------------------
.PHONY: unit-build clang-check api-test asan-test tsan-test crash-test real-test lint test
unit-build: $(UNIT_BIN)

# Everything once more with the other compiler, warnings being errors there too.
clang-check:
	+@$(MAKE) CC=clang BUILD=$(BUILD)/clang build unit-build

PYTEST = SCFD_BIN=$(abspath $(1)) /usr/bin/python3 -m pytest -q -p no:cacheprovider $(2) $(PYTEST_ARGS)

api-test: build
	$(call PYTEST,$(O)/scfd,tests/api)
asan-test:
	+@$(MAKE) CONF=asan $(BUILD)/asan/scfd
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
	    LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp \
	    $(call PYTEST,$(BUILD)/asan/scfd,tests/api -m "not heavy")
tsan-test:
	+@$(MAKE) CONF=tsan $(BUILD)/tsan/scfd
	TSAN_OPTIONS=halt_on_error=0:exitcode=66:suppressions=$(CURDIR)/tests/tsan.supp \
	    $(call PYTEST,$(BUILD)/tsan/scfd,tests/api -m "not heavy")
crash-test: build
	$(call PYTEST,$(O)/scfd,tests/crash -s)
real-test: build
	$(call PYTEST,$(O)/scfd,tests/real -rs)
lint:
	/usr/bin/python3 tools/lint.py

test:
	+@tools/deps.sh run test && exec tools/test.sh

$(O)/bench/bench_receipt: tests/bench/bench_receipt.c $(filter-out $(O)/obj/app/%,$(OBJECTS)) $(GENERATED_OBJ)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ALL) -I$(O)/inc/app -Itests/unit/support $(PKG_CFLAGS) $< $(filter %.o,$^) \
	    $(LDFLAGS_ALL) -o $@ $(PKG_LIBS)
.PHONY: bench
bench:
	+@tools/deps.sh run bench && $(MAKE) build
	/usr/bin/python3 tests/bench/bench.py $(BENCH_ARGS)

# ---- using it -------------------------------------------------------------------------------------
.PHONY: deps run demo openapi openapi-lint docs format install uninstall help
deps:
	@tools/deps.sh run test
run:
	+@tools/deps.sh run && $(MAKE) -s build
	@exec tools/run.sh $(abspath $(BUILD)/scfd)
demo:
	+@tools/deps.sh run && $(MAKE) -s build
	@exec tools/demo.sh $(abspath $(BUILD)/scfd)
# The description of the API is made from the routes and field tables; a test compares the two.
openapi: build
	$(O)/scfd openapi > openapi/openapi.yaml
openapi-lint:
	tools/openapi-lint.sh $(BUILD)
# The reference pages that come from the sources; a test compares them.
docs: openapi
	/usr/bin/python3 tools/docs.py $(O)/scfd
format:
	clang-format -i $$(find src include tests -name '*.[ch]')

PREFIX  ?= /usr/local
DESTDIR ?=
install: build
	install -D -m 755 $(O)/scfd $(DESTDIR)$(PREFIX)/bin/scfd
	install -D -m 644 packaging/scfd.8 $(DESTDIR)$(PREFIX)/share/man/man8/scfd.8
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/lib/systemd/system
	$(O)/scfd completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/scfd
	sed 's|@PREFIX@|$(PREFIX)|' packaging/scfd.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/scfd.service
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/scfd $(DESTDIR)$(PREFIX)/share/man/man8/scfd.8 \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/scfd \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system/scfd.service

help:
	@echo 'make run        install what is missing, build, start the server with a sample supply chain'
	@echo 'make test       install what is missing, build, run every test'
	@echo 'make demo       tell the whole story once, with real answers, and exit'
	@echo 'make build      build/scfd'
	@echo 'make bench      measure, and print one table'
	@echo 'make deps       only install what building and testing need'
	@echo 'make unit       unit tests (ROOM=base: of one room); api-test, asan-test, tsan-test,'
	@echo '                clang-check, crash-test, real-test, fuzz-smoke: the other parts of make test'
	@echo 'make fuzz       look for new crashes for FUZZ_SECONDS=600, otherwise each time; no part of make test'
	@echo 'make openapi    writes openapi/openapi.yaml anew from the routes and field tables'
	@echo 'make docs       the same, and docs/errors.md, docs/configuration.md, docs/fields.md'
	@echo 'make lint       style, layers, static checks; make format puts the C sources in shape'
	@echo 'make install    to PREFIX=/usr/local, below DESTDIR; make uninstall undoes it'
	@echo 'make clean      remove build/'
	@echo 'CONF=asan|tsan|release, CC=gcc|clang and BUILD=dir choose a build; V=1 shows commands'

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include tests/fuzz/fuzz.mk
-include $(shell find $(O) -name '*.d' 2>/dev/null)
