/* One bulk upload: lines in, pieces to the committer, one answer line each. Private to bulk*.c.
 *
 * Owned by the HTTP thread. The committer only touches `flying->done`, `waiting` and `gone`, under
 * `mutex`; whoever finds the other side gone frees. */
#ifndef SCFD_INTAKE_BULK_H
#define SCFD_INTAKE_BULK_H

#include "commit.h"
#include "ndjson.h"
#include "scfd/codec/digest.h"
#include "spool.h"

enum {
    PIECE_LINES = 512, /* one commit's worth: larger ones win nothing */
    PIECE_BYTES = 1 << 20,
    PIECE_ARENA_MAX = 256 << 20,
    ATOMIC_ARENA_MAX = 1 << 30,
    UPLOADS_MAX = 32,
    ATOMIC_UPLOADS_MAX = 2
};

/* A run of lines that travels together. */
struct scf_piece {
    struct scf_arena *arena;
    struct scf_item **lines; /* every line, refused ones too */
    int64_t *numbers;        /* their line numbers */
    size_t count, capacity, bytes;
    struct scf_item **sent; /* those that the committer decides */
    struct scf_group group;
    bool done;
};

struct scf_bulk {
    struct scf_request *rq;
    struct scf_services *services;
    struct scf_actor actor;
    enum scf_record_kind kind;
    int64_t received_us;
    bool atomic, as_json;
    struct scf_ndjson lines;
    struct scf_spool spool;
    struct scf_digest_stream *digest;
    struct scf_piece *filling, *flying;
    pthread_mutex_t mutex;
    bool waiting, gone;
    bool ended;    /* the whole body is here */
    bool too_many; /* lines, or memory for them: no answer by line */
    int64_t total, accepted, duplicate, rejected, warnings;
};

/* ---- answers (bulk_answer.c) ---- */

/* Writes the answer lines of a decided piece into the spool. */
void scf_bulk_write_piece(struct scf_bulk *b, const struct scf_piece *piece);
/* Writes the summary and replies with the spool. */
void scf_bulk_reply(struct scf_bulk *b);

#endif
