# scfd: build, test, run. `make help` lists the targets.
#
# Layers: every room is compiled with the include roots of itself and the rooms below it only, so an
# upward #include does not compile. The order below is the order of the house.
ROOMS := base codec db http work exchange party chain template intake credit lending app

BUILD ?= build
CC    ?= gcc
CONF  ?= release

VERSION := 0.1.0
GIT_REVISION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

PKGS := libmicrohttpd libpq libcrypto libcjson libcurl
PKG_CFLAGS = $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   = $(shell pkg-config --libs $(PKGS))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wformat=2 -Wundef -Wpointer-arith -Wcast-qual -Werror
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

# ---- rooms ---------------------------------------------------------------------------------------
# $(O)/inc/<room>/scfd/<lower room> -> include/scfd/<lower room>
define room_rules
SRC_$(1) := $$(wildcard src/$(1)/*.c)
OBJ_$(1) := $$(SRC_$(1):src/%.c=$$(O)/obj/%.o)
BELOW_$(1) := $(2)
$$(O)/inc/$(1)/.stamp:
	@mkdir -p $$(@D)/scfd && for r in $(2); do ln -sfn $$(CURDIR)/include/scfd/$$$$r $$(@D)/scfd/$$$$r; done && touch $$@
$$(O)/obj/$(1)/%.o: src/$(1)/%.c $$(O)/inc/$(1)/.stamp | $$(GENERATED_STAMP)
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS_ALL) -I$$(O)/inc/$(1) -Isrc/$(1) -I$$(O)/gen $$(PKG_CFLAGS) -c $$< -o $$@
endef
below :=
$(foreach r,$(ROOMS),$(eval below += $(r))$(eval $(call room_rules,$(r),$(below))))

OBJECTS = $(foreach r,$(ROOMS),$(OBJ_$(r)))
LIB_OBJECTS = $(filter-out $(O)/obj/app/main.o,$(OBJECTS))

# ---- generated sources ---------------------------------------------------------------------------
# sql/NNNN_name.sql and templates/*.json become C arrays in the binary.
SQL_FILES := $(sort $(wildcard sql/[0-9]*.sql))
TEMPLATE_FILES := $(sort $(wildcard templates/*.json))
GENERATED := $(O)/gen/migrations.c $(O)/gen/shipped_templates.c
GENERATED_OBJ := $(GENERATED:.c=.o)

$(O)/gen/migrations.c: $(SQL_FILES) tools/embed.sh
	@mkdir -p $(@D)
	sh tools/embed.sh migrations $(SQL_FILES) > $@.tmp && mv $@.tmp $@
$(O)/gen/shipped_templates.c: $(TEMPLATE_FILES) tools/embed.sh
	@mkdir -p $(@D)
	sh tools/embed.sh templates $(TEMPLATE_FILES) > $@.tmp && mv $@.tmp $@
$(O)/gen/%.o: $(O)/gen/%.c $(O)/inc/app/.stamp
	$(CC) $(CFLAGS_ALL) -I$(O)/inc/app $(PKG_CFLAGS) -c $< -o $@

# ---- the binary ----------------------------------------------------------------------------------
.PHONY: build
build: $(BUILD)/scfd
$(O)/scfd: $(OBJECTS) $(GENERATED_OBJ)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/scfd: $(O)/scfd
	@ln -sfn $(CONF)/scfd $@

# ---- unit tests: tests/unit/<room>/test_x.c, linked with that room and the rooms below ------------
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(O)/unit/%)
define unit_rules
$$(O)/unit/$(1)/%: tests/unit/$(1)/%.c $(foreach b,$(2),$$(OBJ_$(b))) $$(GENERATED_OBJ)
	@mkdir -p $$(@D)
	$$(CC) $$(CFLAGS_ALL) -I$$(O)/inc/$(1) -Isrc/$(1) $$(PKG_CFLAGS) $$< $$(filter-out $$(O)/obj/app/main.o,$$(filter %.o,$$^)) \
	    $$(LDFLAGS_ALL) -o $$@ -lcmocka $$(PKG_LIBS)
endef
below :=
$(foreach r,$(ROOMS),$(eval below += $(r))$(eval $(call unit_rules,$(r),$(below))))

# ROOM=base limits `make unit` to one room.
.PHONY: unit
unit: $(if $(ROOM),$(filter $(O)/unit/$(ROOM)/%,$(UNIT_BIN)),$(UNIT_BIN))
	@set -e; for t in $^; do echo "== $$t"; $$t; done

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
