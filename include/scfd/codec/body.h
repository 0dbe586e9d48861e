/* Reading members of a VALID body (one that scf_schema_check accepted): what is there has the right
 * form, so false only means absent, and then *ret is left alone. Pure; any thread. */
#ifndef SCFD_CODEC_BODY_H
#define SCFD_CODEC_BODY_H

#include "scfd/codec/json.h"

/* Decimal places of the body's currency; of CNY when it has none. */
int scf_body_scale(const cJSON *body);
bool scf_body_money(const cJSON *object, const char *name, int scale, int64_t *ret);
bool scf_body_decimal(const cJSON *object, const char *name, int places, int64_t *ret);
bool scf_body_day(const cJSON *object, const char *name, int32_t *ret);
/* A time without offset, which the node's settings allowed, is taken at `offset_minutes`. */
bool scf_body_time(const cJSON *object, const char *name, int offset_minutes, int64_t *ret);
/* True when the member is there and has exactly this text. */
bool scf_body_is(const cJSON *object, const char *name, const char *text);
/* The place of the member's text among names that a NULL ends; `fallback` when it is absent. */
int scf_body_choice(const cJSON *object, const char *name, const char *const *names, int fallback);

#endif
