/* An assessment as the API shows it: what changes about it, then the members of its document as
 * they stand in the chain. Relies on assess_store.c for rows. */
#include "assess_api.h"

static const char *const status_names[] = {"queued", "running", "succeeded", "failed", NULL};

int scf_assess_status_of(const char *text) {
    return scf_name_index(status_names, text);
}

static void write_lenders(struct scf_jsonw *w, const struct scf_assess_lender *lenders, int n) {
    scf_jw_array(w, "lenders");
    for (int i = 0; i < n; i++) {
        scf_jw_object(w, NULL);
        scf_jw_id(w, "lender_id", "node", &lenders[i].node_id);
        scf_jw_bool(w, "awaiting_decision", lenders[i].awaiting);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* Before there is a document: what was asked. */
static void write_request(struct scf_jsonw *w, struct scf_arena *arena,
                          const struct scf_assess_row *row) {
    struct scf_assess_request request;
    struct scf_error ignored = {0};
    char *text = scf_strndup(arena, row->request.p, row->request.n);
    const cJSON *body = text != NULL ? scf_json_parse(arena, text, row->request.n, &ignored) : NULL;
    scf_jw_str(w, "object", "credit_assessment");
    scf_jw_id(w, "id", "asm", &row->id);
    scf_jw_id(w, "borrower_id", "ent", &row->borrower_id);
    if (body != NULL && scf_assess_request_read(arena, body, &request, &ignored) == SCF_OK) {
        scf_jw_str(w, "kind", scf_assessment_kind_names[request.kind]);
        scf_jw_array(w, "contract_ids");
        for (size_t i = 0; i < request.contract_count; i++)
            scf_jw_id(w, NULL, "ctr", &request.contracts[i]);
        scf_jw_end_array(w);
    }
    scf_jw_time(w, "as_of", row->as_of_us);
    if (row->problem_code != NULL) {
        scf_jw_object(w, "problem");
        scf_jw_str(w, "code", row->problem_code);
        scf_jw_str(w, "detail", row->problem_detail);
        scf_jw_end_object(w);
    }
}

void scf_assess_write(struct scf_buf *out, struct scf_arena *arena,
                      const struct scf_assess_row *row, const struct scf_assess_lender *lenders,
                      int lender_count) {
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "status", status_names[row->status]);
    scf_jw_bool(&w, "awaiting_decision", row->awaiting);
    scf_jw_i64(&w, "version", row->version);
    scf_jw_time(&w, "created_at", row->created_us);
    scf_jw_time(&w, "updated_at", row->updated_us);
    if (!scf_uuid_is_nil(&row->node_id))
        scf_jw_id(&w, "node_id", "node", &row->node_id);
    if (lenders != NULL)
        write_lenders(&w, lenders, lender_count);
    if (row->has_lender_limit) {
        scf_jw_money(&w, "lender_limit", row->lender_limit, scf_scale_of(row->currency));
        scf_jw_raw(&w, "lender_steps", row->lender_steps.p, row->lender_steps.n);
    }
    if (row->document.n > 1) { /* the document follows from after its opening brace */
        struct scf_hash sha256 = scf_sha256(row->document.p, row->document.n);
        scf_jw_hex(&w, "sha256", sha256.b, SCF_HASH_LEN);
        scf_buf_putc(out, ',');
        scf_buf_put(out, row->document.p + 1, row->document.n - 1);
    } else {
        write_request(&w, arena, row);
        scf_jw_end_object(&w);
    }
}
