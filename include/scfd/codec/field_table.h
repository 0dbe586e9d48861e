/* Writing field tables one line a field:
 *
 *     SCF_F("amount", MONEY, "Amount", "金额", SCF_MUST, SCF_POSITIVE),
 */
#ifndef SCFD_CODEC_FIELD_TABLE_H
#define SCFD_CODEC_FIELD_TABLE_H

#include "scfd/base/money.h"
#include "scfd/codec/schema.h"

#define SCF_F(name_, type_, en_, zh_, ...)                                                         \
    { .name = (name_), .type = SCF_T_##type_, .doc_en = (en_), .doc_zh = (zh_), __VA_ARGS__ }
#define SCF_MUST .presence = SCF_REQUIRED
#define SCF_SIZE(min_, max_) .min = (min_), .max = (max_)
#define SCF_OF(table) .members = (table)
#define SCF_AMONG(list) .choices = (list)
#define SCF_LIKE(function, text) .pattern = (function), .pattern_text = (text)
/* Decimals: bounds in units of the last place. */
#define SCF_FRACTION .places = 6, .min = 0, .max = 1000000 /* 0 to 1 */
#define SCF_NOT_NEGATIVE .min = 0, .max = SCF_MONEY_MAX
#define SCF_POSITIVE .min = 1, .max = SCF_MONEY_MAX

/* A pattern: text with at least one visible character and without control characters. */
#define SCF_VISIBLE_TEXT "text that is not blank, without control characters"
bool scf_is_visible(struct scf_str text);

#endif
