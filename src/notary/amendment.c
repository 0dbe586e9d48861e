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

/* What changes a dossier, all at once. */
struct changes {
    const struct scf_enf_amendment *all; /* oldest first */
    size_t n;
    const struct scf_enf_story *assigned; /* the story that says to whom; NULL: to nobody */
};

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

/* By the newest amendment that changes it; NULL: none does. */
static const cJSON *amended(const struct changes *c, const char *name) {
    for (size_t i = c->n; i > 0 && is_changed(name); i--)
        if (scf_json_get(c->all[i - 1].terms, name))
            return scf_json_get(c->all[i - 1].terms, name);
    return NULL;
}

static bool is_replaced(const struct changes *c, const char *name) {
    if (strcmp(name, "creditor") == 0 || strcmp(name, "assignment") == 0)
        return c->assigned != NULL;
    return amended(c, name) != NULL || (c->n > 0 && strcmp(name, "amendments") == 0);
}

static void items_write(struct scf_jsonw *w, const cJSON *before, const struct changes *c) {
    const cJSON *item;
    scf_jw_array(w, "amendments");
    cJSON_ArrayForEach(item, before) {
        scf_enf_json_write(w, NULL, item);
    }
    for (size_t i = 0; i < c->n; i++)
        item_write(w, &c->all[i]);
    scf_jw_end_array(w);
}

static void dossier_write(struct scf_jsonw *w, const cJSON *dossier, const struct changes *c) {
    const cJSON *member;
    scf_jw_object(w, NULL);
    cJSON_ArrayForEach(member, dossier) {
        if (!is_replaced(c, member->string))
            scf_enf_json_write(w, member->string, member);
    }
    for (size_t i = 0; i < SCF_COUNT(changed); i++)
        scf_enf_json_write(w, changed[i], amended(c, changed[i]));
    if (c->n > 0)
        items_write(w, scf_json_get(dossier, "amendments"), c);
    if (c->assigned)
        scf_enf_creditor_write(w, c->assigned);
    scf_jw_end_object(w);
}

/* Written and read once, however much changes it: a case is read whenever a step is taken. */
static const cJSON *change(struct scf_arena *arena, const cJSON *dossier, const struct changes *c,
                           struct scf_error *err) {
    struct scf_buf out;
    scf_buf_init(&out, DOSSIER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    dossier_write(&w, dossier, c);
    size_t n = out.len;
    bool too_large = out.overflow;
    const char *text = too_large ? NULL : scf_strndup(arena, out.data, n);
    scf_buf_free(&out);
    if (text)
        return scf_json_parse_large(arena, text, n, err);
    if (too_large)
        scf_fail(err, SCF_E_CONFLICT, "The amendments of the case are too large together.");
    else
        scf_fail_memory(err);
    return NULL;
}

const cJSON *scf_enf_amend(struct scf_arena *arena, const cJSON *dossier,
                           const struct scf_enf_amendment *a, struct scf_error *err) {
    return change(arena, dossier, &(struct changes){.all = a, .n = 1}, err);
}

/* What counts by the steps. False: no memory. */
static bool find_changes(struct scf_arena *arena, const struct scf_enf_story *s,
                         struct changes *ret) {
    struct scf_enf_amendment a;
    struct scf_enf_amendment *all = scf_alloc(arena, s->n + 1, sizeof *all);
    *ret = (struct changes){.all = all};
    if (all == NULL)
        return false;
    for (size_t i = 0; scf_enf_next_amendment(s, &i, &a);)
        if (a.certificate)
            all[ret->n++] = a;
    if (scf_enf_last(s, SCF_ENF_STEP_ASSIGN, NULL))
        ret->assigned = s;
    return true;
}

enum scf_code scf_enf_story_amend(struct scf_arena *arena, struct scf_enf_story *s,
                                  struct scf_error *err) {
    struct changes c;
    s->dossier = s->drafted;
    s->owed = s->ledger;
    if (!find_changes(arena, s, &c))
        return scf_fail_memory(err);
    if (c.n == 0 && c.assigned == NULL)
        return SCF_OK;
    s->dossier = change(arena, s->drafted, &c, err);
    if (s->dossier == NULL)
        return err->code;
    if (s->ledger == NULL)
        return SCF_OK;
    struct scf_owed *owed = scf_alloc(arena, 1, sizeof *owed);
    if (owed == NULL)
        return scf_fail_memory(err);
    s->owed = owed;
    return scf_enf_owed_amended(arena, s->dossier, s->ledger, s->today, owed, err);
}
