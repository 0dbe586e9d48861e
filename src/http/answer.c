/* Checked bodies, entity tags and pages, for the handlers of every room. */
#include "scfd/http/answer.h"

#include "scfd/codec/digest.h"

enum { PAGE_MAX = 8 << 20 };

enum scf_code scf_fail_fault(struct scf_arena *arena, const char *pointer, const char *code,
                             const char *detail, struct scf_error *err) {
    struct scf_faults *faults = scf_alloc(arena, 1, sizeof *faults);
    scf_fail(err, SCF_E_VALIDATION_FAILED, "The content is invalid: see errors.");
    if (faults == NULL)
        return err->code;
    faults->arena = arena;
    scf_fault_add(faults, pointer, code, "%s", detail);
    err->faults = faults;
    return err->code;
}

enum scf_code scf_rq_valid_body(struct scf_request *rq, const void *rules_ctx, const cJSON **ret,
                                struct scf_faults **ret_warnings, struct scf_error *err) {
    struct scf_arena *arena = scf_rq_arena(rq);
    const struct scf_actor *actor = scf_rq_actor(rq);
    struct scf_str text = scf_rq_body(rq);
    const cJSON *body = scf_json_parse(arena, text.p, text.n, err);
    if (body == NULL)
        return err->code;
    struct scf_faults *lists = scf_alloc(arena, 2, sizeof *lists); /* faults, warnings */
    if (lists == NULL)
        return scf_fail(err, SCF_E_INTERNAL, "No memory to check the body.");
    lists[0].arena = lists[1].arena = arena;
    struct scf_schema_options options = {.rules_ctx = rules_ctx};
    if (actor != NULL) {
        options.lenient_datetime = actor->lenient_datetime;
        options.offset_minutes = actor->offset_minutes;
    }
    const struct scf_schema *schema = scf_rq_route(rq)->request;
    if (scf_schema_check(schema, body, &options, &lists[0], &lists[1])) {
        *ret = body;
        if (ret_warnings != NULL)
            *ret_warnings = &lists[1];
        return SCF_OK;
    }
    scf_fail(err, SCF_E_VALIDATION_FAILED, "The content is invalid: see errors.");
    err->faults = &lists[0];
    return err->code;
}

void scf_jw_warnings(struct scf_jsonw *w, const struct scf_faults *warnings) {
    scf_jw_array(w, "warnings");
    for (size_t i = 0; i < warnings->count; i++) {
        scf_jw_object(w, NULL);
        scf_jw_str(w, "pointer", warnings->items[i].pointer);
        scf_jw_str(w, "code", warnings->items[i].code);
        scf_jw_str(w, "detail", warnings->items[i].detail);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
}

void scf_entity_tag(int64_t version, const struct scf_buf *body, char out[SCF_TAG_TEXT]) {
    struct scf_hash hash = scf_sha256(body->data, body->len);
    char hex[9];
    scf_hex(hash.b, 4, hex);
    snprintf(out, SCF_TAG_TEXT, "%" PRId64 "-%s", version, hex);
}

/* Does the list `"a", "b"` name the tag, or is it `*`? Weak tags never match (RFC 9110 13.1.1). */
static bool names_tag(const char *list, const char *tag) {
    size_t n = strlen(tag);
    for (const char *p = list; *p;) {
        p += strspn(p, " \t,");
        if (*p == '*')
            return true;
        size_t length = strcspn(p, ",");
        if (length >= n + 2 && p[0] == '"' && memcmp(p + 1, tag, n) == 0 && p[n + 1] == '"' &&
            strspn(p + n + 2, " \t") == length - n - 2)
            return true;
        p += length;
    }
    return false;
}

enum scf_code scf_rq_if_match(struct scf_request *rq, const char *tag, struct scf_error *err) {
    const char *header = scf_rq_header(rq, "If-Match");
    if (header == NULL)
        return scf_fail(err, SCF_E_PRECONDITION_REQUIRED,
                        "Send If-Match with the ETag that your change is based on.");
    if (!names_tag(header, tag))
        return scf_fail(err, SCF_E_PRECONDITION_FAILED,
                        "It was changed since you read it: read it again.");
    return SCF_OK;
}

enum scf_code scf_rq_if_same(struct scf_request *rq, int64_t version, struct scf_buf *present,
                             struct scf_error *err) {
    char tag[SCF_TAG_TEXT];
    scf_entity_tag(version, present, tag);
    scf_buf_free(present);
    return scf_rq_if_match(rq, tag, err);
}

void scf_reply_tagged(struct scf_request *rq, int status, int64_t version, struct scf_buf *body) {
    if (body->overflow) {
        struct scf_error err;
        scf_fail(&err, SCF_E_INTERNAL, "The answer is too large.");
        scf_buf_free(body);
        scf_reply_error(rq, &err);
        return;
    }
    char tag[SCF_TAG_TEXT], quoted[SCF_TAG_TEXT + 2];
    scf_entity_tag(version, body, tag);
    if (strcmp(scf_rq_route(rq)->method, "GET") != 0) {
        snprintf(quoted, sizeof quoted, "\"%s\"", tag);
        scf_reply_header(rq, "ETag", quoted);
    } else if (scf_reply_not_modified(rq, tag)) {
        scf_buf_free(body);
        return;
    }
    scf_reply_json(rq, status, body);
}

void scf_reply_location(struct scf_request *rq, const char *path, const char *prefix,
                        const struct scf_uuid *id) {
    char text[SCF_ID_TEXT];
    scf_id_format(prefix, id, text);
    const char *location = scf_asprintf(scf_rq_arena(rq), "%s/%s", path, text);
    if (location != NULL)
        scf_reply_header(rq, "Location", location);
}

void scf_reply_empty(struct scf_request *rq) {
    struct scf_buf none;
    scf_buf_init(&none, 1);
    scf_reply(rq, 204, NULL, &none);
}

enum scf_code scf_rq_path_id(struct scf_request *rq, const char *name, const char *prefix,
                             struct scf_uuid *ret, struct scf_error *err) {
    if (scf_id_parse(prefix, scf_rq_param(rq, name), ret))
        return SCF_OK;
    return scf_fail(err, SCF_E_NOT_FOUND, "There is no such resource.");
}

void scf_reply_page(struct scf_request *rq, const struct scf_page *page, const char *filter,
                    const void *items, int n, scf_item_writer write) {
    int shown = n > page->limit ? page->limit : n;
    struct scf_position last = {0};
    struct scf_buf out;
    scf_buf_init(&out, PAGE_MAX);
    struct scf_jsonw w = scf_jsonw(&out);
    scf_jw_object(&w, NULL);
    scf_jw_array(&w, "data");
    for (int i = 0; i < shown; i++) {
        scf_jw_object(&w, NULL);
        last = write(&w, items, i);
        scf_jw_end_object(&w);
    }
    scf_jw_end_array(&w);
    scf_page_write(rq, &w, filter, n > page->limit, last.time_us, &last.id);
    scf_jw_end_object(&w);
    scf_reply_tagged(rq, 200, shown, &out);
}
