/* What a target of kind "opentimestamps" is told. Its URL is the first calendar. Pure. */
#ifndef SCFD_ANCHOR_OTS_SETTINGS_H
#define SCFD_ANCHOR_OTS_SETTINGS_H

#include "scfd/anchor/anchor.h"
#include "scfd/codec/schema.h"

enum { OTS_CALENDARS_MAX = 8, OTS_POLL_S = 1800 };

struct ots_settings {
    struct scf_str calendars[OTS_CALENDARS_MAX]; /* without a slash at the end */
    size_t calendar_count;
    int64_t quorum, poll_s;
    struct scf_str headers_url; /* empty: nobody to ask for headers */
};

extern const struct scf_schema ots_settings_schema;
/* Of settings that the schema found sound; views into `url` and `settings`. False: there are more
 * calendars than OTS_CALENDARS_MAX, or fewer than the quorum. */
bool ots_settings_read(const char *url, const cJSON *settings,
                       struct ots_settings *ret) SCF_MUST_CHECK;

/* Is this the address of a calendar that may be asked? Those of the target may, and those behind
 * the public pools, which reference clients ask as well; no timestamp can send us anywhere else. */
bool ots_may_ask(const struct ots_settings *s, struct scf_str uri) SCF_MUST_CHECK;

#endif
