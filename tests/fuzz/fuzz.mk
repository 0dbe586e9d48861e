# Fuzz targets: tests/fuzz/fuzz_<name>.c, built by clang with libFuzzer, ASan and UBSan, and linked
# with one room and the rooms below it. A new target needs its file and its line here.
FUZZ_ROOM_json_scan := codec
FUZZ_ROOM_router    := http
FUZZ_ROOM_ndjson    := intake
FUZZ_ROOM_note      := chain
FUZZ_ROOM_ots       := anchor
FUZZ_ROOM_rlp       := anchor

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# All targets together take this long.
FUZZ_SECONDS ?= 60
FUZZ_SHARE = $(shell expr $(FUZZ_SECONDS) / $(words $(FUZZ_NAMES)))

define fuzz_rules
$$(O)/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $$(foreach r,$$(BELOW_$$(FUZZ_ROOM_$(1))),$$(OBJ_$$(r))) $$(GENERATED_OBJ)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -fsanitize=fuzzer -I$$(O)/inc/$$(FUZZ_ROOM_$(1)) -Isrc/$$(FUZZ_ROOM_$(1)) \
	    $$(PKG_CFLAGS) $$(filter %.c %.o,$$^) $$(LDFLAGS_ALL) -o $$@ $$(PKG_LIBS)
endef
$(foreach n,$(FUZZ_NAMES),$(eval $(call fuzz_rules,$(n))))

# The inputs of regression/<name> (every crash that was ever found) and corpus/<name> run first, then
# new ones grow out of them. What is found stays below $(BUILD): a crash is minimised, added to
# regression/<name> and fixed.
.PHONY: fuzz-smoke fuzz-run
fuzz-smoke:
	+@$(MAKE) CONF=fuzz fuzz-run
fuzz-run: $(FUZZ_NAMES:%=$(O)/fuzz/fuzz_%)
	@set -e; for n in $(FUZZ_NAMES); do \
	    found=$(O)/fuzz/found/$$n; mkdir -p $$found; seeds=; \
	    for d in tests/fuzz/regression/$$n tests/fuzz/corpus/$$n; do [ ! -d $$d ] || seeds="$$seeds $$d"; done; \
	    dict=tests/fuzz/$$n.dict; [ ! -f $$dict ] || seeds="-dict=$$dict $$seeds"; \
	    echo "== fuzz_$$n, $(FUZZ_SHARE) s"; \
	    $(O)/fuzz/fuzz_$$n -max_total_time=$(FUZZ_SHARE) -timeout=10 -rss_limit_mb=1024 -max_len=8192 \
	        -print_final_stats=1 -artifact_prefix=$(O)/fuzz/ $$found $$seeds > $$found.log 2>&1 \
	        || { tail -n 60 $$found.log; exit 1; }; \
	    grep -E '^stat::(number_of_executed_units|new_units_added)' $$found.log; \
	done
