/* The numbers of I-JSON. Private to codec. */
#ifndef SCFD_SRC_CODEC_JSON_NUMBER_H
#define SCFD_SRC_CODEC_JSON_NUMBER_H

#include "scfd/base/prelude.h"

enum number_verdict { NUMBER_OK, NUMBER_SYNTAX, NUMBER_OUT_OF_RANGE };

/* Reads a number at *p, which is '-' or a digit, and moves *p behind it; on bad syntax to the place
 * of the fault, on a bad range not at all. In range are integers (no fraction, no exponent) up to
 * ±(2^53 − 1), and other numbers that are finite as a double and at most SCF_JSON_MAX_NUMBER long.
 */
enum number_verdict json_number_scan(const unsigned char **p, const unsigned char *end);

#endif
