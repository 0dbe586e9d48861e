/* What of an enterprise's profile others get to see. Pure. */
#ifndef SCFD_PARTY_MASK_H
#define SCFD_PARTY_MASK_H

#include <cjson/cJSON.h>

/* Replaces in place, at every depth, the text of identity and account numbers (members `id_number`,
 * `account_no`, `bank_account`) by asterisks and the last four characters; a number of four
 * characters or fewer by asterisks only. False: out of memory, the tree must not be shown. */
bool scf_profile_mask(cJSON *profile) SCF_MUST_CHECK;

/* Sets `status` of every qualification: "expired" after valid_until, "expiring" from 30 days before
 * it, else "valid" (also without valid_until). Days are UTC days. False: out of memory. */
bool scf_profile_add_status(cJSON *profile, int32_t today) SCF_MUST_CHECK;

#endif
