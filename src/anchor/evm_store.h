/* Nonces and signed transactions of entries at EVM targets. Several instances share an account: who
 * takes a nonce holds the lock of the account's row. */
#ifndef SCFD_ANCHOR_EVM_STORE_H
#define SCFD_ANCHOR_EVM_STORE_H

#include "evm_fee.h"
#include "scfd/db/db.h"

struct evm_account {
    int64_t chain_id;
    struct scf_eth_address address;
};

struct evm_entry {
    int64_t tick;
    int32_t target_id;
};

struct evm_sent {
    struct scf_hash hash;
    int64_t nonce;
    struct evm_fee fee;
    struct scf_str raw;
    int64_t at_us; /* when it was first sent */
};

enum { EVM_SENT_MAX = 32 }; /* newest that are looked at */

struct evm_slot {
    bool exists;
    int64_t nonce;
    struct evm_sent *sent; /* newest first, also those with nonces of earlier slots */
    size_t sent_count;
};
/* What the entry has of that account: a target may have been moved to another chain since. */
enum scf_code evm_slot_load(struct scf_db *db, struct scf_arena *arena,
                            const struct evm_account *account, const struct evm_entry *entry,
                            struct evm_slot *ret, struct scf_error *err) SCF_MUST_CHECK;

/* Gives the entry the lowest nonce that is free (evm_nonce_choose), which may be the one that it
 * has, and says what was offered for it before, by whomever of us. Forgets what was signed for
 * entries that are final. A transaction of its own. */
enum scf_code evm_slot_take(struct scf_db *db, struct scf_arena *arena,
                            const struct evm_account *account, const struct evm_entry *entry,
                            int64_t latest, int64_t pending, int64_t *ret_nonce,
                            struct evm_fee *ret_beat, struct scf_error *err) SCF_MUST_CHECK;

/* Keeps what is about to be sent; CONFLICT when the entry no longer has that nonce. */
enum scf_code evm_sent_add(struct scf_db *db, struct scf_arena *arena,
                           const struct evm_account *account, const struct evm_entry *entry,
                           const struct evm_sent *sent, struct scf_error *err) SCF_MUST_CHECK;

#endif
