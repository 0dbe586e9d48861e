/* Who is creditor after assignments. Relies on steps that the field table accepted. */
#include "succession.h"

/* What the notice of the assignment in row i said; NULL: there was none before the next. */
static const cJSON *notice_of(const struct scf_enf_story *s, size_t row) {
    for (size_t i = row + 1; i < s->n && s->rows[i].step != SCF_ENF_STEP_ASSIGN; i++)
        if (s->rows[i].step == SCF_ENF_STEP_NOTIFY_ASSIGNMENT)
            return s->details[i];
    return NULL;
}

void scf_enf_each_assignment(const struct scf_enf_story *s,
                             void (*visit)(void *ctx, const cJSON *assignor, const cJSON *said,
                                           const cJSON *notice),
                             void *ctx) {
    const cJSON *creditor = scf_json_get(s->drafted, "creditor");
    for (size_t i = 0; i < s->n; i++) {
        if (s->rows[i].step != SCF_ENF_STEP_ASSIGN)
            continue;
        visit(ctx, creditor, s->details[i], notice_of(s, i));
        creditor = scf_json_get(s->details[i], "assignee");
    }
}

bool scf_enf_unnotified(const struct scf_enf_story *s) {
    for (size_t i = s->n; i > 0; i--) {
        if (s->rows[i - 1].step == SCF_ENF_STEP_NOTIFY_ASSIGNMENT)
            return false;
        if (s->rows[i - 1].step == SCF_ENF_STEP_ASSIGN)
            return true;
    }
    return false;
}

bool scf_enf_is_in_case(const cJSON *dossier, const char *uscc) {
    static const char *const lists[] = {"debtors", "guarantors"};
    bool found = scf_body_is(scf_json_get(dossier, "creditor"), "uscc", uscc);
    for (size_t k = 0; k < SCF_COUNT(lists); k++) {
        const cJSON *party;
        cJSON_ArrayForEach(party, scf_json_get(dossier, lists[k])) {
            found = found || scf_body_is(party, "uscc", uscc);
        }
    }
    return found;
}

/* ---- writing ---- */

static void write_one(void *ctx, const cJSON *assignor, const cJSON *said, const cJSON *notice) {
    struct scf_jsonw *w = ctx;
    const cJSON *assignee = scf_json_get(said, "assignee");
    scf_jw_object(w, NULL);
    scf_enf_json_write(w, "assignor_name", scf_json_get(assignor, "name"));
    scf_enf_json_write(w, "assignee_name", scf_json_get(assignee, "name"));
    scf_enf_json_write(w, "assignee_uscc", scf_json_get(assignee, "uscc"));
    scf_enf_json_write(w, "assigned_on", scf_json_get(said, "assigned_on"));
    scf_enf_json_write(w, "agreement_sha256", scf_json_get(said, "document_sha256"));
    scf_enf_json_write(w, "notified_on",
                       scf_json_get(scf_json_get(notice, "notice"), "notified_on"));
    scf_enf_json_write(w, "notice_sha256", scf_json_get(notice, "document_sha256"));
    scf_jw_end_object(w);
}

void scf_enf_succession_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    if (scf_enf_last(s, SCF_ENF_STEP_ASSIGN, NULL) == NULL)
        return;
    scf_jw_array(w, "succession");
    scf_enf_each_assignment(s, write_one, w);
    scf_jw_end_array(w);
}

struct newest {
    const cJSON *assignor, *said, *notice;
};
static void keep(void *ctx, const cJSON *assignor, const cJSON *said, const cJSON *notice) {
    *(struct newest *)ctx = (struct newest){assignor, said, notice};
}

void scf_enf_creditor_write(struct scf_jsonw *w, const struct scf_enf_story *s) {
    struct newest last = {NULL, NULL, NULL};
    scf_enf_each_assignment(s, keep, &last);
    scf_enf_json_write(w, "creditor", scf_json_get(last.said, "assignee"));
    scf_jw_object(w, "assignment");
    scf_enf_json_write(w, "assignor_name", scf_json_get(last.assignor, "name"));
    scf_enf_json_write(w, "notified_on",
                       scf_json_get(scf_json_get(last.notice, "notice"), "notified_on"));
    scf_enf_json_write(w, "notice_sha256", scf_json_get(last.notice, "document_sha256"));
    scf_jw_end_object(w);
}
