/* The job "replay": reads the receipt, walks the chains that it names, derives every input again,
 * computes the limit, compares, and stores what came out. It writes nothing else, and may run any
 * number of times. Relies on the other files of replay.h. */
#include "replay.h"
#include "scfd/base/clock.h"
#include "scfd/base/money.h"
#include "scfd/credit/assessment.h"
#include "scfd/replay/replay.h"

enum { DOCUMENT_BYTES = 4 << 20, RECEIPT_BYTES = 16 << 20, FACTS_BYTES = 1 << 30 };

/* ---- reading what is to be replayed ---- */

static bool read_payload(const struct scf_job *job, struct scf_uuid *ret) {
    struct scf_error ignored = {0};
    char *text = scf_strndup(job->arena, job->payload.p, job->payload.n);
    const cJSON *json =
        text != NULL ? scf_json_parse(job->arena, text, job->payload.n, &ignored) : NULL;
    const char *id = scf_json_string(json, "id");
    return id != NULL && scf_id_parse("asm", scf_str(id), ret);
}

static const cJSON *parse_text(struct scf_credit_replay *r, struct scf_str text,
                               struct scf_error *err) {
    char *copy = scf_strndup(r->arena, text.p, text.n);
    return copy != NULL ? scf_json_parse(r->arena, copy, text.n, err) : NULL;
}

static enum scf_code read_receipt(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_assess_row row;
    enum scf_code code = scf_assess_get(r->db, r->arena, NULL, &r->id, &row, err);
    if (code == SCF_OK)
        code = scf_assess_receipt(r->db, r->arena, NULL, &r->id, &r->receipt_text, err);
    if (code != SCF_OK)
        return code;
    r->asked_us = row.created_us;
    struct scf_error none = {0}; /* what the server itself decided on has no request */
    r->request = row.request.n > 0 ? parse_text(r, row.request, &none) : NULL;
    r->receipt = parse_text(r, r->receipt_text, err);
    return r->receipt != NULL ? scf_receipt_read(r->arena, r->receipt, &r->recorded, err)
                              : err->code;
}

/* The receipt is the one whose digest stands in the assessment's record, which is in the platform's
 * chain. */
static enum scf_code check_record(struct scf_credit_replay *r, struct scf_error *err) {
    struct scf_record record;
    enum scf_code code = scf_record_get(r->db, r->arena, NULL, &r->id, &record, err);
    if (code != SCF_OK)
        return code;
    r->decided_us = record.received_us;
    const char *what = scf_replay_record_fault(&record);
    if (what != NULL && what[0] == '\0') {
        scf_replay_gap(r, NULL, &record, "the assessment's own record is erased");
        return SCF_OK;
    }
    struct scf_error unsealed = {0};
    struct scf_buf proof;
    scf_buf_init(&proof, DOCUMENT_BYTES);
    if (what == NULL &&
        scf_proof_json(r->db, r->arena, r->services, &record, &proof, &unsealed) == SCF_E_INTERNAL)
        what = "its leaf is not in the sealed tree";
    scf_buf_free(&proof);
    if (what != NULL)
        scf_replay_fault(r, &record, what);
    const cJSON *document = parse_text(r, record.body, err);
    const char *recorded = scf_json_string(scf_json_get(document, "inputs"), "receipt_sha256");
    struct scf_hash h = scf_sha256(r->receipt_text.p, r->receipt_text.n);
    char *hex = scf_alloc(r->arena, 1, 2 * SCF_HASH_LEN + 1);
    if (hex == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    scf_hex(h.b, SCF_HASH_LEN, hex);
    if (recorded == NULL || strcmp(recorded, hex) != 0)
        scf_replay_differ(&r->diffs, "", recorded, hex);
    return SCF_OK;
}

/* ---- walking ---- */

/* What the contracts are in business: their events and invoices, whosever, are looked at too. */
static enum scf_code read_keys(struct scf_credit_replay *r, struct scf_error *err) {
    r->asked = scf_alloc(r->arena, r->recorded.contract_count, sizeof *r->asked);
    r->keys = scf_alloc(r->arena, r->recorded.contract_count, sizeof *r->keys);
    r->erased = scf_alloc(r->arena, r->recorded.contract_count, sizeof *r->erased);
    r->kept = scf_alloc(r->arena, SCF_REPLAY_KEPT, sizeof *r->kept);
    if (r->asked == NULL || r->keys == NULL || r->erased == NULL || r->kept == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    for (size_t i = 0; i < r->recorded.contract_count; i++) {
        enum scf_code code = scf_record_get(r->db, r->arena, NULL,
                                            &r->recorded.contracts[i].record_id, &r->asked[i], err);
        if (code != SCF_OK)
            return code;
        if (!scf_uuid_is_nil(&r->asked[i].business_key))
            r->keys[r->key_count++] = &r->asked[i].business_key;
    }
    return SCF_OK;
}

static struct scf_replay_chain *chain_of(struct scf_credit_replay *r, const struct scf_uuid *id) {
    for (size_t i = 0; i < r->chain_count; i++)
        if (scf_uuid_eq(&r->chains[i].chain_id, id))
            return &r->chains[i];
    r->chains[r->chain_count].chain_id = *id;
    return &r->chains[r->chain_count++];
}

/* A record that the receipt names may stand in a chain that is not among those of the sums. The
 * receipt tells no size of it: the chain is looked at up to the record. */
static void reach(struct scf_credit_replay *r, const struct scf_record *record) {
    struct scf_replay_chain *c = chain_of(r, &record->chain_id);
    c->size = scf_at_least(c->size, record->leaf_index + 1);
}

static enum scf_code reach_named(struct scf_credit_replay *r, struct scf_error *err) {
    enum scf_code code = SCF_OK;
    for (size_t i = 0; code == SCF_OK && i < r->recorded.contract_count; i++) {
        const struct scf_limit_contract *k = &r->recorded.contracts[i];
        reach(r, &r->asked[i]);
        for (size_t g = 0; code == SCF_OK && g < k->guarantee_count; g++) {
            struct scf_record record;
            code = scf_record_get(r->db, r->arena, NULL, &k->guarantees[g].record_id, &record, err);
            if (code == SCF_OK)
                reach(r, &record);
        }
    }
    return code;
}

/* Those that the sums come from, those that hold facts of a contract, and those that the contracts
 * and guarantees stand in; the first may lie a few leaves behind the second, for they are read a
 * moment before. */
static enum scf_code list_chains(struct scf_credit_replay *r, struct scf_error *err) {
    const struct scf_limit_inputs *in = &r->recorded;
    size_t most = in->chain_count;
    for (size_t i = 0; i < in->contract_count; i++)
        most += in->contracts[i].trade.chain_count + in->contracts[i].guarantee_count + 1;
    r->chains = scf_alloc(r->arena, most, sizeof *r->chains);
    if (r->chains == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    for (size_t i = 0; i < in->chain_count; i++) {
        struct scf_replay_chain *c = chain_of(r, &in->chains[i].chain_id);
        c->rated_size = c->traded_size = in->chains[i].folded_size;
        c->sealed_size = in->chains[i].sealed_size;
    }
    for (size_t i = 0; i < in->contract_count; i++) {
        const struct scf_trade_view *v = &in->contracts[i].trade;
        for (size_t k = 0; k < v->chain_count; k++)
            chain_of(r, &v->chains[k].chain_id)->traded_size = v->chains[k].folded_size;
    }
    enum scf_code code = reach_named(r, err);
    for (size_t i = 0; i < r->chain_count; i++) {
        struct scf_replay_chain *c = &r->chains[i];
        c->size = scf_at_least(c->size, scf_at_least(c->rated_size, c->traded_size));
        r->leaves_total += c->size;
    }
    return code;
}

static enum scf_code walk_chains(struct scf_credit_replay *r, struct scf_error *err) {
    r->facts = scf_trade_again_new(r->facts_arena);
    if (r->facts == NULL || !scf_replay_sums_init(&r->sums, r->arena, &r->recorded.borrower_id,
                                                  r->recorded.from_day, r->recorded.to_day))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    enum scf_code code = read_keys(r, err);
    code = code == SCF_OK ? list_chains(r, err) : code;
    for (size_t i = 0; code == SCF_OK && i < r->chain_count; i++)
        code = scf_replay_walk(r, &r->chains[i], err);
    return code;
}

/* ---- comparing ---- */

static void free_buf(void *buf) {
    scf_buf_free(buf);
}

static enum scf_code compare(struct scf_credit_replay *r, const cJSON **ret_again,
                             struct scf_error *err) {
    struct scf_limit_result result;
    struct scf_buf *again = scf_alloc(r->arena, 1, sizeof *again);
    if (again == NULL || !scf_limit_compute(&r->derived, r->arena, &result))
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    scf_buf_init(again, RECEIPT_BYTES);
    scf_defer(r->arena, free_buf, again);
    scf_receipt_write(&r->derived, &result, again);
    if (again->overflow)
        return scf_fail(err, SCF_E_BODY_TOO_LARGE, "The replay's receipt is too large");
    *ret_again = parse_text(r, (struct scf_str){again->data, again->len}, err);
    if (*ret_again == NULL)
        return err->code;
    scf_replay_compare(&r->diffs, "/inputs", scf_json_get(r->receipt, "inputs"),
                       scf_json_get(*ret_again, "inputs"));
    scf_replay_compare(&r->diffs, "/result", scf_json_get(r->receipt, "result"),
                       scf_json_get(*ret_again, "result"));
    if (r->diffs.count == 0) /* else it differs for a reason that is named already */
        scf_replay_compare(&r->diffs, "/inputs_sha256", scf_json_get(r->receipt, "inputs_sha256"),
                           scf_json_get(*ret_again, "inputs_sha256"));
    return SCF_OK;
}

/* ---- the result ---- */

static bool matches(const struct scf_credit_replay *r) {
    bool sound = r->diffs.count == 0 && r->fault_count == 0;
    for (size_t i = 0; i < r->chain_count; i++)
        sound &= r->chains[i].root_ok;
    return sound;
}

static void write_chains(struct scf_jsonw *w, const struct scf_credit_replay *r) {
    scf_jw_array(w, "chains");
    for (size_t i = 0; i < r->chain_count; i++) {
        const struct scf_replay_chain *c = &r->chains[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "id", "chain", &c->chain_id);
        scf_jw_i64(w, "size", c->size);
        scf_jw_i64(w, "sealed_size", c->sealed_size);
        scf_jw_bool(w, "root_ok", c->root_ok);
        scf_jw_i64(w, "records", c->records);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_differences(struct scf_jsonw *w, const struct scf_credit_replay *r) {
    scf_jw_i64(w, "difference_count", (int64_t)r->diffs.count);
    scf_jw_array(w, "differences");
    for (size_t i = 0; i < r->diffs.n; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "pointer", r->diffs.items[i].pointer);
        scf_jw_str(w, "recorded", r->diffs.items[i].recorded);
        scf_jw_str(w, "recomputed", r->diffs.items[i].recomputed);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_faults(struct scf_jsonw *w, const struct scf_credit_replay *r) {
    scf_jw_i64(w, "fault_count", (int64_t)r->fault_count);
    scf_jw_array(w, "faults");
    for (size_t i = 0; i < r->fault_n; i++) {
        const struct scf_replay_fault *f = &r->faults[i];
        scf_jw_object(w, NULL);
        scf_jw_id(w, "record_id", scf_record_kind_prefix(f->kind), &f->record_id);
        scf_jw_id(w, "chain_id", "chain", &f->chain_id);
        scf_jw_i64(w, "leaf_index", f->leaf_index);
        scf_jw_str(w, "detail", f->what);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_gaps(struct scf_jsonw *w, const struct scf_credit_replay *r) {
    scf_jw_i64(w, "not_recomputable_count", (int64_t)r->gap_count);
    scf_jw_array(w, "not_recomputable");
    for (size_t i = 0; i < r->gap_n; i++) {
        const struct scf_replay_gap *g = &r->gaps[i];
        scf_jw_object(w, NULL);
        if (g->pointer != NULL)
            scf_jw_str(w, "pointer", g->pointer);
        scf_jw_id(w, "record_id", scf_record_kind_prefix(g->kind), &g->record_id);
        scf_jw_str(w, "detail", g->why);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

static void write_limit(struct scf_jsonw *w, const struct scf_credit_replay *r,
                        const cJSON *again) {
    scf_jw_object(w, "recommended_limit");
    scf_jw_str(w, "currency", r->recorded.currency);
    scf_jw_str(w, "recorded",
               scf_json_string(scf_json_get(r->receipt, "result"), "recommended_limit"));
    scf_jw_str(w, "recomputed",
               scf_json_string(scf_json_get(again, "result"), "recommended_limit"));
    scf_jw_end_object(w);
}

static void write_result(struct scf_buf *out, const struct scf_credit_replay *r, const cJSON *again,
                         int64_t now_us) {
    struct scf_jsonw w = scf_jsonw(out);
    struct scf_hash receipt = scf_sha256(r->receipt_text.p, r->receipt_text.n);
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "object", "credit_replay");
    scf_jw_id(&w, "assessment_id", "asm", &r->id);
    scf_jw_id(&w, "job_id", "job", &r->job->id);
    scf_jw_bool(&w, "matches", matches(r));
    scf_jw_time(&w, "replayed_at", now_us);
    scf_jw_time(&w, "as_of", r->recorded.as_of_us);
    scf_jw_hex(&w, "receipt_sha256", receipt.b, SCF_HASH_LEN);
    write_limit(&w, r, again);
    write_chains(&w, r);
    write_differences(&w, r);
    write_faults(&w, r);
    write_gaps(&w, r);
    scf_jw_end_object(&w);
}

struct saving {
    struct scf_credit_replay *r;
    struct scf_buf document;
    int64_t now_us;
};

static enum scf_code save(struct scf_db *db, void *ctx, struct scf_error *err) {
    struct saving *s = ctx;
    struct scf_credit_replay *r = s->r;
    enum scf_code code =
        scf_replay_save(db, r->arena, &r->id, &r->job->id, matches(r),
                        (struct scf_str){s->document.data, s->document.len}, s->now_us, err);
    return code == SCF_OK ? scf_assess_notify(db, r->arena, "replay", &r->id, err) : code;
}

static enum scf_code finish(struct scf_credit_replay *r, const cJSON *again,
                            struct scf_error *err) {
    struct saving s = {.r = r, .now_us = scf_now_us()};
    scf_buf_init(&s.document, DOCUMENT_BYTES);
    write_result(&s.document, r, again, s.now_us);
    enum scf_code code = s.document.overflow
                             ? scf_fail(err, SCF_E_INTERNAL, "The replay's result is too large")
                             : scf_tx_run(r->db, save, &s, err);
    scf_buf_free(&s.document);
    return code;
}

static enum scf_code replay(struct scf_credit_replay *r, struct scf_error *err) {
    const cJSON *again = NULL;
    enum scf_code code = read_receipt(r, err);
    code = code == SCF_OK ? check_record(r, err) : code;
    code = code == SCF_OK ? walk_chains(r, err) : code;
    code = code == SCF_OK ? scf_replay_derive(r, err) : code;
    code = code == SCF_OK ? compare(r, &again, err) : code;
    return code == SCF_OK ? finish(r, again, err) : code;
}

static enum scf_code run(struct scf_job *job, struct scf_error *err) {
    struct scf_credit_replay *r = scf_alloc(job->arena, 1, sizeof *r);
    char id[SCF_ID_TEXT];
    if (r == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory for the replay");
    r->job = job;
    r->arena = r->diffs.arena = job->arena;
    r->db = job->db;
    r->services = job->app;
    if (!read_payload(job, &r->id))
        return scf_fail(err, SCF_E_MALFORMED_JSON, "The job names no assessment");
    r->facts_arena = scf_arena_new(FACTS_BYTES);
    enum scf_code code = replay(r, err);
    scf_arena_free(r->facts_arena);
    if (code == SCF_OK) {
        scf_id_format("asm", &r->id, id);
        job->result_href = scf_asprintf(job->arena, "/v1/credit-assessments/%s/replay", id);
    }
    return code;
}

const struct scf_job_kind scf_replay_job = {
    .name = "replay", .run = run, .lease_s = 300, .max_attempts = 3};
