/* The text of an API key. Pure, but for the randomness of a new one. */
#ifndef SCFD_PARTY_KEY_H
#define SCFD_PARTY_KEY_H

#include "scfd/party/party.h"

/* A fresh key: prefix, 43 random base62 characters (256 bits), 6 check characters. */
void scf_key_generate(char out[SCF_KEY_TEXT]);
/* Is this the text of a key at all (prefix, alphabet, check characters)? It says nothing about
 * whether the key was ever issued; it lets a mistyped key fail without hashing, and secret
 * scanners recognise a leaked one. */
bool scf_key_well_formed(struct scf_str text);
/* The last four characters, by which people recognise a key in lists. */
void scf_key_hint(const char *text, char out[8]);
/* What is stored instead of the key. */
struct scf_hash scf_key_digest(const uint8_t secret[32], struct scf_str text);

#endif
