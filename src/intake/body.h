/* Parties, days and sums of a VALID body (one that scf_schema_check accepted). Private to intake.
 * Pure; any thread. */
#ifndef SCFD_INTAKE_BODY_H
#define SCFD_INTAKE_BODY_H

#include "scfd/codec/body.h"
#include "scfd/party/enterprise.h"

#include "schemas.h"

int64_t scf_midnight_us(int32_t day, int offset_minutes);
int32_t scf_local_day(int64_t us, int offset_minutes);

/* How a body identifies a party, as the directory does: "" when by enterprise_id only, a USCC, or
 * "CC:NUMBER", normalised. For parties of contracts and events (uscc, country_code,
 * registration_no) and of invoices (country_code, tax_no). */
enum { SCF_PARTY_CODE = SCF_ENTERPRISE_CODE };
void scf_party_code(const cJSON *party, char out[SCF_PARTY_CODE]);

/* Taxes and products within the documented tolerance. `scale` of the amounts. */
bool scf_tax_matches(int64_t amount, int64_t rate_ppm, int64_t tax, int scale); /* ±0.06 */
/* quantity (6 places) × unit price (8 places) = amount ±0.01 */
bool scf_product_matches(int64_t quantity, int64_t price, int64_t amount, int scale);
/* `hundredths` of the currency unit in minor units, at least 1. */
int64_t scf_tolerance(int64_t hundredths, int scale);

/* 大写金额 ("壹佰壹拾叁万圆整") in minor units of CNY; false when the text is none. */
bool scf_words_parse(struct scf_str text, int64_t *ret_fen) SCF_MUST_CHECK;

#endif
