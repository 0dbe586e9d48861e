/* Refusing what is not fit. Relies on preflight.c for the rules, and on bodies that the field table
 * accepted. */
#include "fit.h"

#include "amendment.h"
#include "preflight.h"
#include "terms.h"

#include "scfd/http/answer.h"

enum { POINTER_MAX = 160 };

static bool is_hard(const char *code) {
    for (size_t k = 0; k < SCF_FIT_RULES; k++)
        if (strcmp(scf_fit_texts[k].code, code) == 0)
            return !scf_fit_texts[k].advice;
    return false;
}

/* Is the fault below "#/member" of the dossier? */
static bool is_of(const struct scf_fault *f, const char *member) {
    size_t n = strcspn(f->pointer + 2, "/");
    return strlen(member) == n && strncmp(member, f->pointer + 2, n) == 0;
}

/* Does a fault of the amended dossier come from the amendment, and from where in its request? A
 * security that the new promise no longer names is the promise's fault. */
static bool comes_from(const struct scf_fault *f, const cJSON *amendment, char out[POINTER_MAX]) {
    const cJSON *member;
    cJSON_ArrayForEach(member, amendment) {
        if (!is_of(f, member->string))
            continue;
        snprintf(out, POINTER_MAX, "#/amendment%s", f->pointer + 1);
        return true;
    }
    snprintf(out, POINTER_MAX, "#/amendment/enforcement_clause");
    return is_of(f, "securities") && scf_json_get(amendment, "enforcement_clause");
}

static enum scf_code refuse(struct scf_faults *hard, struct scf_error *err) {
    if (hard->count == 0)
        return SCF_OK;
    scf_fail(err, SCF_E_VALIDATION_FAILED,
             "The dossier does not meet the conditions of 公证程序规则 39; each fault names its "
             "article.");
    err->faults = hard;
    return err->code;
}

/* The promise is enforceable, and the debt falls due early, as what was notarised says it. */
static void check_text(const cJSON *amendment, struct scf_faults *hard) {
    static const char *const clauses[] = {"enforcement_clause", "acceleration_clause"};
    const char *text = scf_json_string(amendment, "text");
    for (size_t i = 0; i < SCF_COUNT(clauses); i++) {
        const char *clause = scf_json_string(amendment, clauses[i]);
        char pointer[POINTER_MAX];
        snprintf(pointer, sizeof pointer, "#/amendment/%s", clauses[i]);
        if (clause && !scf_enf_stands_in(text, clause))
            scf_fault_add(hard, pointer, "mismatch",
                          "The clause does not stand in the text of the amendment "
                          "(司发通〔2017〕76号).");
    }
}

/* 规则 39: what is not fit is not notarised. Of an amendment what it changes; NULL: everything. */
static enum scf_code check(struct scf_arena *arena, const cJSON *dossier, const cJSON *amendment,
                           struct scf_error *err) {
    struct scf_preflight p;
    struct scf_faults *hard = scf_alloc(arena, 1, sizeof *hard);
    if (hard == NULL)
        return scf_fail_memory(err);
    scf_enf_preflight(dossier, arena, &p);
    *hard = (struct scf_faults){.arena = arena};
    for (size_t i = 0; i < p.faults.count; i++) {
        const struct scf_fault *f = &p.faults.items[i];
        char pointer[POINTER_MAX];
        if (!is_hard(f->code) || (amendment && !comes_from(f, amendment, pointer)))
            continue;
        scf_fault_add(hard, amendment ? pointer : f->pointer, f->code, "%s", f->detail);
    }
    if (amendment)
        check_text(amendment, hard);
    return refuse(hard, err);
}

enum scf_code scf_enf_submit_fit(struct scf_enf_taking *t, struct scf_error *err) {
    return check(t->arena, t->s.dossier, NULL, err);
}

/* The amended instrument meets the same conditions, and is still that of the loan. */
enum scf_code scf_enf_amendment_fit(struct scf_enf_taking *t, const cJSON *terms,
                                    struct scf_error *err) {
    const struct scf_enf_story *s = &t->s;
    struct scf_enf_amendment a;
    int asked = 0;
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);)
        asked++;
    if (asked >= SCF_ENF_AMENDMENTS_MAX)
        return scf_fail(err, SCF_E_CONFLICT, "At most %d amendments are asked for in a case.",
                        SCF_ENF_AMENDMENTS_MAX);
    a = (struct scf_enf_amendment){.terms = terms};
    const cJSON *amended = scf_enf_amend(t->arena, s->dossier, &a, err);
    if (amended == NULL)
        return err->code;
    enum scf_code code = check(t->arena, amended, terms, err);
    if (code != SCF_OK || s->ledger == NULL)
        return code;
    struct scf_enf_mismatch wrong = scf_enf_amendment_mismatch(terms, s->ledger);
    return wrong.detail ? scf_fail_fault(t->arena, wrong.pointer, "mismatch", wrong.detail, err)
                        : SCF_OK;
}
