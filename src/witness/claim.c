/* A witness answers 409 with a larger size than we have: it says that this database is an older
 * copy, and signs nothing. Whoever could halt the log by a bare number would need no key for it, so
 * that one number only raises the alarm. What halts is our own signature on a larger tree, which
 * witnesses of this kind show (GET /v1/witness/checkpoint), or that several of them claim one.
 * Relies on ask_store and remember. */
#include "claim.h"

#include "answer.h"
#include "remember.h"
#include "request.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/chain/chain.h"
#include "scfd/exchange/exchange.h"

enum { URL_MAX = 4096 };

/* ---- asking for proof ---- */

/* All that is not plain in a query, percent-encoded. */
static void put_escaped(struct scf_str text, struct scf_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~/", c)))
            scf_buf_putc(out, (char)c);
        else
            scf_buf_printf(out, "%%%02X", c);
    }
}

static bool fetch(const struct scf_wit_claim *c, struct scf_str origin, struct scf_buf *ret) {
    struct scf_buf url;
    struct scf_error err = {0};
    int status = 0;
    scf_buf_init(&url, URL_MAX);
    scf_buf_printf(&url, "%s/checkpoint?origin=", c->witness->url);
    put_escaped(origin, &url);
    scf_buf_putc(&url, '\0');
    struct scf_http_call call = {.method = "GET", .url = url.data, .accept = "text/plain"};
    bool ok = !url.overflow &&
              scf_http_client_run(c->client, &call, &status, ret, &err) == SCF_OK && status == 200;
    scf_buf_free(&url);
    return ok;
}

/* Our own signature, under the chain's origin, on a tree that we do not have. */
static bool proves(const struct scf_wit_claim *c, struct scf_str origin, struct scf_str note,
                   struct scf_wit_view *ret) {
    struct scf_vkey keys[SCF_SUITES];
    for (int i = 0; i < SCF_SUITES; i++)
        if (!scf_chain_vkey_of(c->services, (enum scf_suite)i, c->showing->note, &keys[i]))
            return false;
    return scf_wit_view_open(c->arena, note, keys, SCF_SUITES, ret) == SCF_WIT_FORM_OK &&
           scf_str_eq(ret->checkpoint.origin, origin) && ret->checkpoint.size > c->sealed;
}

/* *ret is in the arena. */
static bool ask_for_proof(const struct scf_wit_claim *c, struct scf_wit_view *ret) {
    struct scf_str text;
    struct scf_checkpoint shown;
    struct scf_buf answer;
    if (!scf_wit_checkpoint(c->showing->note, &text, &shown))
        return false;
    scf_buf_init(&answer, SCF_WIT_BODY_MAX);
    bool got = fetch(c, shown.origin, &answer);
    char *note = got ? scf_strndup(c->arena, answer.data, answer.len) : NULL;
    size_t n = answer.len;
    scf_buf_free(&answer);
    return note != NULL && proves(c, shown.origin, (struct scf_str){note, n}, ret);
}

/* ---- what follows ---- */

struct taking {
    const struct scf_wit_claim *claim;
    const struct scf_wit_view *proof; /* NULL: none */
};

static enum scf_code halt(struct scf_db *db, const struct taking *t, struct scf_error *err) {
    const struct scf_wit_claim *c = t->claim;
    struct scf_witness_loss loss = {.chain_id = c->showing->chain_id,
                                    .reason = "ahead",
                                    .size = c->size,
                                    .now_us = scf_now_us()};
    if (t->proof != NULL) {
        loss.size = t->proof->checkpoint.size;
        loss.note = t->proof->note;
    }
    bool is_new;
    enum scf_code code = scf_witness_lost(db, c->arena, &loss, &is_new, err);
    if (code != SCF_OK || !is_new)
        return code;
    scf_log_kv(SCF_LOG_ERROR,
               "More of a chain was cosigned than this database has: it is an older copy, and "
               "nothing is sealed any more",
               "witness", c->witness->name, NULL);
    return scf_event_append(db, c->arena, &c->services->installation.platform_id, "witness.ahead",
                            "chain", &c->showing->chain_id, true, err);
}

static enum scf_code keep(struct scf_db *db, const struct scf_wit_claim *c, struct scf_error *err) {
    const struct scf_witness_showing *s = c->showing;
    int64_t now_us = scf_now_us();
    struct scf_witness_state state = {
        .witness_id = c->witness->id,
        .chain_id = s->chain_id,
        .size = s->cosigned_size,
        .claimed_size = c->size,
        .failures = s->failures + 1,
        .problem = "it says that it has cosigned a larger tree than there is (409)",
        .now_us = now_us,
        .due_us = now_us + scf_wit_pause_us(s->failures + 1)};
    return scf_witness_note(db, c->arena, &state, err);
}

static enum scf_code warn(struct scf_db *db, const struct scf_wit_claim *c, struct scf_error *err) {
    scf_log_kv(SCF_LOG_WARN,
               "A witness says that it has cosigned more of a chain than this database has, and "
               "does not show it",
               "witness", c->witness->name, NULL);
    return scf_event_append(db, c->arena, &c->services->installation.platform_id, "witness.claim",
                            "wit", &c->witness->id, true, err);
}

static enum scf_code take_in_tx(struct scf_db *db, void *ctx, struct scf_error *err) {
    const struct taking *t = ctx;
    const struct scf_wit_claim *c = t->claim;
    bool enough = false, is_new = c->showing->claimed_size == 0;
    enum scf_code code = scf_witness_lock(db, c->arena, &c->showing->chain_id, err);
    if (code == SCF_OK)
        code = keep(db, c, err);
    if (code == SCF_OK && t->proof == NULL)
        code = scf_witness_claimed(db, c->arena, &c->showing->chain_id, &enough, err);
    if (code != SCF_OK)
        return code;
    if (t->proof != NULL || enough)
        return halt(db, t, err);
    return is_new ? warn(db, c, err) : SCF_OK;
}

enum scf_code scf_wit_claim_take(const struct scf_wit_claim *claim, struct scf_error *err) {
    struct scf_wit_view view;
    struct taking taking = {claim, ask_for_proof(claim, &view) ? &view : NULL};
    return scf_tx_run(claim->db, take_in_tx, &taking, err);
}
