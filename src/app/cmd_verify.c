/* scfd verify: checks a proof, or recomputes a receipt, from files alone. */
#include "commands.h"

#include "scfd/chain/chain.h"
#include "scfd/credit/credit.h"

#include <fcntl.h>

enum { FILE_BYTES_MAX = 64 << 20, REPORT_MAX = 1 << 20 };

/* A whole file into `out`; "-" is standard input. False with a message on stderr. */
static bool read_file(const char *path, struct scf_buf *out) {
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    scf_buf_init(out, FILE_BYTES_MAX);
    while (n > 0) {
        char *room = scf_buf_reserve(out, 64 << 10);
        n = room ? read(fd, room, 64 << 10) : -1;
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        fprintf(stderr, "scfd: verify: %s cannot be read: %s\n", path,
                out->overflow ? "too large" : strerror(errno));
    if (fd > STDIN_FILENO)
        close(fd);
    scf_buf_putc(out, 0);
    out->len -= out->len > 0;
    return n == 0 && !out->overflow;
}

/* A key is given as text or as the name of a file that holds it. */
static bool read_key(const char *given, struct scf_buf *out) {
    if (access(given, R_OK) != 0) {
        scf_buf_init(out, FILE_BYTES_MAX);
        scf_buf_puts(out, given);
        return true;
    }
    if (!read_file(given, out))
        return false;
    while (out->len > 0 && isspace((unsigned char)out->data[out->len - 1]))
        out->data[--out->len] = 0;
    return true;
}

static bool is_receipt(const struct scf_buf *text) {
    return strstr(text->data, "\"scfd-receipt/v1\"") != NULL;
}

static bool verify(const struct scf_buf *text, const char *key, const char *body_path,
                   struct scf_buf *report, bool *ret_ran) {
    struct scf_str document = {text->data, text->len};
    struct scf_buf key_text = {0}, body = {0};
    *ret_ran = false;
    if (is_receipt(text)) {
        *ret_ran = true;
        return scf_receipt_verify(document, report);
    }
    if (!key) {
        fprintf(stderr, "scfd: verify: a proof needs --key VKEY\n");
        return false;
    }
    bool holds = false;
    if (read_key(key, &key_text) && (!body_path || read_file(body_path, &body))) {
        *ret_ran = true;
        struct scf_str body_view = {body.data, body.len};
        holds = scf_verify_proof(document, (struct scf_str){key_text.data, key_text.len},
                                 body_path ? &body_view : NULL, report);
    }
    scf_buf_free(&key_text);
    scf_buf_free(&body);
    return holds;
}

int scf_cmd_verify(int argc, char **argv) {
    const char *usage = "scfd verify PROOF.json --key VKEY [--body FILE]\n"
                        "       scfd verify RECEIPT.json";
    const char *file = NULL, *key = NULL, *body = NULL;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--key") == 0 && i + 1 < argc)
            key = argv[++i];
        else if (strcmp(argv[i], "--body") == 0 && i + 1 < argc)
            body = argv[++i];
        else if ((argv[i][0] == '-' && argv[i][1]) || file)
            return scf_usage(usage);
        else
            file = argv[i];
    if (!file)
        return scf_usage(usage);
    struct scf_buf text, report;
    if (!read_file(file, &text))
        return SCF_EXIT_FAILURE;
    scf_buf_init(&report, REPORT_MAX);
    bool ran;
    bool holds = verify(&text, key, body, &report, &ran);
    if (report.len > 0)
        fwrite(report.data, 1, report.len, stdout);
    scf_buf_free(&report);
    scf_buf_free(&text);
    if (!ran)
        return SCF_EXIT_USAGE;
    return holds ? SCF_EXIT_OK : SCF_EXIT_VERIFICATION;
}
