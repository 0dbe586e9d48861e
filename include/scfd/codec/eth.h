/* Ethereum accounts and transactions: secp256k1 keys (libsecp256k1 with its recovery module) and
 * the type-2 transactions of EIP-1559. A loaded key is read-only: any thread may sign with it. */
#ifndef SCFD_CODEC_ETH_H
#define SCFD_CODEC_ETH_H

#include "scfd/base/buf.h"
#include "scfd/base/err.h"
#include "scfd/codec/digest.h"

enum { SCF_ETH_ADDRESS = 20, SCF_ETH_KEY = 32, SCF_ETH_ADDRESS_TEXT = 43 };

struct scf_eth_address {
    uint8_t b[SCF_ETH_ADDRESS];
};
/* "0x" and 40 digits in the mixed case of EIP-55, and a NUL. */
void scf_eth_address_format(const struct scf_eth_address *a, char out[SCF_ETH_ADDRESS_TEXT]);
/* "0x" and 40 hex digits: all of one case, or in the case of EIP-55. */
bool scf_eth_address_parse(struct scf_str text, struct scf_eth_address *ret) SCF_MUST_CHECK;

/* ---- keys ---- */

struct scf_eth_key;
/* The key of 32 bytes; NULL when they are no key of the curve. Free with scf_eth_key_free, which
 * cleanses it; the caller cleanses his bytes. */
struct scf_eth_key *scf_eth_key_new(const uint8_t secret[SCF_ETH_KEY]);
/* Reads a file of 64 hex digits ("0x" before and a line feed behind are allowed); when it does not
 * exist and `create`, makes one with mode 0600, of two processes the first. Refuses a file that its
 * group or others may read. On failure the code is INTERNAL and the detail meant for the operator.
 */
enum scf_code scf_eth_key_load(const char *path, bool create, struct scf_eth_key **ret,
                               struct scf_error *err) SCF_MUST_CHECK;
void scf_eth_key_free(struct scf_eth_key *key); /* NULL is fine */
struct scf_eth_address scf_eth_key_address(const struct scf_eth_key *key);

/* ---- transactions ---- */

/* Of type 2, to one account, moving no ether, with an empty access list. Wei per gas. */
struct scf_eth_tx {
    uint64_t chain_id, nonce, max_priority_fee, max_fee, gas_limit;
    bool has_to; /* without: it makes a contract */
    struct scf_eth_address to;
    struct scf_str data;
};
/* The signed transaction as it is sent, and its hash. The nonce of the signature is that of RFC
 * 6979, s is low (EIP-2). */
void scf_eth_tx_sign(const struct scf_eth_tx *tx, const struct scf_eth_key *key,
                     struct scf_buf *out, struct scf_hash *ret_hash);
/* Reads what scf_eth_tx_sign writes, strictly, and recovers who signed it. `data` is a view into
 * `raw`. False: anything else (also one with a value or an access list). */
bool scf_eth_tx_read(struct scf_str raw, struct scf_eth_tx *ret,
                     struct scf_eth_address *ret_from) SCF_MUST_CHECK;

#endif
