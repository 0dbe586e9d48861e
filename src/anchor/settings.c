/* Settings lie one level below the body of a target. */
#include "settings.h"

bool settings_schema_check(const struct scf_schema *schema, const cJSON *settings,
                           struct scf_faults *faults) {
    struct scf_faults own = {.arena = faults->arena}, warnings = {.arena = faults->arena};
    static const struct scf_schema_options options = {0};
    if (scf_schema_check(schema, settings, &options, &own, &warnings))
        return true;
    for (size_t i = 0; i < own.count; i++) {
        char pointer[160]; /* own.items[i].pointer begins with '#' */
        snprintf(pointer, sizeof pointer, "#/settings%.140s", own.items[i].pointer + 1);
        scf_fault_add(faults, pointer, own.items[i].code, "%s", own.items[i].detail);
    }
    return false;
}
