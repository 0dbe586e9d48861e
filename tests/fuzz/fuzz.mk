# Fuzz targets: tests/fuzz/fuzz_<name>.c, built by clang with libFuzzer, ASan and UBSan, and linked
# with one room and the rooms below it. A new target needs its file and its line here.
FUZZ_ROOM_json_scan := codec
FUZZ_ROOM_router    := http
FUZZ_ROOM_ndjson    := intake
FUZZ_ROOM_note      := chain
FUZZ_ROOM_ots       := anchor
FUZZ_ROOM_rlp       := anchor

FUZZ_LDFLAGS_json_scan := -Wl,--wrap=scf_random

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# fuzz-smoke is a test of the commit: the same inputs each time, as many as take some 5 to 10 s. The
# time is but an upper bound, for a machine that is much slower.
FUZZ_RUNS_json_scan := 900000
FUZZ_RUNS_router    := 500000
FUZZ_RUNS_ndjson    := 400000
FUZZ_RUNS_note      := 400000
FUZZ_RUNS_ots       := 50000
FUZZ_RUNS_rlp       := 400000
FUZZ_SMOKE_SECONDS := 60
# Addresses get into the inputs through compared pointers, so they are kept the same too, where that
# is allowed: in some containers it is not. And the folder is not read again by the clock.
FUZZ_SMOKE = -seed=1 -reload=0 -max_total_time=$(FUZZ_SMOKE_SECONDS) -timeout=300
FUZZ_FIXED = $(shell setarch -R true 2>/dev/null && echo setarch -R)

# fuzz looks for what nobody has found yet, with another seed each time; all its targets together
# take this long.
FUZZ_SECONDS ?= 600
FUZZ_SHARE = $(shell expr $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)))

define fuzz_rules
$$(O)/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(foreach r,$$(BELOW_$$(FUZZ_ROOM_$(1))),$$(OBJ_$$(r))) $$(GENERATED_OBJ)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -fsanitize=fuzzer -I$$(O)/inc/$$(FUZZ_ROOM_$(1)) -Isrc/$$(FUZZ_ROOM_$(1)) \
	    $$(PKG_CFLAGS) $$(filter %.c %.o,$$^) $$(LDFLAGS_ALL) $$(FUZZ_LDFLAGS_$(1)) -o $$@ $$(PKG_LIBS)
endef
$(foreach n,$(FUZZ_NAMES),$(eval $(call fuzz_rules,$(n))))

# The inputs of regression/<name> (every crash that was ever found) and corpus/<name> run first, then
# new ones grow out of them. Those of fuzz stay below $(BUILD)/fuzz/fuzz/found for its next run; those
# of fuzz-smoke are thrown away before each. A crash is minimised, added to regression/<name> and
# fixed.
#
# $(1): fuzz_<name>; $(2): the folder of what grows; $(3): options of the run; $(4): what runs it.
define fuzz_one
	@echo "== fuzz_$(1), $(3)"; mkdir -p $(2); \
	seeds="$(wildcard tests/fuzz/regression/$(1) tests/fuzz/corpus/$(1))"; \
	dict="$(patsubst %,-dict=%,$(wildcard tests/fuzz/$(1).dict))"; \
	$(4) $(O)/fuzz/fuzz_$(1) $(3) -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
	    -artifact_prefix=$(O)/fuzz/ $$dict $(2) $$seeds > $(2).log 2>&1 \
	    || { tail -n 60 $(2).log; exit 1; }; \
	grep -E '^stat::(number_of_executed_units|new_units_added)' $(2).log

endef

.PHONY: fuzz fuzz-smoke fuzz-run fuzz-smoke-run
fuzz fuzz-smoke:
	+@$(MAKE) CONF=fuzz $@-run
fuzz-run: $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)
	$(foreach n,$(FUZZ_NAMES),$(call fuzz_one,$(n),$(O)/fuzz/found/$(n),-max_total_time=$(FUZZ_SHARE) -timeout=10))
# -timeout is of one input, by the clock: a machine may stop the process for long.
fuzz-smoke-run: $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)
	@rm -rf $(O)/fuzz/smoke
	$(foreach n,$(FUZZ_NAMES),$(call fuzz_one,$(n),$(O)/fuzz/smoke/$(n),$(FUZZ_SMOKE) -runs=$(FUZZ_RUNS_$(n)),$(FUZZ_FIXED)))
