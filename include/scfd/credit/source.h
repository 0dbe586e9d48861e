/* Which chains count for the ratings of an enterprise: a stranger who makes up a contract with it
 * must not be able to spoil them. Those count that nobody operates (the installation's own), that
 * the enterprise itself or a partner of it operates, and those of lenders, guarantors and
 * regulators. One text for the statements that read days; relies on sql/0016_partner.sql. */
#ifndef SCFD_CREDIT_SOURCE_H
#define SCFD_CREDIT_SOURCE_H

#include "scfd/http/http.h"

/* To the rows of a table `d` with a chain_id and an enterprise_id: the chain's node and, where that
 * is a partner's, the partner. At most one of each. */
#define SCF_SOURCE_JOIN                                                                            \
    " LEFT JOIN scfd.node n ON n.id = d.chain_id LEFT JOIN scfd.trade_partner p"                   \
    " ON p.seller_id = d.enterprise_id AND p.buyer_id = n.operator_enterprise_id"

/* Whether the chain of the row counts for the enterprise; never NULL. */
#define SCF_SOURCE_COUNTS                                                                          \
    "(n.operator_enterprise_id IS NULL OR n.operator_enterprise_id = d.enterprise_id"              \
    " OR n.kind IN (4, 5, 7) OR p.buyer_id IS NOT NULL)"
static_assert(SCF_NODE_GUARANTOR == 4 && SCF_NODE_LENDER == 5 && SCF_NODE_REGULATOR == 7,
              "the numbers of SCF_SOURCE_COUNTS");

#endif
