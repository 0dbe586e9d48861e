/* Cursors: a position that only this installation can make, good for one list and one filter. Pure.
 */
#ifndef SCFD_HTTP_PAGE_H
#define SCFD_HTTP_PAGE_H

#include "scfd/base/id.h"

enum { SCF_CURSOR_BYTES = 40, SCF_CURSOR_TEXT = 64 };

/* `scope` is everything a cursor is bound to: path, order and filter. */
void scf_cursor_make(const uint8_t key[32], struct scf_str scope, int64_t time_us,
                     const struct scf_uuid *id, char out[SCF_CURSOR_TEXT]);
bool scf_cursor_read(const uint8_t key[32], struct scf_str scope, struct scf_str text,
                     int64_t *ret_time_us, struct scf_uuid *ret_id) SCF_MUST_CHECK;

#endif
