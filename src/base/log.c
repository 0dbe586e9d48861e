/* One line of JSON (or text) per call, built in a buffer and written with one write(2), so that
 * lines of several threads never mix. Relies on base/buf and base/clock. */
#include "scfd/base/log.h"
#include "scfd/base/buf.h"
#include "scfd/base/clock.h"

enum { LINE_MAX_BYTES = 64 * 1024, VALUE_MAX_BYTES = 2048 };

static _Atomic int current_level = SCF_LOG_INFO;
static bool text_lines; /* set before any thread starts */

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void scf_log_setup(enum scf_log_level level, bool text_format) {
    text_lines = text_format;
    scf_log_set_level(level);
}

void scf_log_set_level(enum scf_log_level level) {
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool scf_log_enabled(enum scf_log_level level) {
    return (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

/* The start of `text` that is logged: not longer than VALUE_MAX_BYTES, not ending inside a
 * character. */
static size_t logged_length(const char *text) {
    size_t n = strnlen(text, VALUE_MAX_BYTES + 1);
    if (n <= VALUE_MAX_BYTES)
        return n;
    n = VALUE_MAX_BYTES;
    while (n > 0 && ((uint8_t)text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* Escaped for both formats; a text that is not UTF-8 keeps its ASCII only. */
static void put_escaped(struct scf_buf *line, const char *text) {
    size_t n = logged_length(text);
    bool utf8 = scf_utf8_valid(text, n);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c == '"' || c == '\\')
            scf_buf_printf(line, "\\%c", c);
        else if (c == '\n')
            scf_buf_puts(line, "\\n");
        else if (c < 0x20 || c == 0x7F)
            scf_buf_printf(line, "\\u%04x", c);
        else
            scf_buf_putc(line, c < 0x80 || utf8 ? (char)c : '?');
    }
}

static void begin_line(struct scf_buf *line, enum scf_log_level level, const char *message) {
    char now[SCF_TIME_TEXT];
    scf_time_format(scf_now_us(), now);
    scf_buf_init(line, LINE_MAX_BYTES);
    if (text_lines)
        scf_buf_printf(line, "%s %-5s ", now, level_names[level]);
    else
        scf_buf_printf(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":\"", now, level_names[level]);
    put_escaped(line, message);
    if (!text_lines)
        scf_buf_putc(line, '"');
}

static void put_pair(struct scf_buf *line, const char *name, const char *value) {
    scf_buf_puts(line, text_lines ? " " : ",\"");
    put_escaped(line, name);
    scf_buf_puts(line, text_lines ? "=\"" : "\":\"");
    put_escaped(line, value ? value : "");
    scf_buf_putc(line, '"');
}

/* A line too long for its buffer is left out: half a line of JSON helps nobody. */
static void end_line(struct scf_buf *line) {
    scf_buf_puts(line, text_lines ? "\n" : "}\n");
    static const char lost[] = "{\"level\":\"warn\",\"msg\":\"a log line was too long\"}\n";
    bool whole = !line->overflow;
    ssize_t written =
        write(STDERR_FILENO, whole ? line->data : lost, whole ? line->len : sizeof lost - 1);
    (void)written; /* nowhere left to complain */
    scf_buf_free(line);
}

void scf_log(enum scf_log_level level, const char *format, ...) {
    if (!scf_log_enabled(level))
        return;
    char message[VALUE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct scf_buf line;
    begin_line(&line, level, message);
    end_line(&line);
}

void scf_log_kv(enum scf_log_level level, const char *message, ...) {
    if (!scf_log_enabled(level))
        return;
    struct scf_buf line;
    begin_line(&line, level, message);
    va_list args;
    va_start(args, message);
    for (const char *name; (name = va_arg(args, const char *));)
        put_pair(&line, name, va_arg(args, const char *));
    va_end(args);
    end_line(&line);
}

void scf_log_error(const char *what, const struct scf_error *err) {
    bool ours = scf_code_class(err->code) == SCF_CLASS_INTERNAL;
    scf_log_kv(ours ? SCF_LOG_ERROR : SCF_LOG_WARN, what, "error", scf_code_slug(err->code),
               "detail", err->detail, "note", err->note, NULL);
}
