/* The table of reason codes. Pure. */
#include "scfd/limit/limit.h"

static const struct {
    const char *slug, *en, *zh;
    int direction;
} table[] = {
#define SCF_REASON(NAME, SLUG, DIRECTION, EN, ZH)                                                  \
    [SCF_REASON_##NAME] = {.slug = (SLUG), .en = (EN), .zh = (ZH), .direction = (DIRECTION)},
#include "scfd/limit/reasons.def"
#undef SCF_REASON
};
static_assert(SCF_COUNT(table) == SCF_REASON_COUNT, "every reason has its row");

const char *scf_reason_slug(enum scf_reason reason) {
    return table[reason].slug;
}

const char *scf_reason_text(enum scf_reason reason, bool chinese) {
    return chinese ? table[reason].zh : table[reason].en;
}

const char *scf_reason_direction(enum scf_reason reason) {
    int d = table[reason].direction;
    return d > 0 ? "positive" : d < 0 ? "negative" : "neutral";
}
