/* Job "witness": shows one witness the checkpoints that it has not cosigned yet (C2SP tlog-witness
 * v1.0.0). It calls out, never in a transaction; what a witness answers is verified before it is
 * stored. One run at a time per witness: it takes the witness's turn, for longer than it may last.
 *
 * A job thread is shared with other jobs, so that a run is short: it ends with the first call that
 * is not answered in time, and after some seconds anyhow; the task orders another one. */
#include "answer.h"
#include "ask_store.h"
#include "claim.h"
#include "request.h"
#include "scfd/base/clock.h"
#include "scfd/base/log.h"
#include "scfd/base/metrics.h"
#include "scfd/chain/block.h"
#include "scfd/codec/http_client.h"
#include "scfd/witness/witness.h"

enum {
    CONNECT_S = 2,
    CALL_S = 4,
    TRIES = 3, /* of one checkpoint: the witness may say twice what it has */
    SHOWINGS = 32,
    REST = 4, /* times as long as a slow run took */
    URL_MAX = 1024,
    ANSWER_MAX = 64 << 10
};
#define RUN_US (5 * SCF_US_PER_SECOND)
#define SLOW_US (SCF_US_PER_SECOND / 2)  /* a call */
#define TURN_US (60 * SCF_US_PER_SECOND) /* above RUN_US and the last call */

struct run {
    struct scf_job *job;
    const struct scf_services *services;
    struct scf_witness witness;
    struct scf_cosigner key;
    struct scf_http_client *client;
    char url[URL_MAX];
    int64_t began_us;
    int64_t calls;
    const char *unanswered; /* why the witness is left alone for a while */
};

static void count(const char *result) {
    char labels[64];
    snprintf(labels, sizeof labels, "result=\"%s\"", result);
    scf_metric_add(
        scf_counter("scfd_witness_asked_total", labels, "Checkpoints shown to witnesses."), 1);
}

/* ---- one call ---- */

/* That the shown tree extends the one the witness has cosigned. */
static enum scf_code make_request(struct run *r, const struct scf_witness_showing *s,
                                  int64_t old_size, struct scf_buf *out, struct scf_error *err) {
    struct scf_chain_consistency consistency = {.n = 0};
    struct scf_wit_request *request = scf_alloc(r->job->arena, 1, sizeof *request);
    if (request == NULL)
        return scf_fail_memory(err);
    enum scf_code code = SCF_OK;
    if (old_size > 0 && old_size < s->size)
        code = scf_chain_consistency(r->job->db, r->job->arena, r->services, &s->chain_id, old_size,
                                     s->size, &consistency, err);
    if (code == SCF_OK && consistency.n > SCF_WIT_PROOF_MAX)
        code = scf_fail(err, SCF_E_INTERNAL, "A consistency proof is too long for a witness.");
    if (code != SCF_OK)
        return code;
    request->old_size = old_size;
    request->note = s->note;
    request->proof_count = consistency.n;
    memcpy(request->proof, consistency.proof, (size_t)consistency.n * sizeof *request->proof);
    scf_wit_request_write(request, out);
    return SCF_OK;
}

/* False: nobody answered. */
static bool call(struct run *r, struct scf_str body, int *ret_status, struct scf_buf *answer) {
    struct scf_error err;
    r->calls++;
    struct scf_http_call http = {
        .method = "POST", .url = r->url, .content_type = "text/plain; charset=utf-8", .body = body};
    if (scf_http_client_run(r->client, &http, ret_status, answer, &err) == SCF_OK)
        return true;
    count("unanswered");
    r->unanswered = "it did not answer";
    return false;
}

/* ---- what came of it ---- */

static enum scf_code store_cosignature(struct run *r, const struct scf_witness_showing *s,
                                       const struct scf_wit_answer *a, struct scf_error *err) {
    count("cosigned");
    struct scf_witness_gain gain = {.witness_id = r->witness.id,
                                    .chain_id = s->chain_id,
                                    .size = s->size,
                                    .line = a->line,
                                    .time_s = a->time_s,
                                    .now_us = scf_now_us()};
    return scf_witness_gained(r->job->db, r->job->arena, &gain, err);
}

/* Adds to size, claim and problem what follows from them. */
static enum scf_code store_state(struct run *r, const struct scf_witness_showing *s,
                                 struct scf_witness_state *state, struct scf_error *err) {
    state->witness_id = r->witness.id;
    state->chain_id = s->chain_id;
    state->failures = state->problem == NULL ? 0 : s->failures + 1;
    state->now_us = scf_now_us();
    state->due_us = state->now_us;
    if (state->problem != NULL)
        state->due_us += scf_wit_pause_us(state->failures);
    return scf_witness_note(r->job->db, r->job->arena, state, err);
}

static enum scf_code store_problem(struct run *r, const struct scf_witness_showing *s,
                                   int64_t known_size, const char *problem, struct scf_error *err) {
    struct scf_witness_state state = {.size = known_size, .problem = problem};
    return store_state(r, s, &state, err);
}

/* It said nothing this time: what it claimed before stands. */
static enum scf_code store_silence(struct run *r, const struct scf_witness_showing *s,
                                   const char *problem, struct scf_error *err) {
    struct scf_witness_state state = {
        .size = s->cosigned_size, .claimed_size = s->claimed_size, .problem = problem};
    return store_state(r, s, &state, err);
}

/* Signed under a name that the log gave up (docs/restore.md). */
static bool is_of_earlier_origin(const struct run *r, struct scf_str origin) {
    struct scf_uuid id;
    struct scf_str installation;
    return !scf_chain_origin_parse(origin, &id, &installation) ||
           !scf_str_is(installation, r->services->installation.origin);
}

/* It has cosigned a larger tree than the one shown. Either a newer one of ours, shown by another
 * instance meanwhile; or one that we do not have: then this database may be an older copy. What it
 * saw under an earlier origin was settled when another one was begun: this one is not shown again.
 */
static enum scf_code larger(struct run *r, const struct scf_witness_showing *s,
                            struct scf_str origin, int64_t size, struct scf_error *err) {
    int64_t sealed;
    if (is_of_earlier_origin(r, origin))
        return store_problem(r, s, s->size, NULL, err);
    enum scf_code code =
        scf_witness_sealed(r->job->db, r->job->arena, &s->chain_id, &sealed, NULL, err);
    if (code != SCF_OK)
        return code;
    if (size <= sealed)
        return store_problem(r, s, size, NULL, err);
    count("ahead");
    const struct scf_wit_claim claim = {.db = r->job->db,
                                        .arena = r->job->arena,
                                        .services = r->services,
                                        .client = r->client,
                                        .witness = &r->witness,
                                        .showing = s,
                                        .size = size,
                                        .sealed = sealed};
    return scf_wit_claim_take(&claim, err);
}

/* ---- one checkpoint ---- */

static enum scf_code take_answer(struct run *r, const struct scf_witness_showing *s, int status,
                                 struct scf_str body, int64_t *old_size, bool *ret_again,
                                 struct scf_error *err) {
    struct scf_str text;
    struct scf_checkpoint checkpoint;
    *ret_again = false;
    if (!scf_wit_checkpoint(s->note, &text, &checkpoint))
        return scf_fail(err, SCF_E_INTERNAL, "A stored checkpoint is damaged; run scfd audit.");
    struct scf_wit_answer a = scf_wit_answer_read(status, body, text, &r->key, scf_now_us());
    if (a.kind == SCF_WIT_COSIGNED)
        return store_cosignature(r, s, &a, err);
    if (a.kind == SCF_WIT_OTHER_SIZE && a.size > s->size)
        return larger(r, s, checkpoint.origin, a.size, err);
    /* The very size that we said: it has another tree of that size. */
    if (a.kind == SCF_WIT_OTHER_SIZE && a.size != *old_size) {
        *old_size = a.size;
        *ret_again = true;
        return SCF_OK;
    }
    count("refused");
    return store_problem(
        r, s, s->cosigned_size,
        a.kind == SCF_WIT_REFUSED ? a.problem : "it has cosigned another tree (409)", err);
}

struct exchange {
    struct scf_buf body, answer;
    int64_t old_size;
    bool again;
};

static enum scf_code ask_once(struct run *r, const struct scf_witness_showing *s,
                              struct exchange *x, struct scf_error *err) {
    int status = 0;
    scf_buf_clear(&x->body);
    scf_buf_clear(&x->answer);
    x->again = false;
    enum scf_code code = make_request(r, s, x->old_size, &x->body, err);
    if (code != SCF_OK)
        return code;
    /* The others come first next time: it may be this one that the witness cannot digest. */
    if (!call(r, (struct scf_str){x->body.data, x->body.len}, &status, &x->answer))
        return store_silence(r, s, r->unanswered, err);
    return take_answer(r, s, status, (struct scf_str){x->answer.data, x->answer.len}, &x->old_size,
                       &x->again, err);
}

/* Asks, and again with the size that the witness names. What is wrong with one chain must not keep
 * the others from being shown. */
static enum scf_code show(struct run *r, const struct scf_witness_showing *s,
                          struct scf_error *err) {
    struct exchange x = {.old_size = s->cosigned_size, .again = true};
    enum scf_code code = SCF_OK;
    scf_buf_init(&x.body, SCF_WIT_BODY_MAX);
    scf_buf_init(&x.answer, ANSWER_MAX);
    for (int i = 0; i < TRIES && x.again && code == SCF_OK; i++)
        code = ask_once(r, s, &x, err);
    scf_buf_free(&x.body);
    scf_buf_free(&x.answer);
    if (code == SCF_E_INTERNAL) {
        scf_log_error("A checkpoint could not be shown to a witness", err);
        return store_silence(r, s, "we could not ask it: see the log", err);
    }
    if (code != SCF_OK || !x.again)
        return code;
    count("refused");
    return store_problem(r, s, s->cosigned_size, "it names one size after the other (409)", err);
}

/* ---- the run ---- */

static enum scf_code show_all(struct run *r, struct scf_error *err) {
    for (;;) {
        struct scf_witness_showing *list;
        size_t n;
        enum scf_code code = scf_witness_showings(r->job->db, r->job->arena, &r->witness.id,
                                                  scf_now_us(), SHOWINGS, &list, &n, err);
        if (code != SCF_OK || n == 0)
            return code;
        for (size_t i = 0; i < n; i++) {
            code = show(r, &list[i], err);
            if (code != SCF_OK || r->unanswered != NULL || scf_mono_us() > r->began_us + RUN_US)
                return code;
        }
    }
}

/* Who is slow is asked less often, so that the thread has time for other jobs. */
static int64_t pause_us(const struct run *r) {
    int64_t took_us = scf_mono_us() - r->began_us;
    if (r->unanswered != NULL)
        return scf_wit_pause_us(r->witness.failures);
    return took_us > r->calls * SLOW_US ? REST * took_us : 0;
}

static enum scf_code release(struct run *r, struct scf_error *err) {
    struct scf_witness *w = &r->witness;
    int64_t now_us = scf_now_us();
    if (r->unanswered == NULL)
        w->failures = 0;
    else
        w->failures = r->calls > 1 ? 1 : w->failures + 1; /* it did answer the others */
    w->problem = r->unanswered;
    w->due_us = now_us + pause_us(r);
    return scf_witness_release(r->job->db, r->job->arena, w, now_us, err);
}

static bool read_payload(const struct scf_job *job, struct scf_uuid *ret) {
    struct scf_error ignored = {0};
    char *text = scf_strndup(job->arena, job->payload.p, job->payload.n);
    const cJSON *json =
        text != NULL ? scf_json_parse(job->arena, text, job->payload.n, &ignored) : NULL;
    const char *id = scf_json_string(json, "witness");
    return id != NULL && scf_id_parse("wit", scf_str(id), ret);
}

static enum scf_code ask(struct run *r, struct scf_error *err) {
    int n = snprintf(r->url, sizeof r->url, "%s/add-checkpoint", r->witness.url);
    if (n < 0 || (size_t)n >= sizeof r->url ||
        !scf_cosigner_parse(scf_str(r->witness.vkey), &r->key))
        return scf_fail(err, SCF_E_VALIDATION_FAILED, "The witness's address or key is none.");
    r->client = scf_http_client_new(CONNECT_S, CALL_S);
    enum scf_code code = show_all(r, err);
    scf_http_client_free(r->client);
    struct scf_error second;
    enum scf_code released = release(r, &second);
    if (code == SCF_OK && released != SCF_OK)
        *err = second;
    return code == SCF_OK ? released : code;
}

static enum scf_code run_job(struct scf_job *job, struct scf_error *err) {
    struct run r = {.job = job, .services = job->app, .began_us = scf_mono_us()};
    struct scf_uuid id;
    int64_t now_us = scf_now_us();
    bool taken = false;
    if (!read_payload(job, &id))
        return scf_fail(err, SCF_E_INTERNAL, "The job names no witness.");
    enum scf_code code =
        scf_witness_take(job->db, job->arena, &id, now_us, now_us + TURN_US, &taken, err);
    if (code != SCF_OK || !taken)
        return code; /* another run has the turn, or the witness was removed */
    code = scf_witness_get(job->db, job->arena, &id, &r.witness, err);
    return code == SCF_OK ? ask(&r, err) : code == SCF_E_NOT_FOUND ? SCF_OK : code;
}

const struct scf_job_kind scf_witness_job = {
    .name = "witness", .run = run_job, .lease_s = 60, .max_attempts = 1};
