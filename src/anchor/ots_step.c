/* Anchoring at OpenTimestamps calendars. The first step hands them a digest, and keeps what they
 * promise (anchored); later steps ask them what became of it until a Bitcoin block attests it, and
 * then, where the target names somebody who has headers, check its header (confirmed). Without
 * headers the entry stays anchored: the calendar's word for the block is all there is, and whoever
 * verifies has to bring the header. */
#include "bitcoin.h"
#include "ots.h"
#include "ots_settings.h"
#include "ots_verify.h"
#include "scfd/base/clock.h"
#include "scfd/codec/http_client.h"
#include "settings.h"

enum {
    CONNECT_S = 2,
    CALL_S = 3,
    STEP_US = 6 * 1000000, /* no call begins later: the core gives a step ten seconds */
    ANSWER_MAX = 10000,    /* as reference clients have it */
    NONCE = 16,
    URL_MAX = 1200
};

struct step {
    struct scf_arena *arena;
    struct ots_settings settings;
    struct scf_http_client *http;
    int64_t until_mono_us;
    struct ots_tree tree;
    struct scf_anchor_entry *entry; /* as it will be */
};

/* The answer's bytes, in the arena. False with `*ret_status`, 0 when there was none. */
static bool ask(struct step *s, const char *method, const char *url, struct scf_str body,
                int *ret_status, struct scf_str *ret) {
    const struct scf_http_call call = {.method = method,
                                       .url = url,
                                       .content_type = "application/x-www-form-urlencoded",
                                       .accept = "application/vnd.opentimestamps.v1",
                                       .body = body};
    struct scf_error unsaid = {0};
    struct scf_buf answer;
    *ret_status = 0;
    if (scf_mono_us() > s->until_mono_us)
        return false;
    scf_buf_init(&answer, ANSWER_MAX);
    bool there = scf_http_client_run(s->http, &call, ret_status, &answer, &unsaid) == SCF_OK;
    char *copy = there ? scf_strndup(s->arena, answer.data ? answer.data : "", answer.len) : NULL;
    *ret = (struct scf_str){copy, answer.len};
    scf_buf_free(&answer);
    return copy && *ret_status == 200;
}

static bool make_url(struct scf_str base, const char *path, char out[URL_MAX]) {
    int n = snprintf(out, URL_MAX, "%.*s%s", (int)base.n, base.p, path);
    return n > 0 && n < URL_MAX;
}

/* ---- submitting ---- */

struct found {
    const struct ots_node *node; /* the one whose message is the Merkle root; NULL: none */
    uint64_t height;
};

static bool find_bitcoin(void *ctx, struct ots_node *node, const struct ots_attestation *a) {
    struct found *found = ctx;
    if (a->kind == OTS_BITCOIN && node->message.n == SCF_HASH_LEN &&
        (!found->node || a->height < found->height))
        *found = (struct found){node, a->height};
    return true;
}

/* A promise: no block can attest to what it was asked a moment ago. */
static bool submit_to(struct step *s, struct scf_str calendar, struct ots_node *node) {
    char url[URL_MAX];
    int status;
    struct scf_str answer;
    if (!make_url(calendar, "/digest", url) ||
        !ask(s, "POST", url, node->message, &status, &answer))
        return false;
    struct found attested = {0};
    struct ots_node *promise = ots_read(&s->tree, answer, node->message);
    if (!promise || !ots_walk(promise, find_bitcoin, &attested) || attested.node)
        return false;
    ots_merge(node, promise);
    return true;
}

static enum scf_code keep(struct step *s, const struct ots_node *root, struct scf_error *err) {
    struct scf_buf file;
    scf_buf_init(&file, OTS_FILE_MAX);
    bool written = ots_file_write(root, &file);
    char *copy = written ? scf_strndup(s->arena, file.data, file.len) : NULL;
    struct scf_str proof = {copy, file.len};
    struct ots_tree again = {.arena = s->arena};
    scf_buf_free(&file);
    if (!copy || !ots_file_read(&again, proof)) /* too long, or too deep to be read back */
        return scf_fail(err, SCF_E_UPSTREAM, "The calendars' timestamps are too large.");
    s->entry->proof = proof;
    return SCF_OK;
}

/* The older an entry is, the more rarely its calendars are asked: at least once a day. */
static void put_due(struct step *s) {
    int64_t now_us = scf_now_us(), wait_us = s->settings.poll_s * SCF_US_PER_SECOND,
            rest_us = (now_us - s->entry->created_us) / 8;
    if (rest_us > SCF_US_PER_DAY)
        rest_us = SCF_US_PER_DAY;
    s->entry->due_us = now_us + (rest_us > wait_us ? rest_us : wait_us);
}

/* Behind a random nonce: calendars learn nothing about the statement, and two statements never the
 * same digest. */
static enum scf_code submit(struct step *s, struct scf_error *err) {
    char nonce[NONCE];
    int64_t promises = 0;
    scf_random(nonce, sizeof nonce);
    struct scf_str digest = {(const char *)s->entry->statement_sha256.b, SCF_HASH_LEN};
    struct ots_node *root = ots_new(&s->tree, digest);
    struct ots_node *node =
        root ? ots_apply(&s->tree, root, OTS_APPEND, (struct scf_str){nonce, NONCE}) : NULL;
    node = node ? ots_apply(&s->tree, node, OTS_SHA256, (struct scf_str){NULL, 0}) : NULL;
    if (!node)
        return scf_fail_memory(err);
    for (size_t i = 0; i < s->settings.calendar_count; i++)
        promises += submit_to(s, s->settings.calendars[i], node);
    if (promises < s->settings.quorum)
        return scf_fail(err, SCF_E_UPSTREAM,
                        "%" PRId64 " of %zu calendars took the digest, and %" PRId64 " have to.",
                        promises, s->settings.calendar_count, s->settings.quorum);
    enum scf_code code = keep(s, root, err);
    if (code != SCF_OK)
        return code;
    s->entry->state = SCF_ANCHOR_ANCHORED;
    s->entry->reference = scf_asprintf(s->arena, "%" PRId64 " calendars", promises);
    s->entry->problem = NULL;
    put_due(s);
    return SCF_OK;
}

/* ---- upgrading ---- */

enum { PROMISES_MAX = 2 * OTS_CALENDARS_MAX };

struct promises {
    struct {
        struct ots_node *node;
        struct scf_str uri;
    } items[PROMISES_MAX];
    size_t n;
};

static bool find_promise(void *ctx, struct ots_node *node, const struct ots_attestation *a) {
    struct promises *p = ctx;
    if (a->kind == OTS_PENDING && p->n < PROMISES_MAX) {
        p->items[p->n].node = node;
        p->items[p->n++].uri = a->uri;
    }
    return true;
}

/* The calendar may know by now what became of the digest; else it answers 404. */
static bool upgrade(struct step *s, struct ots_node *node, struct scf_str uri) {
    char url[URL_MAX], hex[2 * OTS_MESSAGE_MAX + 1], path[128];
    int status;
    struct scf_str answer;
    if (!ots_may_ask(&s->settings, uri) || node->message.n > SCF_HASH_LEN + 12)
        return false;
    scf_hex(node->message.p, node->message.n, hex);
    snprintf(path, sizeof path, "/timestamp/%.88s", hex);
    while (uri.n > 0 && uri.p[uri.n - 1] == '/')
        uri.n--;
    if (!make_url(uri, path, url) ||
        !ask(s, "GET", url, (struct scf_str){NULL, 0}, &status, &answer))
        return false;
    struct ots_node *more = ots_read(&s->tree, answer, node->message);
    if (more)
        ots_merge(node, more);
    return more != NULL;
}

static bool upgrade_all(struct step *s, struct ots_node *root) {
    struct promises promises = {.n = 0};
    bool grown = false;
    (void)ots_walk(root, find_promise, &promises);
    for (size_t i = 0; i < promises.n; i++)
        grown = upgrade(s, promises.items[i].node, promises.items[i].uri) || grown;
    return grown;
}

/* ---- confirming ---- */

static struct scf_str without_line_feed(struct scf_str text) {
    if (text.n > 0 && text.p[text.n - 1] == '\n')
        text.n--;
    return text;
}

/* /block-height/<n> answers the hash, /block/<hash>/header the header, in hex. */
static bool fetch_header(struct step *s, uint64_t height, struct bitcoin_header *ret) {
    char url[URL_MAX], path[128], hex[2 * SCF_HASH_LEN + 1];
    struct scf_str answer;
    struct scf_hash hash;
    uint8_t bytes[BITCOIN_HEADER];
    int status;
    snprintf(path, sizeof path, "/block-height/%" PRIu64, height);
    if (!make_url(s->settings.headers_url, path, url) ||
        !ask(s, "GET", url, (struct scf_str){NULL, 0}, &status, &answer) ||
        !scf_unhex(without_line_feed(answer), hash.b, SCF_HASH_LEN))
        return false;
    scf_hex(hash.b, SCF_HASH_LEN, hex);
    snprintf(path, sizeof path, "/block/%s/header", hex);
    return make_url(s->settings.headers_url, path, url) &&
           ask(s, "GET", url, (struct scf_str){NULL, 0}, &status, &answer) &&
           scf_unhex(without_line_feed(answer), bytes, sizeof bytes) &&
           bitcoin_header_read(bytes, ret) && scf_hash_eq(&ret->hash, &hash);
}

static void confirm(struct step *s, const struct found *found) {
    struct bitcoin_header header;
    s->entry->reference = scf_asprintf(s->arena, "Bitcoin block %" PRIu64, found->height);
    s->entry->problem = NULL;
    put_due(s);
    if (s->settings.headers_url.n == 0) {
        s->entry->due_us = scf_now_us() + SCF_US_PER_DAY;
        return;
    }
    if (!fetch_header(s, found->height, &header)) {
        s->entry->problem = "The header of the Bitcoin block is not to be had.";
        return;
    }
    if (memcmp(header.merkle_root.b, found->node->message.p, SCF_HASH_LEN) != 0) {
        s->entry->problem = "The Bitcoin block that the calendar names has another Merkle root.";
        return;
    }
    s->entry->state = SCF_ANCHOR_CONFIRMED;
    s->entry->proven_us = header.time_s * SCF_US_PER_SECOND;
    s->entry->due_us = 0;
}

static enum scf_code look_again(struct step *s, struct scf_error *err) {
    struct found found = {0};
    struct ots_node *root = ots_file_read(&s->tree, s->entry->proof);
    if (!root)
        return scf_fail(err, SCF_E_INTERNAL, "The timestamp that was kept is none.");
    (void)ots_walk(root, find_bitcoin, &found);
    if (!found.node && upgrade_all(s, root)) {
        enum scf_code code = keep(s, root, err);
        if (code != SCF_OK)
            return code;
        (void)ots_walk(root, find_bitcoin, &found);
    }
    put_due(s);
    if (found.node)
        confirm(s, &found);
    return SCF_OK;
}

/* ---- the adapter ---- */

static enum scf_code read_settings(struct scf_arena *arena, const struct scf_anchor_target *target,
                                   struct ots_settings *ret, struct scf_error *err) {
    struct scf_faults faults = {.arena = arena};
    const cJSON *settings =
        scf_json_parse(arena, target->settings_json, strlen(target->settings_json), err);
    if (!settings || !settings_schema_check(&ots_settings_schema, settings, &faults) ||
        !ots_settings_read(target->url, settings, ret))
        return scf_fail(err, SCF_E_INTERNAL, "The settings of target %s are not sound.",
                        target->name);
    return SCF_OK;
}

static enum scf_code step(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_services *services, struct scf_anchor_entry *entry,
                          struct scf_error *err) {
    (void)db, (void)services;
    struct scf_anchor_entry next = *entry;
    struct step s = {.arena = arena, .tree.arena = arena, .entry = &next};
    enum scf_code code = read_settings(arena, entry->target, &s.settings, err);
    if (code != SCF_OK)
        return code;
    s.until_mono_us = scf_mono_us() + STEP_US;
    s.http = scf_http_client_new(CONNECT_S, CALL_S);
    code = entry->proof.n == 0 ? submit(&s, err) : look_again(&s, err);
    scf_http_client_free(s.http);
    if (code == SCF_OK)
        *entry = next;
    return code;
}

static void check_settings(const struct scf_services *services, const cJSON *settings,
                           struct scf_faults *faults) {
    (void)services;
    struct ots_settings unused;
    if (!settings_schema_check(&ots_settings_schema, settings, faults))
        return;
    if (!ots_settings_read("", settings, &unused))
        scf_fault_add(faults, "#/settings/calendars", "out-of-range",
                      "There are at most %d calendars, and no fewer than the quorum.",
                      OTS_CALENDARS_MAX);
}

const struct scf_anchor_adapter scf_anchor_ots = {
    .kind = SCF_ANCHOR_OTS,
    .step = step,
    .check_settings = check_settings,
    .file_suffix = "ots",
    .media_type = "application/vnd.opentimestamps.v1",
    .verify = ots_verify,
    .steps = ots_steps,
};
