/* Parts of the limit's computation, shared by the files that make it up: truth.c (q, h, X, T),
 * part.c (what one contract adds), explain.c (factors and reasons), limit.c (the chain of limits).
 * All pure. */
#ifndef SCFD_LIMIT_LIMIT_IMPL_H
#define SCFD_LIMIT_LIMIT_IMPL_H

#include "scfd/base/money.h"
#include "scfd/limit/limit.h"

/* amount × ratio, rounded down. */
int64_t scf_share(int64_t amount, int64_t ppm);

/* ---- truth.c ---- */

/* Cross-checks, in millionths of weight (CR-6.2). */
struct scf_checks_sum {
    int64_t applicable, passed;          /* how many checks */
    int64_t applicable_ppm, passed_ppm;  /* Σ of their weights */
    bool exceed, parties, early, failed; /* which kinds failed */
};
void scf_limit_checks(const struct scf_limit_inputs *in, struct scf_checks_sum *ret);
enum scf_reason scf_checks_reason(const struct scf_checks_sum *c);
enum scf_reason scf_qualify(const struct scf_limit_inputs *in, int64_t *ret_ppm);
enum scf_reason scf_judge_history(const struct scf_limit_inputs *in, int64_t *ret_ppm);
/* T of CR-2.3 from ratings and X. */
int64_t scf_truth(const struct scf_limit_inputs *in, const struct scf_limit_result *r);

/* ---- part.c ---- */

/* Whether a contract counts, or why not; `net` is its C_net. */
enum scf_reason scf_contract_reason(const struct scf_limit_inputs *in,
                                    const struct scf_limit_contract *k, int64_t net);
/* An initial limit's part: C_net, base, G. */
void scf_part_initial(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                      const struct scf_limit_result *r, struct scf_limit_part *ret);
/* An increment's part: C_net, target, and what ΔL takes of `*room`, the room that the other
 * ceilings leave for all contracts together. */
void scf_part_increment(const struct scf_limit_inputs *in, const struct scf_limit_contract *k,
                        const struct scf_limit_result *r, int64_t *room,
                        struct scf_limit_part *ret);

/* ---- explain.c ---- */

struct scf_judgements { /* what the parts of T, q and h were judged to be */
    struct scf_checks_sum checks;
    enum scf_reason qualification, history;
};
/* Factors and reasons of a result that is complete but for them. */
void scf_explain(const struct scf_limit_inputs *in, const struct scf_judgements *j,
                 struct scf_limit_result *r);

#endif
