/* scfd verify: checks a proof, or recomputes a receipt, from files alone. */
#include "commands.h"
#include "file.h"

#include "scfd/chain/chain.h"
#include "scfd/codec/json.h"
#include "scfd/credit/credit.h"

enum { REPORT_MAX = 1 << 20, ARENA_MAX = 256 << 20 };

static int exit_of(bool holds) {
    return holds ? SCF_EXIT_OK : SCF_EXIT_VERIFICATION;
}

/* What is given with a key is checked as a proof, whatever it says of itself: a receipt is signed
 * by nobody, and must not pass where a signature was asked for. */
static int verify_proof(struct scf_str document, const char *key, const char *body_path,
                        struct scf_buf *report) {
    struct scf_buf key_text = {0}, body = {0};
    int exit_code = SCF_EXIT_FAILURE;
    if (scf_read_key("verify", key, &key_text) &&
        (!body_path || scf_read_file("verify", body_path, &body))) {
        struct scf_str body_view = {body.data, body.len};
        exit_code =
            exit_of(scf_verify_proof(document, (struct scf_str){key_text.data, key_text.len},
                                     body_path ? &body_view : NULL, report));
    }
    scf_buf_free(&key_text);
    scf_buf_free(&body);
    return exit_code;
}

/* Only a receipt can be checked without a key. */
static int verify_without_key(struct scf_str document, struct scf_buf *report) {
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    struct scf_error err = {0};
    const cJSON *json = scf_json_parse_large(arena, document.p, document.n, &err);
    bool receipt = scf_json_get(json, "inputs") || scf_json_get(json, "receipt");
    scf_arena_free(arena);
    if (receipt)
        return exit_of(scf_receipt_verify(document, report));
    if (!json) {
        scf_buf_printf(report, "FAILED  the document is JSON: %s\n", err.detail);
        return SCF_EXIT_VERIFICATION;
    }
    fprintf(stderr, "scfd: verify: a proof needs --key VKEY\n");
    return SCF_EXIT_USAGE;
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
    if (!file || (body && !key))
        return scf_usage(usage);
    struct scf_buf text, report;
    scf_buf_init(&report, REPORT_MAX);
    int exit_code = SCF_EXIT_FAILURE;
    if (scf_read_file("verify", file, &text)) {
        struct scf_str document = {text.data, text.len};
        exit_code = key ? verify_proof(document, key, body, &report)
                        : verify_without_key(document, &report);
    }
    if (report.len > 0)
        fwrite(report.data, 1, report.len, stdout);
    scf_buf_free(&report);
    scf_buf_free(&text);
    return exit_code;
}
