/* The answer to a bulk upload: one result a line and a summary last (api-rules R6). */
#include "bulk.h"

#include "scfd/codec/json.h"
#include "scfd/codec/jsonw.h"

static void write_stored(struct scf_jsonw *w, const struct scf_item *item) {
    const char *prefix = scf_record_kind_prefix(item->record.kind);
    bool profile = item->record.kind == SCF_REC_ENTERPRISE;
    scf_jw_id(w, "id", profile ? "ent" : prefix, profile ? &item->enterprise_id : &item->stored.id);
    if (profile)
        scf_jw_id(w, "record_id", prefix, &item->stored.id);
    scf_jw_strn(w, "external_id", item->record.external_id.p, item->record.external_id.n);
    scf_jw_time(w, "received_at", item->stored.received_us);
    scf_jw_hex(w, "sha256", item->record.body_sha256.b, SCF_HASH_LEN);
    if (item->record.suite == SCF_SUITE_SM3_SM2)
        scf_jw_hex(w, "sm3", item->record.body_sm3.b, SCF_HASH_LEN);
    scf_jw_i64(w, "index", item->stored.leaf_index);
    if (item->warnings.count == 0)
        return;
    scf_jw_array(w, "warnings");
    for (size_t i = 0; i < item->warnings.count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "pointer", item->warnings.items[i].pointer);
        scf_jw_str(w, "code", item->warnings.items[i].code);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

/* A refused line is named too where its name can be read: that is how the sender finds it again. */
static struct scf_str name_of(const struct scf_item *item) {
    enum { NAME_MAX_BYTES = 128 * 4 };
    if (item->record.external_id.n > 0)
        return item->record.external_id;
    const char *name = item->json ? scf_json_string(item->json, "external_id") : NULL;
    return name && strlen(name) <= NAME_MAX_BYTES ? scf_str(name) : (struct scf_str){0};
}

static void write_refused(struct scf_bulk *b, struct scf_jsonw *w, const struct scf_item *item) {
    enum { PROBLEM_MAX = 256 << 10 }; /* SCF_MAX_FAULTS at names of SCF_JSON_MAX_KEY, escaped */
    struct scf_buf problem;
    scf_buf_init(&problem, PROBLEM_MAX);
    scf_problem_json(b->rq, &item->error, &problem);
    struct scf_str name = name_of(item);
    if (name.n > 0)
        scf_jw_strn(w, "external_id", name.p, name.n);
    scf_jw_raw(w, "problem", problem.data, problem.len);
    scf_buf_free(&problem);
}

static void count(struct scf_bulk *b, const struct scf_item *item) {
    b->accepted += item->outcome == SCF_ACCEPTED;
    b->duplicate += item->outcome == SCF_REPLAYED;
    b->rejected += item->outcome == SCF_REFUSED;
    b->warnings += item->outcome == SCF_ACCEPTED ? (int64_t)item->warnings.count : 0;
}

static void write_line(struct scf_bulk *b, int64_t number, const struct scf_item *item) {
    struct scf_jsonw w = scf_jsonw(&b->spool.ahead);
    if (b->as_json && b->total > 0)
        scf_buf_putc(&b->spool.ahead, ',');
    scf_jw_object(&w, NULL);
    scf_jw_i64(&w, "line", number);
    scf_jw_i64(&w, "status", scf_item_status(item));
    if (item->outcome == SCF_REFUSED)
        write_refused(b, &w, item);
    else
        write_stored(&w, item);
    scf_jw_end_object(&w);
    scf_buf_putc(&b->spool.ahead, '\n');
    scf_spool_settle(&b->spool);
    b->total++;
    count(b, item);
}

void scf_bulk_write_piece(struct scf_bulk *b, const struct scf_piece *piece) {
    if (b->as_json && b->total == 0 && b->spool.size + b->spool.ahead.len == 0)
        scf_buf_puts(&b->spool.ahead, "{\"items\":[");
    for (size_t i = 0; i < piece->count; i++)
        write_line(b, piece->numbers[i], piece->lines[i]);
}

static const char *batch_status(const struct scf_bulk *b) {
    if (b->rejected == 0)
        return "accepted";
    return b->accepted + b->duplicate > 0 ? "partially_accepted" : "rejected";
}

static void write_summary(struct scf_bulk *b) {
    struct scf_hash digest = scf_digest_final(b->digest);
    b->digest = NULL;
    struct scf_jsonw w = scf_jsonw(&b->spool.ahead);
    if (b->as_json)
        scf_buf_puts(&b->spool.ahead,
                     b->total == 0 ? "{\"items\":[],\"summary\":" : "],\"summary\":");
    else
        scf_buf_puts(&b->spool.ahead, "{\"summary\":");
    scf_jw_object(&w, NULL);
    scf_jw_str(&w, "batch_status", batch_status(b));
    scf_jw_i64(&w, "total", b->total);
    scf_jw_i64(&w, "accepted", b->accepted);
    scf_jw_i64(&w, "duplicate", b->duplicate);
    scf_jw_i64(&w, "rejected", b->rejected);
    scf_jw_i64(&w, "warnings", b->warnings);
    scf_jw_hex(&w, "batch_sha256", digest.b, SCF_HASH_LEN);
    scf_jw_end_object(&w);
    scf_buf_puts(&b->spool.ahead, "}\n");
}

void scf_bulk_reply(struct scf_bulk *b) {
    write_summary(b);
    if (!scf_spool_finish(&b->spool)) {
        struct scf_error err = {0};
        scf_fail(&err, SCF_E_INTERNAL,
                 "The answer could not be kept (too large, or the disk is full). The records were "
                 "decided: send the same lines again, in smaller parts, to learn how.");
        scf_reply_error(b->rq, &err);
        return;
    }
    int fd = b->spool.fd;
    b->spool.fd = -1;
    scf_reply_file(b->rq, 200, b->as_json ? "application/json" : "application/x-ndjson", fd,
                   b->spool.size);
}
