/* One valid body a kind, JSON merge patches (RFC 7396) to spoil it, and what the validator then
 * says. Everything is received at 2026-11-22T08:00:00Z on a node at +08:00. */
#ifndef SCFD_TESTS_INTAKE_SAMPLE_H
#define SCFD_TESTS_INTAKE_SAMPLE_H

#include "schemas.h"
#include <setjmp.h>
#include <cmocka.h>

static const struct scf_rules_ctx sample_ctx = {.received_us = INT64_C(1795334400000000),
                                                .offset_minutes = 480};

#define SAMPLE_ID "01h455vb4pex5vsknk084sn02q"
#define OTHER_ID "01h455vb4pex5vsknk084sn02r"
#define THIRD_ID "01h455vb4pex5vsknk084sn02s"

static inline void merge(cJSON *target, const cJSON *patch) {
    const cJSON *item;
    cJSON_ArrayForEach(item, patch) {
        cJSON *old = cJSON_GetObjectItemCaseSensitive(target, item->string);
        if (cJSON_IsObject(old) && cJSON_IsObject(item)) {
            merge(old, item);
            continue;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(target, item->string);
        if (!cJSON_IsNull(item))
            cJSON_AddItemToObject(target, item->string, cJSON_Duplicate(item, true));
    }
}

static inline cJSON *patched(const char *base, const char *patch_text) {
    cJSON *body = cJSON_Parse(base), *patch = cJSON_Parse(patch_text);
    if (!body || !patch)
        fail_msg("bad JSON in the test: %s", patch_text);
    merge(body, patch);
    cJSON_Delete(patch);
    return body;
}

/* "code pointer" of every entry, each followed by a blank. */
static inline void list(const struct scf_faults *faults, char *out, size_t size) {
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < faults->count; i++) {
        assert_true(strlen(faults->items[i].detail) > 10);
        n += (size_t)snprintf(out + n, size - n, "%s %s ", faults->items[i].code,
                              faults->items[i].pointer);
        assert_true(n < size);
    }
}

struct sample_row {
    const char *patch;
    const char *faults;   /* "code pointer …"; NULL: none */
    const char *warnings; /* likewise */
};

static inline void check_row(enum scf_record_kind kind, const char *base,
                             const struct sample_row *row) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_faults faults = {.arena = arena}, warnings = {.arena = arena};
    struct scf_schema_options options = {
        .lenient_datetime = false, .offset_minutes = 480, .rules_ctx = &sample_ctx};
    cJSON *body = patched(base, row->patch);
    bool valid = scf_schema_check(scf_intake_schema(kind), body, &options, &faults, &warnings);
    char got[4096];
    list(&faults, got, sizeof got);
    if (strcmp(got, row->faults ? row->faults : "") != 0)
        fail_msg("%s\n  faults: %s\n  wanted: %s", row->patch, got, row->faults);
    assert_int_equal(valid, row->faults == NULL);
    list(&warnings, got, sizeof got);
    if (strcmp(got, row->warnings ? row->warnings : "") != 0)
        fail_msg("%s\n  warnings: %s\n  wanted: %s", row->patch, got, row->warnings);
    cJSON_Delete(body);
    scf_arena_free(arena);
}

#define CHECK_ROWS(kind, base, rows)                                                               \
    for (size_t i_ = 0; i_ < SCF_COUNT(rows); i_++)                                                \
    check_row(kind, base, &(rows)[i_])

#endif
