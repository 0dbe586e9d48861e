/* The log: one JSON object a line on stderr (or text with log_format=text); api-rules R21.
 * Never bodies, keys, account or identity numbers. Any thread; a line is one write(2). */
#ifndef SCFD_BASE_LOG_H
#define SCFD_BASE_LOG_H

#include "scfd/base/err.h"

enum scf_log_level { SCF_LOG_ERROR, SCF_LOG_WARN, SCF_LOG_INFO, SCF_LOG_DEBUG };

/* Before any thread starts; the level may be changed at any time. */
void scf_log_setup(enum scf_log_level level, bool text_format);
void scf_log_set_level(enum scf_log_level level);
bool scf_log_enabled(enum scf_log_level level);

void scf_log(enum scf_log_level level, const char *format, ...) SCF_PRINTF(2, 3);

/* Key-value pairs after the message: name, value (both strings), …, NULL. Values are escaped. */
void scf_log_kv(enum scf_log_level level, const char *message, ...) __attribute__((sentinel));

/* The error's slug, detail and private note. */
void scf_log_error(const char *what, const struct scf_error *err);

#endif
