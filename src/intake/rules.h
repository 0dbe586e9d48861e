/* Rules across fields that several resources share. All see a body whose single fields are sound.
 * Private to intake. Pure. */
#ifndef SCFD_INTAKE_RULES_H
#define SCFD_INTAKE_RULES_H

#include "body.h"

struct scf_rules {
    const cJSON *body;
    struct scf_faults *faults, *warnings;
    const struct scf_rules_ctx *ctx;
    int scale;     /* of the body's currency */
    int32_t today; /* the node's day at which the body was received */
};

struct scf_rules scf_rules_begin(const cJSON *body, struct scf_faults *faults,
                                 struct scf_faults *warnings, const void *ctx);

/* The later day must not be before the earlier one; both are members of `object`, which stands at
 * `at` ("#" for the body). Absent days are fine. */
void scf_rule_days(struct scf_rules *r, const cJSON *object, const char *at, const char *earlier,
                   const char *later);
void scf_rule_not_future(struct scf_rules *r, const char *day);
/* A member that another one makes necessary. */
void scf_rule_needs(struct scf_rules *r, const char *name, const char *because);
/* A party of scf_party_members: exactly one of its three forms. */
void scf_rule_party(struct scf_rules *r, const char *name);
/* The contract by contract_id, or by contract_no and its seller (seller_uscc or seller). `instead`:
 * a member that may stand in its place; NULL: none. */
void scf_rule_contract(struct scf_rules *r, const char *instead);
/* Different enterprises as far as the body alone shows. */
void scf_rule_distinct(struct scf_rules *r, const char *one, const char *other);
/* Warns when a rate is none of the Chinese VAT rates. `rate_ppm` of the line at `index`. */
void scf_rule_vat_rate(struct scf_rules *r, int index, int64_t rate_ppm);
/* Σ of a money member over a list; false when it leaves int64. */
bool scf_sum(const cJSON *list, const char *member, int scale, int64_t *ret);

#endif
