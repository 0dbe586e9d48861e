/* NDJSON uploads: two pieces in turn, one filling from the network while the other is committed, so
 * that memory is constant and neither side waits without need. */
#include "bulk.h"

#include "ingest.h"
#include "scfd/base/clock.h"
#include "tally.h"

static atomic_int uploads, atomic_uploads;

/* ---- pieces ---- */

static struct scf_piece *new_piece(bool atomic) {
    size_t capacity = atomic ? SCF_ATOMIC_LINES_MAX : PIECE_LINES;
    struct scf_arena *arena = scf_arena_new(atomic ? ATOMIC_ARENA_MAX : PIECE_ARENA_MAX);
    struct scf_piece *piece = scf_alloc(arena, 1, sizeof *piece);
    SCF_ASSERT(piece);
    *piece = (struct scf_piece){.arena = arena, .capacity = capacity};
    piece->lines = scf_alloc(arena, capacity, sizeof *piece->lines);
    piece->sent = scf_alloc(arena, capacity, sizeof *piece->sent);
    piece->numbers = scf_alloc(arena, capacity, sizeof *piece->numbers);
    SCF_ASSERT(piece->lines && piece->sent && piece->numbers);
    return piece;
}

static void free_piece(struct scf_piece *piece) {
    if (piece)
        scf_arena_free(piece->arena); /* the piece lives in it */
}

static bool is_full(const struct scf_bulk *b) {
    const struct scf_piece *piece = b->filling;
    return !b->atomic && (piece->count == piece->capacity || piece->bytes >= PIECE_BYTES);
}

static void free_bulk(struct scf_bulk *b) {
    atomic_fetch_sub(&uploads, 1);
    if (b->atomic)
        atomic_fetch_sub(&atomic_uploads, 1);
    free_piece(b->filling);
    free_piece(b->flying);
    scf_spool_drop(&b->spool);
    scf_ndjson_free(&b->lines);
    if (b->digest)
        scf_digest_drop(b->digest);
    pthread_mutex_destroy(&b->mutex);
    free(b);
}

/* ---- to the committer and back ---- */

static void carry_on(struct scf_request *rq);

/* On the committer's thread. */
static void piece_done(struct scf_group *group) {
    struct scf_bulk *b = group->ctx;
    pthread_mutex_lock(&b->mutex);
    b->flying->done = true;
    bool gone = b->gone, waiting = b->waiting;
    b->waiting = false;
    struct scf_request *rq = b->rq;
    bool ended = b->ended;
    pthread_mutex_unlock(&b->mutex);
    if (gone)
        free_bulk(b);
    else if (waiting)
        scf_rq_resume(rq, ended ? carry_on : NULL);
}

/* Suspends when the flying piece is still with the committer: true means "come back later". */
static bool must_wait(struct scf_bulk *b) {
    pthread_mutex_lock(&b->mutex);
    b->waiting = b->flying && !b->flying->done;
    bool wait = b->waiting;
    if (wait)
        scf_rq_suspend(b->rq);
    pthread_mutex_unlock(&b->mutex);
    return wait;
}

static void land(struct scf_bulk *b) {
    if (!b->flying)
        return;
    scf_bulk_write_piece(b, b->flying);
    free_piece(b->flying);
    b->flying = NULL;
}

static void refuse_piece(struct scf_piece *piece, enum scf_code code, const char *why) {
    for (size_t i = 0; i < piece->group.count; i++) {
        piece->sent[i]->outcome = SCF_REFUSED;
        scf_fail(&piece->sent[i]->error, code, "%s", why);
        scf_tally(piece->sent[i]->record.kind, SCF_REFUSED);
    }
    piece->done = true;
}

/* The filling piece takes off; nothing is flying. */
static void take_off(struct scf_bulk *b) {
    struct scf_piece *piece = b->filling;
    b->filling = NULL;
    b->flying = piece;
    piece->group.items = piece->sent;
    piece->group.done = piece_done;
    piece->group.ctx = b;
    piece->group.bytes = piece->bytes;
    piece->group.bulk = true;
    piece->group.atomic = b->atomic;
    if (b->atomic && piece->group.count < piece->count)
        refuse_piece(piece, SCF_E_ATOMIC_ROLLED_BACK,
                     "Another line of the atomic request was refused; nothing was written.");
    else if (piece->group.count == 0)
        piece->done = true;
    else if (!scf_commit_submit(b->services->intake, &piece->group))
        refuse_piece(piece, SCF_E_DRAINING, "The server is shutting down.");
}

/* ---- lines ---- */

/* NULL when the arena is full. */
static struct scf_item *add_item(struct scf_piece *piece, int64_t number) {
    struct scf_item *item = scf_alloc(piece->arena, 1, sizeof *item);
    if (!item)
        return NULL;
    piece->numbers[piece->count] = number;
    piece->lines[piece->count++] = item;
    return item;
}

static void add_line(struct scf_bulk *b, struct scf_item *item) {
    struct scf_piece *piece = b->filling;
    const struct scf_buf *line = &b->lines.line;
    char *text = scf_strndup(piece->arena, line->data, line->len);
    piece->bytes += line->len;
    if (!text) {
        item->outcome = SCF_REFUSED;
        scf_fail(&item->error, SCF_E_BODY_TOO_LARGE, "The lines before this one are too large.");
        return;
    }
    if (scf_item_prepare(b->services, &b->actor, b->kind, (struct scf_str){text, line->len},
                         b->received_us, piece->arena, item) == SCF_OK)
        piece->sent[piece->group.count++] = item;
}

static void refuse_long_line(const struct scf_bulk *b, struct scf_item *item) {
    item->outcome = SCF_REFUSED;
    scf_fail(&item->error, SCF_E_BODY_TOO_LARGE, "A line may have at most %zu bytes.",
             b->lines.line.max);
}

static void add_event(struct scf_bulk *b, enum scf_ndjson_event event) {
    if (event == SCF_NDJSON_MORE || b->too_many)
        return;
    if (!b->filling)
        b->filling = new_piece(b->atomic);
    if (b->atomic &&
        (b->filling->count == SCF_ATOMIC_LINES_MAX || b->filling->bytes > SCF_ATOMIC_BYTES_MAX)) {
        b->too_many = true;
        return;
    }
    struct scf_item *item = add_item(b->filling, b->lines.number);
    if (!item) {
        b->too_many = true;
        return;
    }
    b->received_us = scf_now_us();
    if (event == SCF_NDJSON_LINE)
        add_line(b, item);
    else
        refuse_long_line(b, item);
    if (item->outcome == SCF_REFUSED)
        scf_tally(b->kind, SCF_REFUSED);
}

/* ---- the stream ---- */

static bool admit(bool atomic) {
    if (atomic_fetch_add(&uploads, 1) >= UPLOADS_MAX) {
        atomic_fetch_sub(&uploads, 1);
        return false;
    }
    if (atomic && atomic_fetch_add(&atomic_uploads, 1) >= ATOMIC_UPLOADS_MAX) {
        atomic_fetch_sub(&atomic_uploads, 1);
        atomic_fetch_sub(&uploads, 1);
        return false;
    }
    return true;
}

static enum scf_code read_atomic(struct scf_request *rq, bool *ret, struct scf_error *err) {
    const char *text = scf_rq_query(rq, "atomic");
    *ret = text && strcmp(text, "true") == 0;
    if (!text || *ret || strcmp(text, "false") == 0)
        return SCF_OK;
    return scf_fail(err, SCF_E_INVALID_PARAMETER, "atomic is \"true\" or \"false\".");
}

static enum scf_code bulk_begin(struct scf_request *rq, struct scf_error *err) {
    struct scf_services *services = scf_rq_app(rq);
    enum scf_record_kind kind = scf_kind_of_path(scf_rq_path(rq));
    bool atomic;
    enum scf_code code = scf_may_send(scf_rq_actor(rq), kind, err);
    if (code == SCF_OK)
        code = read_atomic(rq, &atomic, err);
    /* A sound Idempotency-Key is welcome, but every line has its external_id for the same end. */
    const struct scf_idempotency *unused;
    if (code == SCF_OK)
        code = scf_rq_idempotency(rq, &unused, err);
    if (code != SCF_OK)
        return code;
    struct scf_spool spool;
    if ((code = scf_spool_open(&spool, services->spool_dir, err)) != SCF_OK)
        return code;
    if (!admit(atomic)) {
        scf_spool_drop(&spool);
        return scf_fail(err, SCF_E_OVERLOADED, "Too many bulk uploads are running; try again.");
    }
    struct scf_bulk *b = calloc(1, sizeof *b);
    SCF_ASSERT(b);
    const char *accept = scf_rq_header(rq, "Accept");
    *b = (struct scf_bulk){.rq = rq,
                           .services = services,
                           .actor = *scf_rq_actor(rq),
                           .kind = kind,
                           .atomic = atomic,
                           .as_json = accept && strcmp(accept, "application/json") == 0,
                           .spool = spool,
                           .digest = scf_digest_begin(SCF_SHA256)};
    pthread_mutex_init(&b->mutex, NULL);
    scf_ndjson_init(&b->lines, (size_t)services->config->max_body_bytes);
    scf_rq_set_data(rq, b);
    return SCF_OK;
}

static size_t bulk_chunk(struct scf_request *rq, const char *bytes, size_t n) {
    struct scf_bulk *b = scf_rq_data(rq);
    size_t taken = 0;
    while (taken < n) {
        if (b->filling && is_full(b)) {
            if (must_wait(b))
                break;
            land(b);
            take_off(b);
        }
        enum scf_ndjson_event event;
        size_t step = scf_ndjson_next(&b->lines, bytes + taken, n - taken, &event);
        add_event(b, event);
        taken += step;
    }
    scf_digest_update(b->digest, bytes, taken);
    return taken;
}

static void finish(struct scf_bulk *b) {
    struct scf_error err = {0};
    if (b->too_many && b->atomic) {
        scf_fail(&err, SCF_E_BODY_TOO_LARGE,
                 "An atomic request may have at most %d lines and %d MiB; nothing was written.",
                 SCF_ATOMIC_LINES_MAX, SCF_ATOMIC_BYTES_MAX >> 20);
        scf_reply_error(b->rq, &err);
    } else if (b->too_many) {
        scf_fail(
            &err, SCF_E_BODY_TOO_LARGE,
            "Lines this large do not fit into memory. Lines before them may be stored: to send "
            "those again does no harm.");
        scf_reply_error(b->rq, &err);
    } else {
        scf_bulk_reply(b);
    }
    free_bulk(b);
}

/* The body is complete: fly what is left, then reply. Runs again after each wait. */
static void carry_on(struct scf_request *rq) {
    struct scf_bulk *b = scf_rq_data(rq);
    for (;;) {
        if (must_wait(b))
            return;
        land(b);
        if (!b->filling || b->too_many)
            break;
        take_off(b);
    }
    finish(b);
}

static void bulk_end(struct scf_request *rq) {
    struct scf_bulk *b = scf_rq_data(rq);
    add_event(b, scf_ndjson_end(&b->lines));
    pthread_mutex_lock(&b->mutex);
    b->ended = true;
    pthread_mutex_unlock(&b->mutex);
    carry_on(rq);
}

static void bulk_abort(struct scf_request *rq) {
    struct scf_bulk *b = scf_rq_data(rq);
    if (!b)
        return;
    pthread_mutex_lock(&b->mutex);
    b->gone = true;
    bool in_flight = b->flying && !b->flying->done;
    pthread_mutex_unlock(&b->mutex);
    if (!in_flight)
        free_bulk(b);
}

const struct scf_stream_ops scf_ingest_bulk = {
    .begin = bulk_begin, .chunk = bulk_chunk, .end = bulk_end, .abort = bulk_abort};
