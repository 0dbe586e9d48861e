/* What operators of EVM targets need to know. */
#ifndef SCFD_ANCHOR_EVM_H
#define SCFD_ANCHOR_EVM_H

#include "scfd/codec/eth.h"
#include "scfd/party/services.h"

/* The account that pays for anchors on all EVM chains: its key is config `evm_key_file`, else
 * evm.key in the data directory, which is made when it is first asked for. INTERNAL, with a detail
 * for the operator, when there is no such key. Reads a file; any thread. */
enum scf_code scf_evm_address(const struct scf_services *services, char ret[SCF_ETH_ADDRESS_TEXT],
                              struct scf_error *err) SCF_MUST_CHECK;

#endif
