/* GET /v1/credit-assessments: what the caller may see, or what awaits a lender's decision. The
 * page's tag is made of keys and versions alone, so that a poll that finds nothing new reads
 * nothing else. Relies on assess_store.c. */
#include "assess_api.h"
#include "scfd/base/clock.h"

/* ---- the question ---- */

static enum scf_code read_lender(struct scf_request *rq, struct scf_assess_filter *f,
                                 struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    const char *lender = scf_rq_query(rq, "lender_id");
    if (f->awaiting && !actor->admin && actor->kind == SCF_NODE_LENDER)
        f->lender = actor->node_id;
    if (lender == NULL)
        return SCF_OK;
    struct scf_uuid id;
    if (!f->awaiting) {
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "lender_id goes with status=awaiting_decision");
    }
    if (!scf_id_parse("node", scf_str(lender), &id))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "lender_id is the id of a node");
    if (!scf_uuid_is_nil(&f->lender) && !scf_uuid_eq(&f->lender, &id))
        return scf_fail(err, SCF_E_FORBIDDEN, "A lender lists what awaits its own decision");
    f->lender = id;
    return SCF_OK;
}

static enum scf_code read_filter(struct scf_request *rq, struct scf_assess_filter *ret,
                                 struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    const char *status = scf_rq_query(rq, "status"), *borrower = scf_rq_query(rq, "borrower_id");
    struct scf_assess_filter f = {.status = -1};
    if (!actor->admin)
        f.visible_to = actor->node_id;
    if (status != NULL && strcmp(status, "awaiting_decision") == 0) {
        f.awaiting = true;
    } else if (status != NULL && (f.status = scf_assess_status_of(status)) < 0) {
        return scf_fail(err, SCF_E_INVALID_PARAMETER,
                        "status is queued, running, succeeded, failed or awaiting_decision");
    }
    if (borrower != NULL && !scf_id_parse("ent", scf_str(borrower), &f.borrower_id))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "borrower_id is the id of an enterprise");
    enum scf_code code = read_lender(rq, &f, err);
    if (code == SCF_OK)
        *ret = f;
    return code;
}

static const char *filter_text(struct scf_request *rq) {
    const char *status = scf_rq_query(rq, "status"), *borrower = scf_rq_query(rq, "borrower_id");
    const char *lender = scf_rq_query(rq, "lender_id");
    return scf_asprintf(scf_rq_arena(rq), "assessments|%s|%s|%s", status ? status : "",
                        borrower ? borrower : "", lender ? lender : "");
}

/* ---- the tag ---- */

static void page_etag(const struct scf_assess_key *keys, int n, char out[SCF_ASSESS_ETAG]) {
    struct scf_digest_stream *s = scf_digest_begin(SCF_SHA256);
    for (int i = 0; i < n; i++) {
        scf_digest_update(s, keys[i].id.b, sizeof keys[i].id.b);
        scf_digest_update(s, &keys[i].version, sizeof keys[i].version);
    }
    struct scf_hash h = scf_digest_final(s);
    char hex[2 * 16 + 1];
    scf_hex(h.b, 16, hex);
    snprintf(out, SCF_ASSESS_ETAG, "%d-%s", n, hex);
}

/* True when the request was put to wait: only a lender's own list has a topic. */
static bool waits(struct scf_request *rq, const struct scf_assess_filter *f, const char *etag,
                  int n) {
    if (!f->awaiting || scf_uuid_is_nil(&f->lender) || !scf_rq_may_wait(rq))
        return false;
    bool nothing_new =
        scf_rq_header(rq, "If-None-Match") != NULL ? scf_rq_has_tag(rq, etag) : n == 0;
    char topic[SCF_ASSESS_TOPIC];
    if (nothing_new) {
        scf_assess_topic("lender", &f->lender, topic);
        scf_rq_wait(rq, topic);
    }
    return nothing_new;
}

/* ---- the page ---- */

static void reply_page(struct scf_request *rq, const char *filter, const struct scf_page *page,
                       const struct scf_assess_key *keys, int n) {
    struct scf_error err = {0};
    struct scf_arena *arena = scf_rq_arena(rq);
    struct scf_assess_row *rows;
    int asked = n > page->limit ? page->limit : n, shown;
    if (scf_assess_rows(scf_rq_db(rq), arena, scf_rq_actor(rq), keys, asked, &rows, &shown, &err) !=
        SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body;
    scf_buf_init(&body, SCF_ASSESS_PAGE_BYTES + 2 * SCF_ASSESS_BODY_MAX);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (int i = 0; i < shown; i++) {
        if (i > 0)
            scf_buf_putc(&body, ',');
        scf_assess_write(&body, arena, &rows[i], NULL, 0);
    }
    scf_jw_end_array(&w);
    const struct scf_assess_key *last = shown > 0 ? &keys[shown - 1] : NULL;
    scf_page_write(rq, &w, filter, n > shown, last != NULL ? last->at_us : 0,
                   last != NULL ? &last->id : &page->after_id);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

void scf_assess_list(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_assess_filter filter;
    struct scf_page page;
    struct scf_assess_key *keys;
    int n;
    char etag[SCF_ASSESS_ETAG];
    const char *text = filter_text(rq);
    if (read_filter(rq, &filter, &err) != SCF_OK ||
        scf_page_read(rq, text, &page, &err) != SCF_OK ||
        scf_assess_page(scf_rq_db(rq), scf_rq_arena(rq), &filter, &page, &keys, &n, &err) !=
            SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    page_etag(keys, n, etag);
    if (waits(rq, &filter, etag, n) || scf_reply_not_modified(rq, etag))
        return;
    reply_page(rq, text, &page, keys, n);
}
