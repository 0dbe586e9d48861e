/* Taking a step: judged under the row's lock, written as a row, and recorded in the platform's
 * chain. Private to receivable. */
#ifndef SCFD_RECEIVABLE_STEP_H
#define SCFD_RECEIVABLE_STEP_H

#include "row.h"

#include "scfd/codec/jsonw.h"

/* A step that somebody wants to take. */
struct scf_rcv_move {
    enum scf_rcv_step step;
    bool good;               /* its outcome, where it has one; else true */
    unsigned roles;          /* of who makes it: enum scf_rcv_role */
    struct scf_uuid node_id; /* nil: an administrator, or the platform itself */
    int64_t at_us, now_us;   /* when it happened, and when it is filed */
    const char *details;     /* a JSON object for the record; NULL: none */
};

/* The bits of enum scf_rcv_role that the actor has with this receivable. */
unsigned scf_rcv_roles(const struct scf_receivable *r, const struct scf_actor *actor);

/* FORBIDDEN, or STEP_OUT_OF_ORDER naming rule, state, step, and what is due first; `arena` holds
 * the members of the problem. SCF_OK: the step may be taken, *ret says where it leads. */
enum scf_code scf_rcv_check(struct scf_arena *arena, const struct scf_receivable *r,
                            const struct scf_rcv_move *move, struct scf_verdict *ret,
                            struct scf_error *err) SCF_MUST_CHECK;
/* STEP_OUT_OF_ORDER for a reason of its own. */
enum scf_code scf_rcv_refuse(struct scf_arena *arena, const struct scf_receivable *r,
                             enum scf_rcv_step step, enum scf_rcv_rule rule, const char *first,
                             const char *detail, struct scf_error *err);

/* What the state's change means for the row. Pure. */
void scf_rcv_enter(struct scf_receivable *r, const struct scf_rcv_move *move,
                   const struct scf_verdict *verdict);

/* Inside the transaction that locked `r`, whose new state was entered: stores the row and the step;
 * its record follows with scf_rcv_record. `rule` is what it rests on. */
enum scf_code scf_rcv_write(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                            const struct scf_rcv_move *move, enum scf_receivable_state from,
                            enum scf_rcv_rule rule, struct scf_error *err) SCF_MUST_CHECK;
/* The three in one: check, enter, write; for steps that change nothing else than the state. */
enum scf_code scf_rcv_take(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                           const struct scf_rcv_move *move, struct scf_error *err) SCF_MUST_CHECK;
/* The first step: inserts the row. */
enum scf_code scf_rcv_create(struct scf_db *db, struct scf_arena *arena, struct scf_receivable *r,
                             const struct scf_rcv_move *move, struct scf_error *err) SCF_MUST_CHECK;

/* Last in a transaction that holds the row's lock: appends the steps that have no record yet to
 * the platform's chain, and addresses them. Locks the chains in their order. */
enum scf_code scf_rcv_record(struct scf_db *db, struct scf_arena *arena,
                             const struct scf_uuid *platform_id, const struct scf_receivable *r,
                             int64_t now_us, struct scf_error *err) SCF_MUST_CHECK;

#endif
