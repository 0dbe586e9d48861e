/* scfd import: sends an NDJSON file to a server in portions, with progress, and says at the end
 * what was refused. The answers of refused lines go to stdout, one JSON text a line. */
#include "commands.h"

#include "scfd/base/clock.h"
#include "scfd/codec/http_client.h"
#include "scfd/codec/json.h"

enum {
    PORTION_LINES = 2000,
    PORTION_BYTES = 8 << 20,
    LINE_MAX_BYTES = 4 << 20,
    ANSWER_MAX = 64 << 20,
    TRIES = 6
};

struct import {
    const char *path, *kind, *url, *key;
    FILE *file;
    int64_t file_bytes, bytes_done;
    int64_t lines, accepted, duplicate, rejected, line_base;
    int64_t started_us, shown_us;
    bool terminal, quiet, summed_up; /* summed_up: the answer at hand is whole */
    struct scf_http_client *client;
    struct scf_buf portion, answer;
};

/* ---- progress ---- */

static void show(struct import *m, bool last) {
    int64_t now = scf_mono_us();
    int64_t period = m->terminal ? 200000 : 5 * SCF_US_PER_SECOND;
    if (m->quiet || (!last && now - m->shown_us < period))
        return;
    m->shown_us = now;
    double seconds = (double)(now - m->started_us) / 1e6;
    double part = m->file_bytes > 0 ? (double)m->bytes_done / (double)m->file_bytes : 0;
    fprintf(stderr, "%simport: %" PRId64 " lines (%.1f%%) %.0f/s, %" PRId64 " rejected",
            m->terminal ? "\r" : "", m->lines, 100 * part,
            seconds > 0 ? (double)m->lines / seconds : 0, m->rejected);
    if (m->file_bytes > 0 && part > 0 && !last)
        fprintf(stderr, ", eta %.0fs", seconds * (1 - part) / part);
    fputs(m->terminal && !last ? "   " : "\n", stderr);
}

/* ---- one portion ---- */

static void print_refused(int64_t number, int64_t status, const cJSON *result) {
    const cJSON *name = scf_json_get(result, "external_id");
    char *external_id = name ? cJSON_PrintUnformatted(name) : NULL;
    char *problem = cJSON_PrintUnformatted(scf_json_get(result, "problem"));
    printf("{\"line\":%" PRId64 ",\"status\":%" PRId64, number, status);
    if (external_id)
        printf(",\"external_id\":%s", external_id);
    printf(",\"problem\":%s}\n", problem ? problem : "null");
    free(external_id);
    free(problem);
}

/* Line numbers in an answer count within the portion: here they count within the file. */
static void take_result(struct import *m, struct scf_arena *arena, const char *line, size_t n) {
    struct scf_error err = {0};
    const cJSON *result = scf_json_parse(arena, scf_strndup(arena, line, n), n, &err);
    int64_t number, status;
    const cJSON *summary = result ? scf_json_get(result, "summary") : NULL;
    if (summary) {
        int64_t accepted, duplicate;
        m->summed_up = scf_json_i64(summary, "accepted", &accepted) &&
                       scf_json_i64(summary, "duplicate", &duplicate);
        m->accepted += m->summed_up ? accepted : 0;
        m->duplicate += m->summed_up ? duplicate : 0;
        return;
    }
    if (!result || !scf_json_i64(result, "line", &number) ||
        !scf_json_i64(result, "status", &status) || status < 300)
        return;
    m->rejected++;
    print_refused(m->line_base + number, status, result);
}

static enum scf_code take_answer(struct import *m, struct scf_error *err) {
    const char *at = m->answer.data, *end = at + m->answer.len;
    m->summed_up = false;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline ? (size_t)(newline - at) : (size_t)(end - at);
        struct scf_arena *arena = scf_arena_new(16 << 20);
        if (n > 0)
            take_result(m, arena, at, n);
        scf_arena_free(arena);
        at += n + 1;
    }
    if (m->summed_up)
        return SCF_OK;
    return scf_fail(err, SCF_E_OVERLOADED,
                    "The answer ends before its summary. Sending the file again is harmless.");
}

/* The whole portion was refused: says what the server's problem document says. */
static enum scf_code refused(const struct import *m, int status, enum scf_code code,
                             struct scf_error *err) {
    struct scf_arena *arena = scf_arena_new(1 << 20);
    struct scf_error ignored = {0};
    const cJSON *problem =
        m->answer.len > 0 ? scf_json_parse(arena, m->answer.data, m->answer.len, &ignored) : NULL;
    const char *detail = problem ? scf_json_string(problem, "detail") : NULL;
    scf_fail(err, code, "The server answered %d. %.200s", status, detail ? detail : "");
    scf_arena_free(arena);
    return code;
}

/* Sending again is harmless (natural keys), so overload and lost connections are simply retried. */
static enum scf_code send_portion(struct import *m, struct scf_error *err) {
    char url[1024];
    int n = snprintf(url, sizeof url, "%s/v1/%s/bulk", m->url, m->kind);
    if (n < 0 || (size_t)n >= sizeof url)
        return scf_fail(err, SCF_E_INVALID_PARAMETER, "The URL is too long.");
    struct scf_http_call call = {.method = "POST",
                                 .url = url,
                                 .bearer = m->key,
                                 .content_type = "application/x-ndjson",
                                 .body = {m->portion.data, m->portion.len}};
    for (int try = 1;; try++) {
        int status = 0;
        scf_buf_clear(&m->answer);
        enum scf_code code = scf_http_client_run(m->client, &call, &status, &m->answer, err);
        if (code == SCF_OK && status == 200)
            return SCF_OK;
        bool passing = code != SCF_OK || status == 503 || status == 429;
        if (code == SCF_OK)
            code = refused(m, status, passing ? SCF_E_OVERLOADED : SCF_E_MALFORMED_REQUEST, err);
        if (!passing || try == TRIES)
            return code;
        sleep((unsigned)try);
    }
}

static enum scf_code flush(struct import *m, int64_t lines, struct scf_error *err) {
    if (lines == 0)
        return SCF_OK;
    enum scf_code code = send_portion(m, err);
    if (code == SCF_OK)
        code = take_answer(m, err);
    if (code != SCF_OK)
        return code;
    m->lines += lines;
    m->line_base += lines;
    m->bytes_done += (int64_t)m->portion.len;
    scf_buf_clear(&m->portion);
    show(m, false);
    return SCF_OK;
}

/* Adds the next line to the portion and answers its length: 0 at the end of the file, one more than
 * LINE_MAX_BYTES when there is no end of the line so far. */
static size_t take_line(struct import *m) {
    size_t n = 0;
    int c = 0;
    for (; n <= LINE_MAX_BYTES && c != '\n' && (c = getc_unlocked(m->file)) != EOF; n++) {
        char byte = (char)c;
        scf_buf_put(&m->portion, &byte, 1);
    }
    return n;
}

static enum scf_code send_file(struct import *m, struct scf_error *err) {
    size_t n;
    int64_t lines = 0;
    enum scf_code code = SCF_OK;
    while (code == SCF_OK && (n = take_line(m)) > 0) {
        lines++;
        if (n > LINE_MAX_BYTES)
            return scf_fail(err, SCF_E_BODY_TOO_LARGE, "Line %" PRId64 " has more than %d bytes.",
                            m->line_base + lines, LINE_MAX_BYTES);
        if (lines < PORTION_LINES && m->portion.len < PORTION_BYTES)
            continue;
        code = flush(m, lines, err);
        lines = 0;
    }
    if (code == SCF_OK && ferror(m->file))
        code = scf_fail(err, SCF_E_MALFORMED_REQUEST, "Reading %s failed.", m->path);
    return code == SCF_OK ? flush(m, lines, err) : code;
}

/* ---- the command ---- */

static const char usage[] =
    "scfd import FILE.ndjson --kind contract|workflow-event|invoice|guarantee|enterprise\n"
    "            [--url http://127.0.0.1:8080] [--key KEY] [--quiet]\n"
    "       FILE may be - for standard input; KEY defaults to the environment's SCFD_KEY, the URL\n"
    "       to SCFD_URL";

static const char *plural(const char *kind) {
    static const char *const names[][2] = {{"contract", "contracts"},
                                           {"workflow-event", "workflow-events"},
                                           {"workflow_event", "workflow-events"},
                                           {"invoice", "invoices"},
                                           {"guarantee", "guarantees"},
                                           {"enterprise", "enterprises"}};
    for (size_t i = 0; kind && i < SCF_COUNT(names); i++)
        if (strcmp(kind, names[i][0]) == 0 || strcmp(kind, names[i][1]) == 0)
            return names[i][1];
    return NULL;
}

static bool read_arguments(struct import *m, int argc, char **argv) {
    m->url = getenv("SCFD_URL") ? getenv("SCFD_URL") : "http://127.0.0.1:8080";
    m->key = getenv("SCFD_KEY");
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--kind") == 0 && i + 1 < argc)
            m->kind = plural(argv[++i]);
        else if (strcmp(argv[i], "--url") == 0 && i + 1 < argc)
            m->url = argv[++i];
        else if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
            m->key = argv[++i];
        else if (strcmp(argv[i], "--quiet") == 0)
            m->quiet = true;
        else if ((argv[i][0] == '-' && argv[i][1]) || m->path)
            return false;
        else
            m->path = argv[i];
    if (m->path && m->kind && !m->key)
        fputs("scfd: import: no API key: give --key or set SCFD_KEY\n", stderr);
    return m->path && m->kind && m->key && strlen(m->key) < 200;
}

static bool open_input(struct import *m) {
    m->file = strcmp(m->path, "-") == 0 ? stdin : fopen(m->path, "re");
    if (!m->file) {
        fprintf(stderr, "scfd: import: %s: %s\n", m->path, strerror(errno));
        return false;
    }
    struct stat st;
    if (fstat(fileno(m->file), &st) == 0 && S_ISREG(st.st_mode))
        m->file_bytes = st.st_size;
    return true;
}

int scf_cmd_import(int argc, char **argv) {
    struct import m = {.terminal = isatty(STDERR_FILENO)};
    struct scf_error err = {0};
    if (!read_arguments(&m, argc, argv))
        return scf_usage(usage);
    if (!open_input(&m))
        return SCF_EXIT_FAILURE;
    m.client = scf_http_client_new(10, 600);
    scf_buf_init(&m.portion, PORTION_BYTES + LINE_MAX_BYTES);
    scf_buf_init(&m.answer, ANSWER_MAX);
    m.started_us = m.shown_us = scf_mono_us();
    enum scf_code code = send_file(&m, &err);
    show(&m, true);
    fprintf(stderr,
            "import: %" PRId64 " accepted, %" PRId64 " were there already, %" PRId64 " rejected\n",
            m.accepted, m.duplicate, m.rejected);
    scf_http_client_free(m.client);
    scf_buf_free(&m.portion);
    scf_buf_free(&m.answer);
    if (m.file != stdin)
        fclose(m.file);
    if (code != SCF_OK)
        return scf_complain("import", &err);
    return m.rejected > 0 ? SCF_EXIT_FAILURE : SCF_EXIT_OK;
}
