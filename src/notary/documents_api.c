/* GET /v1/enforcement-notarizations/{id}/documents and …/{name}. */
#include "amendment.h"
#include "api.h"
#include "doc.h"

#include "take.h"

enum { DOCUMENT_MAX = 16 << 20 };

/* The case, with the ledger as of the day that its papers show. */
static enum scf_code read_case(struct scf_request *rq, struct scf_enf_story *s,
                               struct scf_error *err) {
    enum scf_code code = scf_enf_read(rq, s, err);
    struct scf_owed ledger, *owed = scf_alloc(scf_rq_arena(rq), 1, sizeof *owed);
    if (code != SCF_OK || s->owed == NULL)
        return code;
    if (owed == NULL)
        return scf_fail_memory(err);
    int32_t day = scf_enf_document_day(s);
    s->owed = owed;
    code =
        scf_lending_owed(scf_rq_db(rq), scf_rq_arena(rq), &s->c.loan_id, day, false, &ledger, err);
    return code == SCF_OK
               ? scf_enf_owed_amended(scf_rq_arena(rq), s->dossier, &ledger, day, owed, err)
               : code;
}

/* Debtors and guarantors read what is addressed to them, not what creditor and notary work with. */
static bool may_read(struct scf_request *rq, const struct scf_enf_story *s,
                     enum scf_enf_document document) {
    const unsigned owing = SCF_ENF_DEBTOR | SCF_ENF_GUARANTOR;
    bool internal = document == SCF_DOC_EC_APPLICATION || document == SCF_DOC_SETTLEMENT ||
                    document == SCF_DOC_EC_DRAFT;
    return !internal || (scf_enf_roles(s, scf_rq_actor(rq)) & ~owing) != 0;
}

static enum scf_code list_one(struct scf_jsonw *w, const struct scf_enf_story *s,
                              enum scf_enf_document document, struct scf_error *err) {
    const char *missing = scf_enf_document_missing(s, document);
    struct scf_buf pdf;
    enum scf_code code = SCF_OK;
    scf_buf_init(&pdf, DOCUMENT_MAX);
    if (missing == NULL)
        code = scf_enf_document_draw(s, document, &pdf, err);
    if (code == SCF_OK) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "name", scf_enf_document_names[document]);
        scf_jw_str(w, "title", scf_enf_document_title(document));
        scf_jw_bool(w, "available", missing == NULL);
        if (missing == NULL) {
            struct scf_hash hash = scf_sha256(pdf.data, pdf.len);
            scf_jw_hex(w, "sha256", hash.b, SCF_HASH_LEN);
            scf_jw_i64(w, "bytes", (int64_t)pdf.len);
        } else {
            scf_jw_str(w, "missing", missing);
        }
        scf_jw_end_object(w);
    }
    scf_buf_free(&pdf);
    return code;
}

void scf_enf_list_documents(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_enf_story s;
    struct scf_buf out;
    enum scf_code code = read_case(rq, &s, &err);
    scf_buf_init(&out, SCF_ENF_ANSWER_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (int i = 0; code == SCF_OK && i < SCF_ENF_DOCUMENTS; i++)
        if (may_read(rq, &s, (enum scf_enf_document)i))
            code = list_one(&w, &s, (enum scf_enf_document)i, &err);
    scf_jw_end_array(&w);
    scf_jw_end_object(&w);
    if (code == SCF_OK) {
        scf_reply_tagged(rq, 200, s.c.version, &out);
        return;
    }
    scf_buf_free(&out);
    scf_reply_error(rq, &err);
}

static enum scf_code find(struct scf_request *rq, const struct scf_enf_story *s,
                          enum scf_enf_document *ret, struct scf_error *err) {
    struct scf_str name = scf_rq_param(rq, "name");
    for (int i = 0; i < SCF_ENF_DOCUMENTS; i++) {
        if (!scf_str_is(name, scf_enf_document_names[i]) ||
            !may_read(rq, s, (enum scf_enf_document)i))
            continue;
        *ret = (enum scf_enf_document)i;
        const char *missing = scf_enf_document_missing(s, *ret);
        if (missing)
            return scf_fail(err, SCF_E_WRONG_STATE, "The document follows from %s.", missing);
        return SCF_OK;
    }
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no such document.");
}

void scf_enf_get_document(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_enf_story s;
    enum scf_enf_document document = SCF_DOC_APPLICATION;
    struct scf_buf out;
    char etag[2 * SCF_HASH_LEN + 1], disposition[128];
    scf_buf_init(&out, DOCUMENT_MAX);
    enum scf_code code = read_case(rq, &s, &err);
    if (code == SCF_OK)
        code = find(rq, &s, &document, &err);
    if (code == SCF_OK)
        code = scf_enf_document_draw(&s, document, &out, &err);
    if (code != SCF_OK) {
        scf_buf_free(&out);
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_hash hash = scf_sha256(out.data, out.len);
    scf_hex(hash.b, SCF_HASH_LEN, etag);
    if (scf_reply_not_modified(rq, etag)) {
        scf_buf_free(&out);
        return;
    }
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.pdf\"",
             scf_enf_document_names[document]);
    scf_reply_header(rq, "Content-Language", "zh-CN");
    scf_reply_header(rq, "Content-Disposition", disposition);
    scf_reply(rq, 200, "application/pdf", &out);
}
