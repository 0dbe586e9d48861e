/* Rules across fields that the three bodies share. */
#include "rules.h"

#include "scfd/base/clock.h"

enum { CLOCK_TOLERANCE_S = 300 };

int32_t scf_lending_today(const struct scf_lending_ctx *ctx) {
    return scf_day_of(ctx->now_us + ctx->offset_minutes * 60 * SCF_US_PER_SECOND);
}

static const char *pointer_of(const char *name, char out[64]) {
    snprintf(out, 64, "#/%s", name);
    return out;
}

void scf_need(const cJSON *body, struct scf_faults *faults, const char *name, const char *because) {
    char pointer[64];
    if (scf_json_get(body, name) == NULL)
        scf_fault_add(faults, pointer_of(name, pointer), "required",
                      "The member \"%s\" is required %s.", name, because);
}

void scf_forbid(const cJSON *body, struct scf_faults *faults, const char *name,
                const char *because) {
    char pointer[64];
    if (scf_json_get(body, name) != NULL)
        scf_fault_add(faults, pointer_of(name, pointer), "not-allowed",
                      "The member \"%s\" has no place %s.", name, because);
}

void scf_not_future(const cJSON *body, struct scf_faults *faults, const char *name,
                    const struct scf_lending_ctx *ctx) {
    char pointer[64];
    int64_t at_us;
    if (scf_body_time(body, name, ctx->offset_minutes, &at_us) &&
        at_us > ctx->now_us + CLOCK_TOLERANCE_S * SCF_US_PER_SECOND)
        scf_fault_add(faults, pointer_of(name, pointer), "in-future",
                      "The time must not be in the future.");
}

void scf_no_duplicates(const cJSON *body, struct scf_faults *faults, const char *name) {
    const cJSON *list = scf_json_get(body, name), *one, *other;
    int index = 0;
    cJSON_ArrayForEach(one, list) {
        for (other = list->child; other != one; other = other->next) {
            if (strcmp(one->valuestring, other->valuestring) == 0) {
                char pointer[80];
                snprintf(pointer, sizeof pointer, "#/%s/%d", name, index);
                scf_fault_add(faults, pointer, "duplicate", "It stands in the list before.");
                break;
            }
        }
        index++;
    }
}
