/* Writes an error as application/problem+json, and the page that its type names. Relies on
 * errors.def through base/err.h. */
#include "scfd/codec/jsonw.h"

#include "problem.h"

static void write_faults(struct scf_jsonw *w, const struct scf_faults *faults) {
    if (faults == NULL || faults->count == 0)
        return;
    scf_jw_array(w, "errors");
    for (size_t i = 0; i < faults->count; i++) {
        const struct scf_fault *f = &faults->items[i];
        scf_jw_object(w, NULL);
        scf_jw_str(w, "pointer", f->pointer);
        scf_jw_str(w, "code", f->code);
        scf_jw_str(w, "detail", f->detail);
        scf_jw_end_object(w);
    }
    scf_jw_end_array(w);
    if (faults->dropped > 0)
        scf_jw_i64(w, "errors_dropped", (int64_t)faults->dropped);
}

/* `members` is a JSON object; its inside goes before the closing brace. */
static void write_members(struct scf_buf *out, const char *members) {
    size_t n = members == NULL ? 0 : strlen(members);
    if (n <= 2)
        return;
    SCF_ASSERT(members[0] == '{' && members[n - 1] == '}');
    scf_buf_putc(out, ',');
    scf_buf_put(out, members + 1, n - 2);
}

void scf_problem_write(struct scf_buf *out, const struct scf_error *err,
                       const struct scf_problem_context *context) {
    const char *slug = scf_code_slug(err->code);
    const char *title = scf_code_title(err->code, context->chinese);
    struct scf_buf type;
    scf_buf_init(&type, 4096);
    scf_buf_puts(&type, context->base_url);
    scf_buf_puts(&type, "/problems/");
    scf_buf_puts(&type, slug);
    struct scf_jsonw w = scf_jsonw(out);
    scf_jw_object(&w, NULL);
    scf_jw_strn(&w, "type", type.data, type.len);
    scf_jw_str(&w, "title", title);
    scf_jw_i64(&w, "status", scf_code_status(err->code));
    scf_jw_str(&w, "detail", err->detail[0] != '\0' ? err->detail : title);
    scf_jw_str(&w, "instance", context->instance);
    scf_jw_str(&w, "code", slug);
    scf_jw_str(&w, "request_id", context->request_id);
    write_faults(&w, err->faults);
    write_members(out, err->members_json);
    scf_jw_end_object(&w);
    scf_buf_free(&type);
}

static const char *class_advice(enum scf_class class) {
    switch (class) {
    case SCF_CLASS_INVALID:
        return "The request must be changed; sending it again as it is will fail again. "
               "请修改请求，原样重发仍会失败。";
    case SCF_CLASS_DENIED:
        return "The key is missing, unknown, or not allowed to do this. 密钥缺失、无效或无权限。";
    case SCF_CLASS_NOT_FOUND:
        return "There is no such thing, or this key may not see it. 资源不存在，或该密钥无权查看。";
    case SCF_CLASS_CONFLICT:
        return "Read the present state, then decide. 请先读取当前状态再决定如何处理。";
    case SCF_CLASS_SOFT:
    case SCF_CLASS_UNAVAILABLE:
        return "Try again after the time in Retry-After. 请在 Retry-After 指定的时间后重试。";
    default:
        return "Report it with the request_id. 请附上 request_id 报告此问题。";
    }
}

bool scf_problem_page(struct scf_buf *out, struct scf_str slug) {
    for (int i = SCF_OK + 1; i < SCF_CODE_COUNT; i++) {
        enum scf_code code = (enum scf_code)i;
        if (!scf_str_is(slug, scf_code_slug(code)))
            continue;
        const char *en = scf_code_title(code, false), *zh = scf_code_title(code, true);
        scf_buf_printf(out,
                       "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<title>%s</title></head><body>\n<h1>%s</h1>\n<p lang=\"zh-CN\">%s</p>\n"
                       "<p>code: <code>%s</code>, HTTP status %d</p>\n<p>%s</p>\n</body></html>\n",
                       en, en, zh, scf_code_slug(code), scf_code_status(code),
                       class_advice(scf_code_class(code)));
        return true;
    }
    return false;
}
