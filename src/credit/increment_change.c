/* What a computed increment changes in a limit account. Pure. */
#include "scfd/base/money.h"
#include "scfd/credit/mark.h"

size_t scf_increment_changes(const struct scf_limit_inputs *in, const struct scf_limit_part *part,
                             int64_t credibility_ppm, const struct scf_account *account,
                             struct scf_limit_mark *mark,
                             struct scf_account_change changes[SCF_INCREMENT_CHANGES]) {
    struct scf_account_change change = {
        .source_id = in->assessment_id, .source_prefix = "asm", .period = in->period};
    size_t n = 0;
    bool known = mark->as_of_us != INT64_MIN;
    int64_t left = account->increments + part->increment - part->take_back;
    int64_t best = known || account->increments == 0 ? mark->best_credibility_ppm : SCF_PPM;
    if (part->increment > 0 && credibility_ppm > best)
        best = credibility_ppm;
    mark->best_credibility_ppm = left > 0 ? best : 0;
    mark->as_of_us = in->as_of_us;
    mark->assessment_id = in->assessment_id;
    if (part->take_back > 0) {
        change.type = SCF_ENTRY_TAKE_BACK;
        change.amount = part->take_back;
        changes[n++] = change;
    }
    if (part->increment > 0) {
        change.type = SCF_ENTRY_INCREMENT;
        change.amount = part->increment;
        changes[n++] = change;
    }
    change.amount = 0;
    change.period = NULL;
    if (part->frozen && !account->frozen) {
        change.type = SCF_ENTRY_FREEZE;
        changes[n++] = change;
        mark->frozen = true;
    } else if (scf_part_counts(part) && !part->frozen &&
               mark->frozen) { /* who else froze it thaws it */
        change.type = SCF_ENTRY_UNFREEZE;
        if (!account->stopped) /* for an invoice cancelled after financing: no rating lifts that */
            changes[n++] = change;
        mark->frozen = false;
    }
    return n;
}
