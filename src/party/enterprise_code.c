/* How the directory names an enterprise. */
#include "scfd/party/enterprise.h"

#include "scfd/base/text.h"

void scf_enterprise_code(const char *country, const char *number, char out[SCF_ENTERPRISE_CODE]) {
    size_t n = 0;
    if (number && country && strlen(country) == 2 && strcmp(country, "CN") != 0) {
        memcpy(out, country, 2);
        out[2] = ':';
        n = 3;
    }
    struct scf_str text = scf_str(number);
    if (text.n > SCF_ENTERPRISE_CODE - 4)
        text.n = SCF_ENTERPRISE_CODE - 4;
    n += scf_normalise(text, out + n);
    out[n] = 0;
}
