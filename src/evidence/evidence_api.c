/* GET /v1/records/{id}/evidence and …/preservation-certificate, for whoever may see the record.
 * Relies on make.c. */
#include "make.h"

#include "scfd/http/answer.h"

/* The arena holds a bundle that does not fit as well, to say what in it is too large. */
enum { ARENA_MAX = 192 << 20, BUNDLE_MAX = SCF_ZIP_BYTES_MAX, NAME_MAX_BYTES = 80 };

/* The record of the path, which the caller may see and which is not erased. */
static enum scf_code read_record(struct scf_request *rq, struct scf_arena *arena,
                                 struct scf_record *ret, struct scf_error *err) {
    char prefix[16];
    struct scf_uuid id;
    enum scf_record_kind kind;
    if (!scf_id_parse_any(scf_rq_param(rq, "id"), prefix, &id) ||
        !scf_record_kind_of_prefix(prefix, &kind))
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    enum scf_code code = scf_record_get(scf_rq_db(rq), arena, scf_rq_actor(rq), &id, ret, err);
    if (code != SCF_OK)
        return code;
    if (ret->kind != kind)
        return scf_fail(err, SCF_E_NOT_FOUND, "There is no such record.");
    if (ret->body.p == NULL)
        return scf_fail(err, SCF_E_ERASED,
                        "The record was erased; a bundle that somebody kept from "
                        "before still verifies.");
    return SCF_OK;
}

/* What the bytes are is their tag: bundles are long, but made the same way every time. */
static void reply_file(struct scf_request *rq, const char *name, const char *media_type,
                       struct scf_buf *out) {
    struct scf_hash hash = scf_sha256(out->data, out->len);
    char etag[2 * SCF_HASH_LEN + 1], disposition[160];
    scf_hex(hash.b, SCF_HASH_LEN, etag);
    if (scf_reply_not_modified(rq, etag)) {
        scf_buf_free(out);
        return;
    }
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
    scf_reply_header(rq, "Content-Disposition", disposition);
    scf_reply(rq, 200, media_type, out);
}

static enum scf_code make(struct scf_request *rq, struct scf_arena *arena, bool certificate,
                          char ret_name[NAME_MAX_BYTES], struct scf_buf *out,
                          struct scf_error *err) {
    struct scf_record record;
    char id[SCF_ID_TEXT];
    const char *timestamp = scf_rq_query(rq, "timestamp");
    if (timestamp != NULL && strcmp(timestamp, "none") != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "timestamp can only be none");
    enum scf_code code = read_record(rq, arena, &record, err);
    if (code != SCF_OK)
        return code;
    scf_id_format(scf_record_kind_prefix(record.kind), &record.id, id);
    snprintf(ret_name, NAME_MAX_BYTES, certificate ? "preservation-%s.pdf" : "%s.asice", id);
    return certificate ? scf_certificate_make(scf_rq_db(rq), arena, scf_rq_app(rq), &record,
                                              scf_rq_base_url(rq), out, err)
                       : scf_bundle_make(scf_rq_db(rq), arena, scf_rq_app(rq), &record,
                                         timestamp == NULL, out, err);
}

static void answer(struct scf_request *rq, bool certificate) {
    struct scf_error err = {0};
    struct scf_buf out;
    char name[NAME_MAX_BYTES];
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    scf_buf_init(&out, BUNDLE_MAX);
    enum scf_code code = make(rq, arena, certificate, name, &out, &err);
    scf_arena_free(arena);
    if (code == SCF_OK) {
        reply_file(rq, name, certificate ? "application/pdf" : SCF_BUNDLE_TYPE, &out);
        return;
    }
    scf_buf_free(&out);
    if (code == SCF_E_NOT_SEALED && scf_rq_may_wait(rq))
        scf_rq_wait(rq, "sealed");
    else
        scf_reply_error(rq, &err);
}

static void get_evidence(struct scf_request *rq) {
    answer(rq, false);
}

static void get_certificate(struct scf_request *rq) {
    answer(rq, true);
}

static const char *const evidence_query[] = {"timestamp", NULL};

#define EVIDENCE_ROUTE(path, id, text, fn, given, parameters)                                      \
    {                                                                                              \
        .method = "GET", .pattern = (path), .operation_id = (id), .tag = "Evidence",               \
        .summary = (text), .access = SCF_KEYED, .admin = true, .kinds = SCF_ANY_NODE,              \
        .run = SCF_RUN_SERVICE, .handle = (fn), .answers = (given), .query = (parameters)          \
    }

const struct scf_route scf_evidence_routes[] = {
    EVIDENCE_ROUTE("/v1/records/{id}/evidence", "getRecordEvidence",
                   "Everything that proves a record, as one ASiC-E file that is checked offline; "
                   "Prefer: wait holds until the record is sealed",
                   get_evidence, "200 asice,304,400,404,409,410,503", evidence_query),
    EVIDENCE_ROUTE("/v1/records/{id}/preservation-certificate", "getPreservationCertificate",
                   "The preservation certificate of a record, Chinese and English, as PDF",
                   get_certificate, "200 pdf,304,404,410,500,503", NULL),
};
const size_t scf_evidence_route_count = SCF_COUNT(scf_evidence_routes);
