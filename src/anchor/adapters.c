/* The kinds of anchors that there are: one line each. */
#include "scfd/anchor/anchor.h"

static const struct scf_anchor_adapter *const adapters[SCF_ANCHOR_KINDS] = {
    [SCF_ANCHOR_RFC3161] = &scf_anchor_rfc3161,
};

const struct scf_anchor_adapter *scf_anchor_adapter_of(enum scf_anchor_kind kind) {
    return kind < SCF_ANCHOR_KINDS ? adapters[kind] : NULL;
}
