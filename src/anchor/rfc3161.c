/* Anchors under RFC 3161. The proof of an entry is a TimeStampToken in DER over the SHA-256 of the
 * statement. When its certificates come to their end it is renewed: a further token, which stands
 * right behind, is over the digest of statement and all tokens before it (the idea of RFC 4998),
 * so that it proves that they were there while they were good. The same when an algorithm comes to
 * its end: the further token is then over SHA-512. */
#include "rfc3161.h"

#include "algorithm.h"

#include "scfd/base/clock.h"
#include "scfd/codec/http_client.h"

enum { STEP_TIMEOUT_S = 5, CONNECT_TIMEOUT_S = 3, REQUEST_MAX = 1024, TOKENS_MAX = 100 };

/* ---- settings ---- */

static void check_policy(const cJSON *settings, struct scf_faults *faults) {
    const cJSON *policy = scf_json_get(settings, "policy_oid");
    if (policy && (!cJSON_IsString(policy) || !scf_timestamp_oid_valid(policy->valuestring)))
        scf_fault_add(faults, "#/settings/policy_oid", "invalid-format",
                      "The policy must be an object identifier such as 1.2.3.4.");
}

static void check_settings(const struct scf_services *services, const cJSON *settings,
                           struct scf_faults *faults) {
    (void)services;
    for (const cJSON *member = settings->child; member; member = member->next)
        if (strcmp(member->string, "ca_pem") != 0 && strcmp(member->string, "policy_oid") != 0)
            scf_fault_add(faults, "#/settings", "unknown-field",
                          "The settings are ca_pem and policy_oid.");
    const cJSON *pem = scf_json_get(settings, "ca_pem");
    if (pem == NULL)
        scf_fault_add(faults, "#/settings/ca_pem", "required",
                      "The certificates to trust must be given.");
    else if (!cJSON_IsString(pem) || !scf_timestamp_trust_valid(scf_str(pem->valuestring)))
        scf_fault_add(faults, "#/settings/ca_pem", "invalid-format",
                      "It must be PEM of 1 to %d certificates, at least one of which is a root.",
                      SCF_TIMESTAMP_CERTS_MAX);
    check_policy(settings, faults);
}

/* ---- asking ---- */

static enum scf_code post(const struct scf_anchor_target *target, struct scf_str request,
                          int timeout_s, struct scf_buf *ret_answer, struct scf_error *err) {
    char media_type[SCF_MEDIA_TYPE] = "";
    int status = 0;
    struct scf_http_call call = {.method = "POST",
                                 .url = target->url,
                                 .content_type = "application/timestamp-query",
                                 .accept = "application/timestamp-reply",
                                 .body = request,
                                 .ret_media_type = media_type};
    struct scf_http_client *client = scf_http_client_new(
        timeout_s < CONNECT_TIMEOUT_S ? timeout_s : CONNECT_TIMEOUT_S, timeout_s);
    enum scf_code code = scf_http_client_run(client, &call, &status, ret_answer, err);
    scf_http_client_free(client);
    if (code)
        return code;
    if (status != 200)
        return scf_fail(err, SCF_E_UPSTREAM, "The authority answers with HTTP status %d.", status);
    if (strcmp(media_type, "application/timestamp-reply") != 0)
        return scf_fail(err, SCF_E_UPSTREAM, "The authority's answer is of another media type.");
    return SCF_OK;
}

/* From the request to the token, not yet verified. */
static enum scf_code exchange(struct scf_arena *arena, const struct scf_anchor_target *target,
                              const struct scf_timestamp_want *want, int timeout_s,
                              struct scf_str *ret_token, struct scf_error *err) {
    struct scf_buf request, answer;
    scf_buf_init(&request, REQUEST_MAX);
    scf_buf_init(&answer, SCF_TIMESTAMP_MAX);
    enum scf_code code = scf_timestamp_request(want, &request, err);
    if (code == SCF_OK)
        code = post(target, (struct scf_str){request.data, request.len}, timeout_s, &answer, err);
    if (code == SCF_OK)
        code = scf_timestamp_response(arena, (struct scf_str){answer.data, answer.len}, ret_token,
                                      err);
    scf_buf_free(&request);
    scf_buf_free(&answer);
    return code;
}

enum scf_code scf_rfc3161_ask(struct scf_arena *arena, const struct scf_anchor_target *target,
                              const struct scf_hash *digest, const uint8_t *sha512, int timeout_s,
                              struct scf_str *ret_token, struct scf_timestamp *ret,
                              struct scf_str *ret_ca_pem, struct scf_error *err) {
    const char *text = target->settings_json;
    const cJSON *settings = scf_json_parse(arena, text, strlen(text), err);
    if (settings == NULL)
        return SCF_E_INTERNAL;
    struct scf_str ca_pem = scf_str(scf_json_string(settings, "ca_pem")), token;
    uint8_t nonce[SCF_TIMESTAMP_NONCE];
    scf_random(nonce, sizeof nonce);
    struct scf_timestamp_want want = {.digest = *digest,
                                      .sha512 = sha512,
                                      .nonce = nonce,
                                      .policy_oid = scf_json_string(settings, "policy_oid")};
    enum scf_code code = exchange(arena, target, &want, timeout_s, &token, err);
    if (code == SCF_OK)
        code = scf_timestamp_verify(arena, token, &want, ca_pem, ret, err);
    if (code)
        return code;
    if (ret->over_sha512 != (sha512 != NULL))
        return scf_fail(err, SCF_E_UPSTREAM, "The token is over another hash than was asked for.");
    *ret_token = token;
    *ret_ca_pem = ca_pem;
    return SCF_OK;
}

/* ---- a step ---- */

#define TOO_LATE "The proof had expired before it could be renewed."

/* What the next token is over: one of the two. */
struct imprints {
    struct scf_hash sha256;
    uint8_t sha512[SCF_SHA512_LEN];
};

static struct imprints imprints_of(struct scf_str statement, struct scf_str tokens) {
    const struct scf_str parts[] = {statement, tokens};
    size_t n = tokens.n > 0 ? 2 : 1;
    struct imprints both = {.sha256 = scf_digest_parts(SCF_SHA256, parts, n)};
    scf_sha512_parts(parts, n, both.sha512);
    return both;
}

static enum scf_code append(struct scf_arena *arena, struct scf_str *proof, struct scf_str token,
                            struct scf_error *err) {
    char *both = scf_alloc(arena, proof->n + token.n, 1);
    if (both == NULL)
        return scf_fail_memory(err);
    if (proof->n > 0)
        memcpy(both, proof->p, proof->n);
    memcpy(both + proof->n, token.p, token.n);
    *proof = (struct scf_str){both, proof->n + token.n};
    return SCF_OK;
}

/* Over SHA-512 once SHA-256 comes to its end. An authority that cannot do that is still good for a
 * first token while SHA-256 is trusted. */
static enum scf_code ask(struct scf_db *db, struct scf_arena *arena,
                         const struct scf_anchor_entry *entry, struct scf_str *ret_token,
                         struct scf_timestamp *ret, struct scf_error *err) {
    const struct scf_anchor_target *target = entry->target;
    struct imprints over = imprints_of(entry->statement, entry->proof);
    struct scf_str ca_pem;
    int64_t now_us = scf_now_us(), until_us;
    enum scf_code code = scf_anchor_trusted_until(db, arena, "sha256", &until_us, err);
    if (code)
        return code;
    bool ends = until_us - target->renew_before_s * SCF_US_PER_SECOND <= now_us;
    code = scf_rfc3161_ask(arena, target, &over.sha256, ends ? over.sha512 : NULL, STEP_TIMEOUT_S,
                           ret_token, ret, &ca_pem, err);
    if (code == SCF_OK || !ends || entry->proof.n > 0 || until_us <= now_us)
        return code;
    return scf_rfc3161_ask(arena, target, &over.sha256, NULL, STEP_TIMEOUT_S, ret_token, ret,
                           &ca_pem, err);
}

/* When the token loses its worth: with its certificates, or with what it is made of. */
static enum scf_code find_end(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_timestamp *stamp, int64_t *ret_us,
                              struct scf_error *err) {
    int64_t until_us;
    enum scf_code code = scf_anchor_trusted_until(db, arena, stamp->algorithms, &until_us, err);
    if (code == SCF_OK)
        *ret_us = until_us < stamp->expires_us ? until_us : stamp->expires_us;
    return code;
}

static enum scf_code renewable(const struct scf_anchor_entry *entry,
                               const struct scf_timestamp *stamp, int64_t end_us,
                               struct scf_error *err) {
    if (end_us <= entry->expires_us)
        return scf_fail(err, SCF_E_UPSTREAM,
                        "The authority still signs with a certificate or algorithm that ends no "
                        "later.");
    /* Appended, it would spoil the proof: a chain of tokens holds only without a gap. */
    if (stamp->time_us > entry->expires_us)
        return scf_fail(err, SCF_E_UPSTREAM, TOO_LATE);
    return SCF_OK;
}

static enum scf_code step(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_services *services, struct scf_anchor_entry *entry,
                          struct scf_error *err) {
    (void)services;
    bool renewal = entry->proof.n > 0;
    struct scf_timestamp stamp;
    struct scf_str token;
    int64_t end_us = 0;
    if (renewal && entry->expires_us < scf_now_us())
        return scf_fail(err, SCF_E_UPSTREAM, TOO_LATE);
    enum scf_code code = ask(db, arena, entry, &token, &stamp, err);
    if (code == SCF_OK)
        code = find_end(db, arena, &stamp, &end_us, err);
    if (code == SCF_OK && renewal)
        code = renewable(entry, &stamp, end_us, err);
    if (code == SCF_OK)
        code = append(arena, &entry->proof, token, err);
    if (code)
        return code;
    entry->state = SCF_ANCHOR_CONFIRMED;
    entry->expires_us = end_us;
    entry->certificates_end_us = stamp.expires_us;
    entry->algorithms = scf_strdup(arena, stamp.algorithms);
    entry->problem = NULL;
    if (!renewal) {
        entry->proven_us = stamp.time_us;
        entry->reference = stamp.serial;
    }
    return entry->algorithms ? SCF_OK : scf_fail_memory(err);
}

/* ---- verifying ---- */

static void report_token(struct scf_buf *report, int number, const struct scf_timestamp *stamp) {
    char time[SCF_TIME_TEXT], end[SCF_TIME_TEXT];
    scf_time_format(stamp->time_us, time);
    scf_time_format(stamp->expires_us, end);
    scf_buf_printf(report, "timestamp %d: at %s, serial %s, certificates good until %s\n", number,
                   time, stamp->serial, end);
}

static bool verify_token(struct scf_arena *arena, struct scf_str token, const struct imprints *over,
                         struct scf_str trust, struct scf_timestamp *ret, int number,
                         struct scf_buf *report) {
    const struct scf_timestamp_want want = {.digest = over->sha256, .sha512 = over->sha512};
    struct scf_error err = {0};
    enum scf_code code = trust.n > 0 ? scf_timestamp_verify(arena, token, &want, trust, ret, &err)
                                     : scf_timestamp_verify_alone(arena, token, &want, ret, &err);
    if (code)
        scf_buf_printf(report, "timestamp %d: %s\n", number, err.detail);
    else
        report_token(report, number, ret);
    return code == SCF_OK;
}

/* Each token must have been renewed while it was good. */
static bool verify_tokens(struct scf_arena *arena, struct scf_str proof, struct scf_str statement,
                          struct scf_str trust, struct scf_buf *report, int64_t *ret_time_us) {
    struct scf_str rest = proof, token;
    struct scf_timestamp before = {0}, stamp;
    int64_t first_us = 0;
    for (int number = 1; rest.n > 0 && number <= TOKENS_MAX; number++) {
        struct imprints over = imprints_of(statement, (struct scf_str){proof.p, proof.n - rest.n});
        if (!scf_timestamp_cut(&rest, &token)) {
            scf_buf_printf(report, "timestamp %d: it is malformed\n", number);
            return false;
        }
        if (!verify_token(arena, token, &over, trust, &stamp, number, report))
            return false;
        if (number == 1)
            first_us = stamp.time_us;
        else if (stamp.time_us < before.time_us || stamp.time_us > before.expires_us) {
            scf_buf_printf(report, "timestamp %d: it renews one that was no longer good\n", number);
            return false;
        }
        before = stamp;
    }
    if (proof.n == 0 || rest.n > 0)
        return false;
    if (trust.n == 0)
        scf_buf_puts(report, "who made the timestamp is not checked: no certificates were given\n");
    *ret_time_us = first_us;
    return true;
}

static bool verify(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                   struct scf_buf *report, int64_t *ret_time_us) {
    enum { ARENA_MAX = 8 << 20 };
    struct scf_arena *arena = scf_arena_new(ARENA_MAX);
    bool ok = verify_tokens(arena, proof, statement, trust, report, ret_time_us);
    scf_arena_free(arena);
    return ok;
}

const struct scf_anchor_adapter scf_anchor_rfc3161 = {
    .kind = SCF_ANCHOR_RFC3161,
    .step = step,
    .check_settings = check_settings,
    .file_suffix = "tst",
    .media_type = "application/timestamp-token",
    .verify = verify,
};
