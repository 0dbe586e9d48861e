/* GET /v1/credit-assessments/{id}/report: as PDF or HTML, in Chinese or English, for whoever may
 * see the assessment. The tag is of the bytes, which do not change for one reader.
 * Relies on credit/assessment and report_store.c for what is read. */
#include "scfd/report/report.h"

#include "report.h"

#include "scfd/http/answer.h"

enum { ARENA_MAX = 128 << 20 };

static const char *const query[] = {"format", "lang", NULL};

struct wish {
    bool html, chinese;
};

/* What the query asks for, else the headers; PDF and English where nobody says anything. */
static enum scf_code read_wish(struct scf_request *rq, struct wish *ret, struct scf_error *err) {
    const char *format = scf_rq_query(rq, "format"), *lang = scf_rq_query(rq, "lang");
    if (format != NULL && strcmp(format, "pdf") != 0 && strcmp(format, "html") != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "format is pdf or html");
    if (lang != NULL && strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "lang is zh or en");
    *ret = (struct wish){
        .html = format != NULL ? strcmp(format, "html") == 0
                               : scf_rq_prefers(rq, "text/html", "application/pdf"),
        .chinese = lang != NULL ? strcmp(lang, "zh") == 0 : scf_rq_chinese(rq),
    };
    return SCF_OK;
}

static const cJSON *parse(struct scf_arena *arena, struct scf_str text, struct scf_error *err) {
    const char *copy = scf_strndup(arena, text.p, text.n);
    if (copy == NULL) {
        scf_fail_memory(err);
        return NULL;
    }
    return scf_json_parse_large(arena, copy, text.n, err);
}

static enum scf_code gather(struct scf_request *rq, struct scf_arena *arena,
                            const struct scf_uuid *id, struct scf_report_inputs *in,
                            struct scf_error *err) {
    struct scf_db *db = scf_rq_db(rq);
    struct scf_assess_row row;
    struct scf_str receipt;
    enum scf_code code = scf_assess_get(db, arena, scf_rq_actor(rq), id, &row, err);
    code =
        code == SCF_OK ? scf_assess_receipt(db, arena, scf_rq_actor(rq), id, &receipt, err) : code;
    code = code == SCF_OK ? scf_record_get(db, arena, NULL, id, &in->record, err) : code;
    if (code != SCF_OK)
        return code;
    in->document = parse(arena, row.document, err);
    in->receipt = in->document != NULL ? parse(arena, receipt, err) : NULL;
    if (in->receipt == NULL)
        return err->code;
    in->receipt_sha256 = scf_sha256(receipt.p, receipt.n);
    return scf_report_read(db, arena, scf_rq_actor(rq), in, err);
}

static enum scf_code draw(struct scf_request *rq, struct scf_arena *arena,
                          const struct scf_uuid *id, struct wish wish, struct scf_buf *out,
                          struct scf_error *err) {
    struct scf_report report;
    struct scf_report_inputs in = {.chinese = wish.chinese, .base_url = scf_rq_base_url(rq)};
    enum scf_code code = gather(rq, arena, id, &in, err);
    if (code != SCF_OK)
        return code;
    if (!scf_report_build(&in, arena, &report))
        return scf_fail_memory(err);
    return wish.html ? scf_report_html(&report, out, err) : scf_report_pdf(&report, out, err);
}

static void reply(struct scf_request *rq, const struct scf_uuid *id, struct wish wish,
                  struct scf_buf *out) {
    struct scf_hash hash = scf_sha256(out->data, out->len);
    char etag[2 * SCF_HASH_LEN + 1], text[SCF_ID_TEXT], disposition[128];
    scf_hex(hash.b, SCF_HASH_LEN, etag);
    scf_id_format("asm", id, text);
    snprintf(disposition, sizeof disposition, "%s; filename=\"credit-report-%s-%s.%s\"",
             wish.html ? "inline" : "attachment", text, wish.chinese ? "zh" : "en",
             wish.html ? "html" : "pdf");
    scf_reply_header(rq, "Vary", "Accept, Accept-Language");
    if (scf_reply_not_modified(rq, etag)) {
        scf_buf_free(out);
        return;
    }
    scf_reply_header(rq, "Content-Language", wish.chinese ? "zh-CN" : "en");
    scf_reply_header(rq, "Content-Disposition", disposition);
    if (wish.html)
        scf_reply_header(rq, "Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                         "form-action 'none'; frame-ancestors 'none'");
    scf_reply(rq, 200, wish.html ? "text/html; charset=utf-8" : "application/pdf", out);
}

static void get_report(struct scf_request *rq) {
    struct scf_error err = {0};
    struct scf_uuid id;
    struct wish wish = {0};
    struct scf_buf out;
    scf_buf_init(&out, SCF_REPORT_MAX);
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    enum scf_code code = scf_rq_path_id(rq, "id", "asm", &id, &err);
    code = code == SCF_OK ? read_wish(rq, &wish, &err) : code;
    code = code == SCF_OK ? draw(rq, arena, &id, wish, &out, &err) : code;
    scf_arena_free(arena);
    if (code == SCF_OK) {
        reply(rq, &id, wish, &out);
        return;
    }
    scf_buf_free(&out);
    scf_reply_error(rq, &err);
}

const struct scf_route scf_report_routes[] = {
    {.method = "GET",
     .pattern = "/v1/credit-assessments/{id}/report",
     .operation_id = "getCreditReport",
     .tag = "Credit",
     .summary = "Read the report for a credit officer, as PDF or HTML, in Chinese or English",
     .access = SCF_KEYED,
     .admin = true,
     .kinds = SCF_ANY_NODE,
     .run = SCF_RUN_SERVICE,
     .handle = get_report,
     .answers = "200 pdf|html,304,400,404,409,500,503",
     .query = query},
};
const size_t scf_report_route_count = SCF_COUNT(scf_report_routes);
