/* Anchors: from time to time the newest blocks of all chains are gathered in one tree, and its root
 * is put where we cannot change it any more: under RFC 3161 timestamps, on an EVM chain, in
 * OpenTimestamps calendars. (Peer witnesses look at single chains instead: room witness.)
 *
 * A gathering is a tick. Its leaves are the newest blocks of all chains that have one, in order of
 * chain id, as the 32 bytes of their block hashes (RFC 9162 leaves, SHA-256, whatever the hash of
 * the chain); its statement is the text
 *
 *     scfd-anchor/v1
 *     origin <origin of the installation>/anchors
 *     tick <n, from 0>
 *     size <leaves>
 *     root <base64>
 *     prev <base64: SHA-256 of the statement before; 32 zero bytes in the first>
 *     time <RFC 3339>
 *
 * RFC 3161 and OpenTimestamps stamp the SHA-256 of that text, so that `openssl ts -verify -data`
 * and `ots verify` take it as a file; an EVM transaction carries "scfd" and the root itself as its
 * data. A tick is signed as a C2SP signed note by the installation's key under the name
 * "<origin>/anchors". */
#ifndef SCFD_ANCHOR_ANCHOR_H
#define SCFD_ANCHOR_ANCHOR_H

#include "scfd/base/buf.h"
#include "scfd/base/id.h"
#include "scfd/chain/merkle.h"
#include "scfd/party/services.h"

/* Numbers are stored: append only. */
enum scf_anchor_kind { SCF_ANCHOR_RFC3161, SCF_ANCHOR_EVM, SCF_ANCHOR_OTS, SCF_ANCHOR_KINDS };
extern const char *const scf_anchor_kind_names[]; /* "rfc3161" "evm" "opentimestamps" */

/* pending: nothing that proves anything is there yet; anchored: there is a proof that can still be
 * lost or that will grow (a transaction in a young block, a calendar's promise); confirmed: final;
 * failed: given up, another tick takes its place. An RFC 3161 token is confirmed at once. */
enum scf_anchor_state {
    SCF_ANCHOR_PENDING,
    SCF_ANCHOR_ANCHORED,
    SCF_ANCHOR_CONFIRMED,
    SCF_ANCHOR_FAILED
};
extern const char *const scf_anchor_state_names[];

/* ---- the statement (pure) ---- */

struct scf_anchor_statement {
    struct scf_str origin; /* with "/anchors" */
    int64_t tick, size;
    struct scf_hash root, prev;
    int64_t time_us;
};
void scf_anchor_statement_write(const struct scf_anchor_statement *s, struct scf_buf *out);
/* The exact inverse: any other spelling of the same values is refused. */
bool scf_anchor_statement_parse(struct scf_str text,
                                struct scf_anchor_statement *ret) SCF_MUST_CHECK;

/* ---- targets: where to anchor ---- */

struct scf_anchor_target {
    int32_t id;          /* in tables */
    struct scf_uuid uid; /* on the wire: anct_… */
    const char *name;    /* unique, [a-z0-9-]{1,40}, never changes: names files of a bundle */
    enum scf_anchor_kind kind;
    const char *url;
    const char *settings_json; /* a flat object, of the kind: see its check_settings */
    int64_t interval_s;        /* it takes a tick at most so often */
    int64_t give_up_after_s;   /* patience with an entry that proves nothing yet */
    int64_t renew_before_s;    /* before expires_us of an entry it is stepped again */
    int64_t silent_after_s;    /* the alarm */
    bool active;
};

/* One tick at one target. */
struct scf_anchor_entry {
    int64_t tick;
    const struct scf_anchor_target *target;
    struct scf_str statement; /* the text */
    struct scf_hash root, statement_sha256;
    enum scf_anchor_state state;
    int attempt; /* steps so far that did not bring it on */
    int64_t created_us;
    int64_t proven_us;  /* the time that the proof vouches for; 0: none yet */
    int64_t due_us;     /* when to look again; 0: never */
    int64_t expires_us; /* when the proof loses its worth (certificate, algorithm); 0: never */
    int64_t certificates_end_us; /* of those, its certificates'; 0: it has none */
    const char *algorithms;      /* that its newest token rests on; NULL: not of that kind */
    struct scf_str proof;        /* what the kind proves with; empty: nothing yet */
    const char *reference; /* for people: serial number, transaction id, calendar; may be NULL */
    const char *problem;   /* what went wrong last, for the operator; NULL: nothing */
};

/* What a kind of anchor can do. One static object each; src/anchor/adapters.c lists them. */
struct scf_anchor_adapter {
    enum scf_anchor_kind kind;
    /* One step of an entry that is due: submits, upgrades, confirms, and renews what is confirmed
     * but will expire. Calls out, so that no transaction is open; what it keeps beside the entry it
     * writes in transactions of its own. Changes the entry's members from `state` on; text in
     * `arena`. The core finds `due_us` 0 and sets it: the renewal for what is confirmed, else one
     * of its own pauses; an adapter that knows better sets it. Non-OK: nothing changed, `err` says
     * why, and the core tries again later with back-off. What is pending for longer than the
     * target's patience the core gives up. Within 10 s: the lease is a minute. */
    enum scf_code (*step)(struct scf_db *db, struct scf_arena *arena,
                          const struct scf_services *services, struct scf_anchor_entry *entry,
                          struct scf_error *err);
    /* Checks settings when a target is made or changed: adds a fault for everything wrong, with
     * pointers that begin with "#/settings". Pure. */
    void (*check_settings)(const struct scf_services *services, const cJSON *settings,
                           struct scf_faults *faults);
    /* The account that the operator has to fund, in `arena`; NULL: none, or its key cannot be read.
     * NULL itself for kinds that cost nothing. */
    const char *(*account)(const struct scf_services *services, struct scf_arena *arena);
    /* The file of a bundle that holds the proof: "tst", "json", "ots". */
    const char *file_suffix;
    const char *media_type;
    /* Offline and pure: does `proof` prove that the statement existed? `trust` is what the reader
     * trusts (certificates in PEM, block headers), empty: what can be checked without is checked.
     * Writes one plain line per step to `report`, and the time that it proves;
     * 0: it says none without the trust that is not given. */
    bool (*verify)(struct scf_str proof, struct scf_str statement, struct scf_str trust,
                   struct scf_buf *report, int64_t *ret_time_us);
    /* The way that the proof leads from the SHA-256 of the statement, in lines for people who have
     * a shell and sha256sum: "sha256", "append <hex>", "prepend <hex>", and at the end what must
     * have the result: "bitcoin <height>". Pure. False, and nothing written: there is no way of
     * these steps alone. NULL: the kind has none. */
    bool (*steps)(struct scf_str proof, struct scf_buf *out);
};
extern const struct scf_anchor_adapter scf_anchor_rfc3161, scf_anchor_evm, scf_anchor_ots;
/* NULL: this server has none of that kind. */
const struct scf_anchor_adapter *scf_anchor_adapter_of(enum scf_anchor_kind kind);

/* ---- at work ---- */

/* Task "anchor": makes the tick that is due, and raises or ends the alarm of targets. Of several
 * instances one makes the tick; the others find nothing due. `app` is the services. SQL only. */
enum scf_code scf_anchor_task(struct scf_db *db, struct scf_arena *arena, void *app,
                              struct scf_error *err) SCF_MUST_CHECK;
/* Task "anchor-calls": steps entries that are due, each leased with SKIP LOCKED, so that several
 * instances and threads share them, for about a second. Calls out: never on a thread that others
 * need. */
enum scf_code scf_anchor_calls_task(struct scf_db *db, struct scf_arena *arena, void *app,
                                    struct scf_error *err) SCF_MUST_CHECK;

/* Has a SHA-256 stamped now by the first active target of kind rfc3161 that answers (3 s each), in
 * the order in which they were made. The token is a TimeStampToken in DER, fully verified;
 * *ret_ca_pem are the roots that it was verified against; all in `arena`. Calls out: not inside a
 * transaction. NO_TIMESTAMP_AUTHORITY: there is no such target. UPSTREAM: none of them answered as
 * it should. */
enum scf_code scf_anchor_stamp(struct scf_db *db, struct scf_arena *arena,
                               const struct scf_services *services, const struct scf_hash *digest,
                               struct scf_str *ret_token, struct scf_str *ret_ca_pem,
                               const struct scf_anchor_target **ret_target,
                               struct scf_error *err) SCF_MUST_CHECK;

/* ---- reading ---- */

/* What a record's block is anchored by: of each target the earliest confirmed tick that covers the
 * block; where none is confirmed, the earliest anchored one. `path` leads from the block hash to
 * the statement's root. */
struct scf_anchoring {
    const struct scf_anchor_target *target;
    struct scf_anchor_entry entry;
    struct scf_str note; /* the statement, signed */
    /* The block of the chain that stands in the tree: the record's own or a later one. */
    int64_t block_height;
    struct scf_hash block_hash;
    int64_t index; /* of the leaf */
    struct scf_hash path[SCF_PROOF_MAX];
    int path_count;
};
/* Of all targets, also retired ones, that cover block `height` of the chain, by proven time. *ret_n
 * may be 0. In `arena`. O(log ticks) small statements. */
enum scf_code scf_anchor_find(struct scf_db *db, struct scf_arena *arena,
                              const struct scf_uuid *chain_id, int64_t height,
                              struct scf_anchoring **ret, size_t *ret_n,
                              struct scf_error *err) SCF_MUST_CHECK;

/* /v1/anchor-targets…, /v1/anchors, /v1/anchors/{tick}, …/statement, …/note, …/proofs/{target},
 * /v1/records/{id}/anchors, /v1/chains/{id}/anchors */
extern const struct scf_route scf_anchor_routes[];
extern const size_t scf_anchor_route_count;

#endif
