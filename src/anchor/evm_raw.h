/* Transactions as they were sent, out of what nodes say of them as JSON: for nodes that do not give
 * the bytes. Types 0 to 4 (EIP-155, 2930, 1559, 4844, 7702). Pure. */
#ifndef SCFD_ANCHOR_EVM_RAW_H
#define SCFD_ANCHOR_EVM_RAW_H

#include "scfd/base/text.h"
#include "scfd/codec/json.h"

enum { EVM_RAW_MAX = 1 << 17 };

/* In `arena`. False: a type that is not known, or a member that is missing or malformed. Whether it
 * is the transaction the caller sees by its hash. */
bool evm_raw_of_json(struct scf_arena *arena, const cJSON *tx, struct scf_str *ret) SCF_MUST_CHECK;

#endif
