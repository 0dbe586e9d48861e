/* One function per cross-check of CR-6.1. A check looks at cases; without any it is not applicable,
 * and it fails when a case fails. Pure. */
#ifndef SCFD_TRADE_CHECKS_H
#define SCFD_TRADE_CHECKS_H

#include "view.h"

struct scf_checking {
    struct scf_case *c;
    const struct scf_check_rule *rule;
    struct scf_finding *finding;
    struct scf_taken proven, reported, billed;
    int64_t *invoiced;     /* per order line: quantity of the invoices in force, less reducers */
    size_t *invoice_cases; /* per order line: how many invoices in force have it */
    bool *all_name_events; /* per order line: each of these names the events it bills */
    bool *failed_lines;    /* room for a check to note them */
};

/* Counts a case. On failure the finding keeps the records and, of the first one, the detail with
 * its figures; a hard rule marks `bill` (NULL: none). Record ids may be nil. */
void scf_check_pass(struct scf_checking *k);
void scf_check_fail(struct scf_checking *k, struct scf_bill *bill, const struct scf_uuid *one,
                    const struct scf_uuid *other, enum scf_detail detail,
                    const char *const figures[SCF_DETAIL_FIGURES]);
#define SCF_FIGURES(...)                                                                           \
    (const char *const[SCF_DETAIL_FIGURES]) {                                                      \
        __VA_ARGS__                                                                                \
    }
#define SCF_NO_FIGURES NULL

/* Failures of these ordered lines concern every invoice in force that bills one of them, and name
 * the events by which their goods were taken over. */
void scf_check_mark_lines(struct scf_checking *k, const bool *lines);

/* Adds a record to the finding. */
void scf_check_name(struct scf_checking *k, const struct scf_uuid *record_id);

const char *scf_check_text(const struct scf_checking *k, const char *text);      /* a copy */
const char *scf_check_name_text(const struct scf_checking *k, const char *name); /* shortened */
const char *scf_check_day(const struct scf_checking *k, int32_t day);
const char *scf_check_money(const struct scf_checking *k, int64_t minor);
const char *scf_check_quantity(const struct scf_checking *k, int64_t units);
const char *scf_check_count(const struct scf_checking *k, int64_t n);

/* checks_order.c */
void scf_check_parties(struct scf_checking *k);
void scf_check_signed_first(struct scf_checking *k);
void scf_check_step_order(struct scf_checking *k);
void scf_check_due_after(struct scf_checking *k);
/* checks_goods.c */
void scf_check_quantity_match(struct scf_checking *k);
void scf_check_quantity_ordered(struct scf_checking *k);
void scf_check_price_match(struct scf_checking *k);
/* checks_money.c */
void scf_check_invoice_sum(struct scf_checking *k);
void scf_check_line_tax(struct scf_checking *k);
void scf_check_fund_flow(struct scf_checking *k);
void scf_check_declared_revenue(struct scf_checking *k);
void scf_check_invoice_cancelled(struct scf_checking *k);
/* checks_net.c */
void scf_check_logistics(struct scf_checking *k);
void scf_check_round_trip(struct scf_checking *k);

#endif
