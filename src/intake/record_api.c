/* Reading what was sent: records, their exact bytes, and the resources they hold. */
#include "ingest.h"
#include "record_store.h"
#include "scfd/base/clock.h"
#include "scfd/codec/jsonw.h"
#include "scfd/http/answer.h"

/* ---- writing ---- */

/* A page of bodies, its last one, and what stands beside them. */
static struct scf_buf new_answer(struct scf_request *rq) {
    const struct scf_services *services = scf_rq_app(rq);
    struct scf_buf body;
    scf_buf_init(&body,
                 SCF_RECORD_PAGE_BYTES + (size_t)services->config->max_body_bytes + (4 << 20));
    return body;
}

static void write_record_members(struct scf_jsonw *w, const struct scf_record *r) {
    scf_jw_id(w, "id", scf_record_kind_prefix(r->kind), &r->id);
    scf_jw_str(w, "object", scf_record_kind_name(r->kind));
    scf_jw_id(w, "node_id", "node", &r->chain_id);
    scf_jw_strn(w, "external_id", r->external_id.p, r->external_id.n);
    scf_jw_time(w, "received_at", r->received_us);
    if (!scf_uuid_is_nil(&r->revises_id))
        scf_jw_id(w, "revises_id", scf_record_kind_prefix(r->kind), &r->revises_id);
    if (!scf_uuid_is_nil(&r->enterprise_id))
        scf_jw_id(w, "subject_enterprise_id", "ent", &r->enterprise_id);
    if (r->body.p)
        scf_jw_hex(w, "sha256", r->body_sha256.b, SCF_HASH_LEN);
    if (r->body.p && r->suite == SCF_SUITE_SM3_SM2)
        scf_jw_hex(w, "sm3", r->body_sm3.b, SCF_HASH_LEN);
    scf_jw_bool(w, "erased", r->body.p == NULL);
    scf_jw_object(w, "chain");
    scf_jw_id(w, "id", "chain", &r->chain_id);
    scf_jw_i64(w, "index", r->leaf_index);
    scf_jw_hex(w, "leaf_hash", r->leaf_hash.b, SCF_HASH_LEN);
    scf_jw_end_object(w);
}

/* Resource = what the server set, the contract it belongs to once that is known, and the body as it
 * was sent. */
static void write_resource(struct scf_jsonw *w, const struct scf_record *r,
                           const struct scf_uuid *contract_id) {
    scf_jw_object(w, NULL);
    write_record_members(w, r);
    if (!scf_uuid_is_nil(contract_id))
        scf_jw_id(w, "contract_id", scf_record_kind_prefix(SCF_REC_CONTRACT), contract_id);
    if (r->body.p)
        scf_jw_raw(w, "content", r->body.p, r->body.n);
    scf_jw_end_object(w);
}

/* The tag changes with what is shown: erasure, and a contract that arrived later. */
static bool not_modified(struct scf_request *rq, const struct scf_record *r,
                         const struct scf_uuid *contract_id) {
    char tag[64], leaf[17], contract[17];
    scf_hex(r->leaf_hash.b, 8, leaf);
    scf_hex(contract_id->b + 8, 8, contract);
    snprintf(tag, sizeof tag, "%s-%s%s", leaf, contract, r->body.p ? "" : "-erased");
    return scf_reply_not_modified(rq, tag);
}

static void reply_resource(struct scf_request *rq, const struct scf_record *r) {
    struct scf_uuid contract_id;
    struct scf_error err = {0};
    if (scf_records_contracts(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), r, 1, &contract_id,
                              &err) != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    if (not_modified(rq, r, &contract_id))
        return;
    struct scf_buf body = new_answer(rq);
    struct scf_jsonw w = scf_jsonw(&body);
    write_resource(&w, r, &contract_id);
    scf_reply_json(rq, 200, &body);
}

static void reply_record(struct scf_request *rq, const struct scf_record *r) {
    static const struct scf_uuid none;
    if (not_modified(rq, r, &none))
        return;
    struct scf_buf body = new_answer(rq);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    write_record_members(&w, r);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

/* ---- one record ---- */

/* The record of the path, if it exists, is visible and has the prefix of its kind. */
static enum scf_code record_of_path(struct scf_request *rq, struct scf_record *ret,
                                    struct scf_error *err) {
    char prefix[16];
    struct scf_uuid id;
    enum scf_record_kind kind;
    if (!scf_id_parse_any(scf_rq_param(rq, "id"), prefix, &id) ||
        !scf_record_kind_of_prefix(prefix, &kind))
        return scf_fail(err, SCF_E_NOT_FOUND, "No record has this id.");
    struct scf_record record;
    enum scf_code code =
        scf_record_get(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &id, &record, err);
    if (code != SCF_OK)
        return code;
    if (record.kind != kind)
        return scf_fail(err, SCF_E_NOT_FOUND, "No record has this id.");
    *ret = record;
    return SCF_OK;
}

static void get_record(struct scf_request *rq) {
    struct scf_record record;
    struct scf_error err = {0};
    if (record_of_path(rq, &record, &err) != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_record(rq, &record);
}

static void get_body(struct scf_request *rq) {
    struct scf_record record;
    struct scf_error err = {0};
    enum scf_code code = record_of_path(rq, &record, &err);
    if (code == SCF_OK && !record.body.p)
        code = scf_fail(&err, SCF_E_GONE, "The body was erased; its leaf stays in the chain.");
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body = new_answer(rq);
    scf_buf_put(&body, record.body.p, record.body.n);
    scf_reply(rq, 200, "application/json", &body);
}

/* Both digests of the bytes, whatever the chain is made of: computed anew, so that what is said is
 * true of what GET …/body gives. */
static void get_digests(struct scf_request *rq) {
    struct scf_record record;
    struct scf_error err = {0};
    enum scf_code code = record_of_path(rq, &record, &err);
    if (code == SCF_OK && !record.body.p)
        code = scf_fail(&err, SCF_E_GONE, "The body was erased; its leaf stays in the chain.");
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_hash sha256 = scf_sha256(record.body.p, record.body.n),
                    sm3 = scf_digest(SCF_SM3, record.body.p, record.body.n);
    struct scf_buf body = new_answer(rq);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_id(&w, "id", scf_record_kind_prefix(record.kind), &record.id);
    scf_jw_hex(&w, "sha256", sha256.b, SCF_HASH_LEN);
    scf_jw_hex(&w, "sm3", sm3.b, SCF_HASH_LEN);
    scf_jw_i64(&w, "bytes", (int64_t)record.body.n);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

static void get_resource(struct scf_request *rq) {
    struct scf_record record;
    struct scf_error err = {0};
    enum scf_code code = record_of_path(rq, &record, &err);
    if (code == SCF_OK && record.kind != scf_kind_of_path(scf_rq_path(rq)))
        code = scf_fail(&err, SCF_E_NOT_FOUND, "No record of this kind has this id.");
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_resource(rq, &record);
}

/* ---- lists ---- */

static enum scf_code read_time(struct scf_request *rq, const char *name, int64_t fallback,
                               int64_t *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, name);
    *ret = fallback;
    if (!text || scf_time_parse(scf_str(text), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "%s is not an RFC 3339 time with offset.", name);
}

static enum scf_code read_owner(struct scf_request *rq, struct scf_record_filter *f,
                                struct scf_error *err) {
    const struct scf_actor *actor = scf_rq_actor(rq);
    const char *addressed = scf_rq_query(rq, "addressed"), *node = scf_rq_query(rq, "node_id");
    f->owner = actor->node_id;
    f->source = addressed ? SCF_FROM_ADDRESSED : SCF_FROM_CHAIN;
    if (addressed && (strcmp(addressed, "true") != 0 || actor->admin))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "addressed is \"true\", for nodes only.");
    if (actor->admin && !node)
        f->source = SCF_FROM_ALL;
    if (!node)
        return SCF_OK;
    if (!scf_id_parse("node", scf_str(node), &f->owner) ||
        (!actor->admin && !scf_uuid_eq(&f->owner, &actor->node_id)))
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "node_id is not the id of your node.");
    return SCF_OK;
}

static enum scf_code read_filter(struct scf_request *rq, struct scf_record_filter *f,
                                 struct scf_error *err) {
    *f = (struct scf_record_filter){.kind = scf_kind_of_path(scf_rq_path(rq)),
                                    .external_id = scf_str(scf_rq_query(rq, "external_id"))};
    enum scf_code code = read_owner(rq, f, err);
    if (code == SCF_OK)
        code = read_time(rq, "created_at[gte]", 0, &f->since_us, err);
    if (code == SCF_OK)
        code = read_time(rq, "created_at[lt]", SCF_TIME_LAST_US, &f->until_us, err);
    return code;
}

static const char *filter_text(struct scf_request *rq, const struct scf_record_filter *f) {
    return scf_asprintf(scf_rq_arena(rq), "%d %d %.*s %" PRId64 " %" PRId64 " %s", (int)f->kind,
                        (int)f->source, (int)f->external_id.n,
                        f->external_id.p ? f->external_id.p : "", f->since_us, f->until_us,
                        scf_rq_query(rq, "node_id") ? scf_rq_query(rq, "node_id") : "");
}

static void reply_page(struct scf_request *rq, const char *filter, const struct scf_record *records,
                       const struct scf_uuid *contract_ids, size_t count, bool more) {
    struct scf_buf body = new_answer(rq);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (size_t i = 0; i < count; i++)
        write_resource(&w, &records[i], &contract_ids[i]);
    scf_jw_end_array(&w);
    const struct scf_record *last = count > 0 ? &records[count - 1] : NULL;
    static const struct scf_uuid none;
    scf_page_write(rq, &w, filter, more, last ? last->leaf_index : 0, last ? &last->id : &none);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, (int64_t)count, &body);
}

static enum scf_code contracts_of_page(struct scf_request *rq, const struct scf_record *records,
                                       size_t count, struct scf_uuid **ret, struct scf_error *err) {
    struct scf_uuid *ids = scf_alloc(scf_rq_arena(rq), count, sizeof *ids);
    if (!ids)
        return scf_fail(err, SCF_E_INTERNAL, "The page is too large.");
    *ret = ids;
    return scf_records_contracts(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), records, count,
                                 ids, err);
}

static void list_resources(struct scf_request *rq) {
    struct scf_record_filter filter;
    struct scf_page page;
    struct scf_record *records;
    size_t count;
    bool more;
    struct scf_uuid *contract_ids = NULL;
    struct scf_error err = {0};
    enum scf_code code = read_filter(rq, &filter, &err);
    const char *text = code == SCF_OK ? filter_text(rq, &filter) : NULL;
    if (code == SCF_OK)
        code = scf_page_read(rq, text, &page, &err);
    if (code == SCF_OK)
        code = scf_records_list(scf_rq_db(rq), scf_rq_arena(rq), &filter, &page, &records, &count,
                                &more, &err);
    if (code == SCF_OK)
        code = contracts_of_page(rq, records, count, &contract_ids, &err);
    if (code != SCF_OK)
        scf_reply_error(rq, &err);
    else
        reply_page(rq, text, records, contract_ids, count, more);
}

static void find_records(struct scf_request *rq) {
    struct scf_hash sha256;
    struct scf_error err = {0};
    struct scf_record *records;
    size_t count;
    enum scf_code code = SCF_OK;
    if (!scf_unhex(scf_str(scf_rq_query(rq, "sha256")), sha256.b, SCF_HASH_LEN))
        code = scf_fail(&err, SCF_E_INVALID_PARAMETER, "sha256 is 64 hexadecimal digits.");
    if (code == SCF_OK)
        code = scf_records_by_sha256(scf_rq_db(rq), scf_rq_arena(rq), scf_rq_actor(rq), &sha256,
                                     &records, &count, &err);
    if (code != SCF_OK) {
        scf_reply_error(rq, &err);
        return;
    }
    struct scf_buf body = new_answer(rq);
    struct scf_jsonw w = scf_jsonw(&body);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (size_t i = 0; i < count; i++) {
        scf_jw_object(&w, NULL);
        write_record_members(&w, &records[i]);
        scf_jw_end_object(&w);
    }
    scf_jw_end_array(&w);
    scf_jw_bool(&w, "has_more", false);
    scf_jw_end_object(&w);
    scf_reply_json(rq, 200, &body);
}

/* ---- routes ---- */

static const char *const list_query[] = {"limit",           "after",          "order",
                                         "addressed",       "node_id",        "external_id",
                                         "created_at[gte]", "created_at[lt]", NULL};
static const char *const find_query[] = {"sha256", NULL};
static const char *const bulk_query[] = {"atomic", NULL};

#define SENDING(path, name, schema_name)                                                           \
    {.method = "POST",                                                                             \
     .pattern = "/v1/" path,                                                                       \
     .operation_id = "create" name,                                                                \
     .tag = "Intake",                                                                              \
     .summary = "Send one record: " path,                                                          \
     .access = SCF_KEYED,                                                                          \
     .admin = true,                                                                                \
     .kinds = SCF_ANY_NODE,                                                                        \
     .run = SCF_RUN_ASYNC,                                                                         \
     .handle = scf_ingest_one,                                                                     \
     .body_type = "application/json",                                                              \
     .request = &schema_name,                                                                      \
     .answers = "201 Record,200 Record,409,413,422,503"},                                          \
    {                                                                                              \
        .method = "POST", .pattern = "/v1/" path "/bulk", .operation_id = "create" name "Bulk",    \
        .tag = "Intake", .summary = "Send many records, one JSON text a line: " path,              \
        .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE, .run = SCF_RUN_STREAM,          \
        .stream = &scf_ingest_bulk, .body_type = "application/x-ndjson", .request = &schema_name,  \
        .query = bulk_query, .answers = "200 BulkResult,413,503"                                   \
    }

#define READING(path, name)                                                                        \
    {.method = "GET",                                                                              \
     .pattern = "/v1/" path,                                                                       \
     .operation_id = "list" name,                                                                  \
     .tag = "Intake",                                                                              \
     .summary = "List records in order of acceptance: " path,                                      \
     .access = SCF_KEYED,                                                                          \
     .admin = true,                                                                                \
     .kinds = SCF_ANY_NODE,                                                                        \
     .run = SCF_RUN_SERVICE,                                                                       \
     .handle = list_resources,                                                                     \
     .query = list_query,                                                                          \
     .answers = "200 ResourceList,304,400"},                                                       \
    {                                                                                              \
        .method = "GET", .pattern = "/v1/" path "/{id}", .operation_id = "get" name,               \
        .tag = "Intake", .summary = "Read one record with its content: " path,                     \
        .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE, .run = SCF_RUN_SERVICE,         \
        .handle = get_resource, .answers = "200 Resource,304,404"                                  \
    }

const struct scf_route scf_intake_routes[] = {
    SENDING("enterprises", "Enterprise", scf_schema_enterprise),
    SENDING("contracts", "Contract", scf_schema_contract),
    SENDING("workflow-events", "WorkflowEvent", scf_schema_workflow_event),
    SENDING("invoices", "Invoice", scf_schema_invoice),
    SENDING("guarantees", "Guarantee", scf_schema_guarantee),
    READING("contracts", "Contract"),
    READING("workflow-events", "WorkflowEvent"),
    READING("invoices", "Invoice"),
    READING("guarantees", "Guarantee"),
    {.method = "GET",
     .pattern = "/v1/records",
     .operation_id = "findRecords",
     .tag = "Records",
     .summary = "Find records by the SHA-256 of their bytes",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = find_records,
     .query = find_query,
     .answers = "200 RecordList,400"},
    {.method = "GET",
     .pattern = "/v1/records/{id}",
     .operation_id = "getRecord",
     .tag = "Records",
     .summary = "Read a record's place in its chain",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_record,
     .answers = "200 RecordInfo,304,404"},
    {.method = "GET",
     .pattern = "/v1/records/{id}/body",
     .operation_id = "getRecordBody",
     .tag = "Records",
     .summary = "Read the exact bytes that were received",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_body,
     .answers = "200 object,404,410"},
    {.method = "GET",
     .pattern = "/v1/records/{id}/digests",
     .operation_id = "getRecordDigests",
     .tag = "Records",
     .summary = "Read the SHA-256 and the SM3 of the bytes that were received",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_digests,
     .answers = "200 RecordDigests,404,410"},
};
const size_t scf_intake_route_count = SCF_COUNT(scf_intake_routes);
