/* Reporting from a place in the body. The pointer text is only made here, when something is wrong.
 */
#include "check.h"

enum { MAX_POINTER = 16384 };

/* A name as a reference token (RFC 6901 §3) in a URI fragment (RFC 3986: pchar, '/' and '?'). */
static void put_token(struct scf_buf *out, const char *name) {
    static const char allowed[] = "-._!$&'()*+,;=:@?", digits[] = "0123456789ABCDEF";
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                     strchr(allowed, c);
        if (c == '~')
            scf_buf_puts(out, "~0");
        else if (c == '/')
            scf_buf_puts(out, "~1");
        else if (plain)
            scf_buf_putc(out, *p);
        else
            scf_buf_put(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
}

/* Recursion ends with the depth of the field table. */
static void put_pointer(struct scf_buf *out, const struct place *at) {
    if (!at->up) {
        scf_buf_putc(out, '#');
        return;
    }
    put_pointer(out, at->up);
    scf_buf_putc(out, '/');
    if (at->name)
        put_token(out, at->name);
    else
        scf_buf_put_i64(out, at->index);
}

SCF_PRINTF(4, 0)
static void report(struct scf_faults *list, const struct place *at, const char *code,
                   const char *format, va_list args) {
    if (list->count >= SCF_MAX_FAULTS) { /* only counted from here on: save the work */
        scf_fault_add(list, "", code, "%s", "");
        return;
    }
    char detail[512];
    vsnprintf(detail, sizeof detail, format, args);
    struct scf_buf pointer;
    scf_buf_init(&pointer, MAX_POINTER);
    put_pointer(&pointer, at);
    scf_fault_add(list, pointer.data ? pointer.data : "#", code, "%s", detail);
    scf_buf_free(&pointer);
}

void check_fault(struct check *c, const struct place *at, const char *code, const char *format,
                 ...) {
    va_list args;
    va_start(args, format);
    report(c->faults, at, code, format, args);
    va_end(args);
}

void check_warn(struct check *c, const struct place *at, const char *code, const char *format,
                ...) {
    va_list args;
    va_start(args, format);
    report(c->warnings, at, code, format, args);
    va_end(args);
}
