/* Amendments by the steps of a case, and the dossier under them. Relies on terms that the field
 * table accepted. */
#include "amendment.h"

#include "succession.h"

enum { DOSSIER_MAX = 2 << 20 };

/* ---- by the steps ---- */

static void decide(const struct scf_enf_story *s, size_t request, struct scf_enf_amendment *ret) {
    ret->pending = s->c.state == SCF_ENF_AMENDMENT_PENDING;
    for (size_t i = request + 1; i < s->n; i++) {
        enum scf_enf_step step = s->rows[i].step;
        if (step == SCF_ENF_STEP_AMEND)
            ret->certificate = scf_json_get(s->details[i], "certificate");
        if (step == SCF_ENF_STEP_AMEND || step == SCF_ENF_STEP_REJECT_AMENDMENT ||
            step == SCF_ENF_STEP_REQUEST_AMENDMENT) {
            ret->pending = false;
            return;
        }
    }
}

bool scf_enf_next_amendment(const struct scf_enf_story *s, size_t *i,
                            struct scf_enf_amendment *ret) {
    for (; *i < s->n; (*i)++) {
        if (s->rows[*i].step != SCF_ENF_STEP_REQUEST_AMENDMENT)
            continue;
        *ret = (struct scf_enf_amendment){.terms = scf_json_get(s->details[*i], "amendment")};
        decide(s, (*i)++, ret);
        return true;
    }
    return false;
}

static bool was_notarised(const struct scf_enf_story *s, const char *no) {
    struct scf_enf_amendment a;
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);)
        if (a.certificate && scf_body_is(a.terms, "no", no))
            return true;
    return false;
}

const char *scf_enf_unnotarised(const struct scf_enf_story *s) {
    struct scf_enf_amendment a;
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);) {
        const char *no = scf_json_string(a.terms, "no");
        if (no && scf_json_get(a.terms, "signed_on") && !a.certificate && !a.pending &&
            !was_notarised(s, no))
            return no;
    }
    return NULL;
}

/* ---- the dossier ---- */

/* What an amendment may change, each as a whole. */
static const char *const changed[] = {"performance", "rate", "securities", "enforcement_clause",
                                      "acceleration_clause"};

static bool is_changed(const char *name) {
    for (size_t i = 0; i < SCF_COUNT(changed); i++)
        if (strcmp(changed[i], name) == 0)
            return true;
    return false;
}

static void item_write(struct scf_jsonw *w, const struct scf_enf_amendment *a) {
    const cJSON *member;
    scf_jw_object(w, NULL);
    cJSON_ArrayForEach(member, a->terms) {
        if (!is_changed(member->string) || strcmp(member->string, "rate") == 0)
            scf_enf_json_write(w, member->string, member);
    }
    if (scf_json_get(a->terms, "performance"))
        scf_jw_bool(w, "rescheduled", true);
    scf_enf_json_write(w, "certificate_no", scf_json_get(a->certificate, "no"));
    scf_enf_json_write(w, "certified_on", scf_json_get(a->certificate, "issued_on"));
    if (a->certificate == NULL)
        scf_jw_bool(w, "included", true);
    scf_jw_end_object(w);
}

static void dossier_write(struct scf_jsonw *w, const cJSON *dossier,
                          const struct scf_enf_amendment *a) {
    const cJSON *member;
    scf_jw_object(w, NULL);
    cJSON_ArrayForEach(member, dossier) {
        if (strcmp(member->string, "amendments") != 0 &&
            !(is_changed(member->string) && scf_json_get(a->terms, member->string)))
            scf_enf_json_write(w, member->string, member);
    }
    for (size_t i = 0; i < SCF_COUNT(changed); i++)
        scf_enf_json_write(w, changed[i], scf_json_get(a->terms, changed[i]));
    scf_jw_array(w, "amendments");
    cJSON_ArrayForEach(member, scf_json_get(dossier, "amendments")) {
        scf_enf_json_write(w, NULL, member);
    }
    item_write(w, a);
    scf_jw_end_array(w);
    scf_jw_end_object(w);
}

const cJSON *scf_enf_amend(struct scf_arena *arena, const cJSON *dossier,
                           const struct scf_enf_amendment *a, struct scf_error *err) {
    struct scf_buf out;
    scf_buf_init(&out, DOSSIER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    dossier_write(&w, dossier, a);
    size_t n = out.len;
    const char *text = out.overflow ? NULL : scf_strndup(arena, out.data, n);
    scf_buf_free(&out);
    if (text == NULL) {
        scf_fail(err, SCF_E_CONFLICT, "The amendments of the case are too large together.");
        return NULL;
    }
    return scf_json_parse_large(arena, text, n, err);
}

enum scf_code scf_enf_story_amend(struct scf_arena *arena, struct scf_enf_story *s,
                                  struct scf_error *err) {
    struct scf_enf_amendment a;
    s->dossier = s->drafted;
    s->owed = s->ledger;
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);) {
        if (a.certificate == NULL)
            continue;
        s->dossier = scf_enf_amend(arena, s->dossier, &a, err);
        if (s->dossier == NULL)
            return err->code;
    }
    s->dossier = scf_enf_assigned(arena, s, s->dossier, err);
    if (s->dossier == NULL)
        return err->code;
    if (s->dossier == s->drafted || s->ledger == NULL)
        return SCF_OK;
    struct scf_owed *owed = scf_alloc(arena, 1, sizeof *owed);
    if (owed == NULL)
        return scf_fail_memory(err);
    s->owed = owed;
    return scf_enf_owed_amended(arena, s->dossier, s->ledger, s->today, owed, err);
}
