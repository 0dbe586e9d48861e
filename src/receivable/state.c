/* Names of the states of a receivable (CR-8). Relies on nothing. */
#include "scfd/receivable/receivable.h"

const char *const scf_receivable_state_names[] = {
    "draft",      "submitted",       "invoice_verified",     "matched",     "confirm_requested",
    "confirmed",  "confirm_refused", "confirm_timeout",      "searched",    "registered",
    "notified",   "financed",        "part_repaid",          "settled",     "disputed",
    "diluted",    "red_lettered",    "overdue",              "repurchased", "ineligible",
    "released",   NULL};
_Static_assert(SCF_COUNT(scf_receivable_state_names) == SCF_RCV_STATES + 1, "a name each");
