/* scfd verify: checks a proof or an evidence bundle, or recomputes a receipt, from files alone. */
#include "commands.h"
#include "file.h"

#include "scfd/chain/chain.h"
#include "scfd/chain/tlog_proof.h"
#include "scfd/codec/json.h"
#include "scfd/evidence/evidence.h"
#include "scfd/limit/receipt.h"

enum { REPORT_MAX = 1 << 20, ARENA_MAX = 256 << 20 };

struct arguments {
    const char *file, *key, *body, *leaf; /* names of files; the key may be text. NULL: not given */
    /* Of bundles only. */
    const char *trust, *quorum;
    const char *witnesses[SCF_BUNDLE_WITNESSES_MAX]; /* keys, or names of files */
    size_t witness_count;
};

static int exit_of(bool holds) {
    return holds ? SCF_EXIT_OK : SCF_EXIT_VERIFICATION;
}

/* What is given with a key is checked as a proof, whatever it says of itself: a receipt is signed
 * by nobody, and must not pass where a signature was asked for. */
static int verify_proof(struct scf_str document, const struct arguments *given,
                        struct scf_buf *report) {
    struct scf_buf key = {0}, body = {0}, leaf = {0};
    int exit_code = SCF_EXIT_FAILURE;
    if (scf_read_key("verify", given->key, &key) &&
        (!given->body || scf_read_file("verify", given->body, &body)) &&
        (!given->leaf || scf_read_file("verify", given->leaf, &leaf))) {
        struct scf_str vkey = {key.data, key.len}, body_view = {body.data, body.len},
                       leaf_view = {leaf.data, leaf.len};
        const struct scf_str *body_given = given->body ? &body_view : NULL,
                             *leaf_given = given->leaf ? &leaf_view : NULL;
        exit_code =
            exit_of(scf_tlog_proof_is(document) || given->leaf
                        ? scf_verify_tlog_proof(document, vkey, leaf_given, body_given, report)
                        : scf_verify_proof(document, vkey, body_given, report));
    }
    scf_buf_free(&key);
    scf_buf_free(&body);
    scf_buf_free(&leaf);
    return exit_code;
}

static bool read_trust(const struct arguments *given, struct scf_buf *key, struct scf_buf *roots,
                       struct scf_buf witnesses[], struct scf_bundle_trust *ret) {
    if ((given->key && !scf_read_key("verify", given->key, key)) ||
        (given->trust && !scf_read_file("verify", given->trust, roots)))
        return false;
    for (size_t i = 0; i < given->witness_count; i++) {
        if (!scf_read_key("verify", given->witnesses[i], &witnesses[i]))
            return false;
        ret->witnesses[i] = (struct scf_str){witnesses[i].data, witnesses[i].len};
    }
    ret->witness_count = given->witness_count;
    ret->vkey = (struct scf_str){key->data, key->len};
    ret->roots = (struct scf_str){roots->data, roots->len};
    return true;
}

static int verify_bundle(struct scf_str file, const struct arguments *given,
                         struct scf_buf *report) {
    struct scf_buf key = {0}, roots = {0}, witnesses[SCF_BUNDLE_WITNESSES_MAX] = {{0}};
    struct scf_bundle_trust trust = {0};
    int64_t quorum = (int64_t)given->witness_count; /* unless less is asked for: all of them */
    int exit_code = SCF_EXIT_FAILURE;
    if (given->quorum &&
        !scf_parse_i64(scf_str(given->quorum), 0, SCF_BUNDLE_WITNESSES_MAX, &quorum)) {
        fprintf(stderr, "scfd: verify: --quorum is a number up to %d\n", SCF_BUNDLE_WITNESSES_MAX);
        return SCF_EXIT_USAGE;
    }
    trust.quorum = (int)quorum;
    if (read_trust(given, &key, &roots, witnesses, &trust))
        exit_code = exit_of(scf_bundle_verify(file, &trust, report));
    scf_buf_free(&key);
    scf_buf_free(&roots);
    for (size_t i = 0; i < SCF_COUNT(witnesses); i++)
        scf_buf_free(&witnesses[i]);
    return exit_code;
}

static int key_is_missing(void) {
    fprintf(stderr, "scfd: verify: a proof needs --key VKEY\n");
    return SCF_EXIT_USAGE;
}

/* Only a receipt can be checked without a key. */
static int verify_without_key(struct scf_str document, struct scf_buf *report) {
    if (scf_tlog_proof_is(document))
        return key_is_missing();
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
    return key_is_missing();
}

/* The argument that an option's value goes to; NULL: no such option. */
static const char **value_of(struct arguments *given, const char *option) {
    if (strcmp(option, "--witness") == 0 && given->witness_count < SCF_BUNDLE_WITNESSES_MAX)
        return &given->witnesses[given->witness_count++];
    return strcmp(option, "--key") == 0      ? &given->key
           : strcmp(option, "--body") == 0   ? &given->body
           : strcmp(option, "--leaf") == 0   ? &given->leaf
           : strcmp(option, "--trust") == 0  ? &given->trust
           : strcmp(option, "--quorum") == 0 ? &given->quorum
                                             : NULL;
}

static bool is_of_bundles(const struct arguments *given) {
    return given->trust || given->quorum || given->witness_count > 0;
}

static int verify(struct scf_str document, const struct arguments *given, struct scf_buf *report) {
    bool bundle = scf_bundle_is(document) || is_of_bundles(given);
    if (bundle && (given->body || given->leaf)) {
        fprintf(stderr, "scfd: verify: a bundle has body and leaf in it; --body and --leaf are for "
                        "proofs\n");
        return SCF_EXIT_USAGE;
    }
    if (bundle)
        return verify_bundle(document, given, report);
    return given->key ? verify_proof(document, given, report)
                      : verify_without_key(document, report);
}

static bool read_arguments(int argc, char **argv, struct arguments *ret) {
    *ret = (struct arguments){0};
    for (int i = 1; i < argc; i++) {
        const char **value = value_of(ret, argv[i]);
        if (value && i + 1 < argc)
            *value = argv[++i];
        else if (value || (argv[i][0] == '-' && argv[i][1]) || ret->file)
            return false;
        else
            ret->file = argv[i];
    }
    /* Whom a quorum is of must be said: witnesses that the file names count for nothing. */
    return ret->file && (ret->key || (!ret->body && !ret->leaf)) &&
           (!ret->quorum || ret->witness_count > 0);
}

int scf_cmd_verify(int argc, char **argv) {
    struct arguments given;
    if (!read_arguments(argc, argv, &given))
        return scf_usage(
            "scfd verify PROOF.json --key VKEY [--body FILE]\n"
            "       scfd verify FILE.tlog-proof --key VKEY [--leaf FILE] [--body FILE]\n"
            "       scfd verify FILE.asice [--key VKEY] [--trust FILE] [--witness VKEY]… [--quorum "
            "N]\n"
            "       scfd verify RECEIPT.json");
    struct scf_buf text, report;
    scf_buf_init(&report, REPORT_MAX);
    int exit_code = SCF_EXIT_FAILURE;
    if (scf_read_file("verify", given.file, &text)) {
        struct scf_str document = {text.data, text.len};
        exit_code = verify(document, &given, &report);
    }
    if (report.len > 0)
        fwrite(report.data, 1, report.len, stdout);
    scf_buf_free(&report);
    scf_buf_free(&text);
    return exit_code;
}
