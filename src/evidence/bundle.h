/* What a bundle is made of, and how it is put together. Pure; one thread at a time. */
#ifndef SCFD_EVIDENCE_BUNDLE_H
#define SCFD_EVIDENCE_BUNDLE_H

#include "scfd/anchor/anchor.h"
#include "scfd/chain/block.h"
#include "scfd/chain/merkle.h"
#include "scfd/chain/record.h"
#include "scfd/codec/zip.h"
#include "scfd/evidence/evidence.h"

#define SCF_BUNDLE_TYPE "application/vnd.etsi.asic-e+zip"
#define SCF_MANIFEST_1 "META-INF/ASiCManifest001.xml"
#define SCF_SIGNATURE_1 "META-INF/signature001.p7s"
#define SCF_MANIFEST_2 "META-INF/ASiCManifest002.xml"
#define SCF_TIMESTAMP_2 "META-INF/timestamp002.tst"
#define SCF_TIMESTAMP_2_ROOTS "META-INF/timestamp002.pem"

enum { SCF_BUNDLE_FILES_MAX = 500, SCF_BUNDLE_ANCHORS_MAX = 24 };

/* ---- files ---- */

struct scf_bundle_file {
    struct scf_zip_entry entry;
    const char *media_type, *en, *zh; /* titles in the index */
};

struct scf_bundle {
    struct scf_arena *arena;
    struct scf_bundle_file files[SCF_BUNDLE_FILES_MAX];
    size_t n;
    bool failed; /* sticky: no memory, or too many files */
    bool full;   /* sticky: too many files */
};

/* Adds a file whose bytes live as long as the bundle; the texts are static or live as long, too. */
void scf_bundle_add(struct scf_bundle *b, const char *name, struct scf_str bytes,
                    const char *media_type, const char *en, const char *zh);
/* Adds what was written into `bytes`, and frees it. */
void scf_bundle_add_buf(struct scf_bundle *b, const char *name, struct scf_buf *bytes,
                        const char *media_type, const char *en, const char *zh);
/* NULL: there is none. */
const struct scf_zip_entry *scf_bundle_find(const struct scf_zip_entry *entries, size_t n,
                                            const char *name);
/* The file with most bytes; there is one. */
const struct scf_zip_entry *scf_bundle_largest(const struct scf_bundle *b);
/* Bytes of the whole file, which may be more than SCF_ZIP_BYTES_MAX. */
size_t scf_bundle_size(const struct scf_bundle *b);
/* The whole file. */
void scf_bundle_write(const struct scf_bundle *b, struct scf_buf *out);

/* ---- facts ---- */

/* What one target proves: that the statement of a tick was there; the tick's tree holds a block of
 * the record's chain, and that block's tree the record. In the bundle: proofs/anchors/<name>/. */
struct scf_bundle_anchor {
    const char *name; /* of the target */
    enum scf_anchor_kind kind;
    struct scf_str note;       /* the statement, signed */
    struct scf_str block_note; /* the block that was anchored: the record's own or a later one */
    struct scf_str proof;      /* what the kind proves with */
    struct scf_str trust;      /* certificates in PEM that it is verified with; empty: none */
    int64_t index, size;       /* of the block in the tick's tree */
    struct scf_hash path[SCF_PROOF_MAX], leaf_path[SCF_PROOF_MAX];
    size_t path_count, leaf_path_count;
};

/* What stands in the bundle because somebody else made it; all other files follow from these. */
struct scf_bundle_facts {
    struct scf_str proof_json;    /* scfd-proof/v1 */
    struct scf_str body;          /* the record's, as received */
    struct scf_str chain_pem;     /* the signer's certificates */
    struct scf_str readme;        /* 00-README.txt */
    struct scf_str instructions;  /* VERIFY.txt */
    struct scf_str witness_keys;  /* C2SP keys, a line each, of who cosigned; empty: nobody did */
    struct scf_str cosigned_note; /* the checkpoint with these cosignatures */
    struct scf_hash cosigned_path[SCF_PROOF_MAX]; /* from the leaf to its root */
    size_t cosigned_path_count;
    struct scf_bundle_anchor anchors[SCF_BUNDLE_ANCHORS_MAX];
    size_t anchor_count;
    struct scf_str anchor_vkey; /* of who signed their statements; empty: there are none */

    /* Out of the proof, by scf_bundle_facts_read. */
    struct scf_record record; /* as scf_leaf_parse gives it, with leaf_index */
    enum scf_hash_alg alg;    /* of the chain's leaves, tree and blocks */
    struct scf_str leaf_text, checkpoint, block_note, vkey, public_pem;
    struct scf_block block;
    struct scf_hash path[SCF_PROOF_MAX];
    size_t path_count;
};

/* Fills the second half from `proof_json`; text lives in `arena`. False: it is no complete proof of
 * a record that is not erased. Nothing is verified. */
bool scf_bundle_facts_read(struct scf_arena *arena, struct scf_bundle_facts *f) SCF_MUST_CHECK;

/* proofs/anchors/<name>/… (anchors.c), and back: reads the anchors of a bundle into `f`. False: one
 * of them is none, or there are too many. Whether files are missing shows when the bundle is put
 * together again. */
void scf_bundle_put_anchor(struct scf_bundle *b, const struct scf_bundle_facts *f,
                           const struct scf_bundle_anchor *a);
bool scf_bundle_read_anchors(struct scf_arena *arena, const struct scf_zip_entry *entries, size_t n,
                             struct scf_bundle_facts *f) SCF_MUST_CHECK;
/* proofs/witness-keys.txt and proofs/cosigned/… (cosigned.c), if somebody cosigned; and back. */
void scf_bundle_put_cosigned(struct scf_bundle *b, const struct scf_bundle_facts *f);
bool scf_bundle_read_cosigned(struct scf_arena *arena, const struct scf_zip_entry *entries,
                              size_t n, struct scf_bundle_facts *f) SCF_MUST_CHECK;
/* The next of witness_keys; false: there is none. */
bool scf_bundle_next_witness(struct scf_str *rest, struct scf_str *ret_vkey) SCF_MUST_CHECK;
/* The cosignature by a key of the cosigned checkpoint, verified; its line has its LF. */
struct scf_cosigner;
bool scf_bundle_cosignature(const struct scf_bundle_facts *f, struct scf_str vkey,
                            struct scf_cosigner *ret_key, struct scf_str *ret_line,
                            int64_t *ret_time_s) SCF_MUST_CHECK;
/* keys/anchors.* (anchors.c): the key of the statements, if there are anchors. Chains of SM2 are
 * signed by another key than they. */
void scf_bundle_put_anchor_key(struct scf_bundle *b, const struct scf_bundle_facts *f);
/* What whoever verifies an anchor of that kind has to trust or to look up, in one clause. */
void scf_bundle_to_be_trusted(enum scf_anchor_kind kind, const char **ret_en, const char **ret_zh);
/* A signed note three times: whole, and its text and signature apart, as openssl takes them. */
void scf_bundle_put_note(struct scf_bundle *b, const char *stem, struct scf_str note,
                         const char *en, const char *zh);
/* A verifier key as a line. */
void scf_bundle_put_vkey(struct scf_bundle *b, const char *name, struct scf_str vkey,
                         const char *en, const char *zh);
/* The lines of scf_path_lines as a file. */
void scf_bundle_put_path(struct scf_bundle *b, const char *name, int64_t index, int64_t size,
                         const struct scf_hash *path, size_t n, const char *en, const char *zh);

/* Everything that the first manifest covers, and that manifest itself. */
void scf_bundle_put_content(struct scf_bundle *b, const struct scf_bundle_facts *f);
/* The signature over the first manifest; and the manifest over both that is time-stamped. */
void scf_bundle_put_signature(struct scf_bundle *b, struct scf_str der);
void scf_bundle_put_manifest_2(struct scf_bundle *b);
/* The time-stamp token over the second manifest, and the certificates that it is verified with. */
void scf_bundle_put_timestamp(struct scf_bundle *b, struct scf_str token, struct scf_str ca_pem);
struct scf_str scf_bundle_bytes(const struct scf_bundle *b, const char *name);

/* ---- lists of files (manifest.c) ---- */

/* "<hex>  <name>" lines, as sha256sum has them, of the files so far. */
void scf_bundle_sums(const struct scf_bundle *b, enum scf_hash_alg alg, struct scf_buf *out);
/* index.json: every file so far with size, digests and titles; RFC 8785. */
void scf_bundle_index(const struct scf_bundle *b, const struct scf_bundle_facts *f,
                      struct scf_buf *out);
/* An ASiCManifest over files [from, to) for a signature file; "mimetype" is left out. */
void scf_bundle_manifest(const struct scf_bundle *b, size_t from, const char *signature,
                         const char *signature_type, struct scf_buf *out);

/* ---- notes (notes.c) ---- */

/* A signed note, and the signature in its first line, without the id of the key: Ed25519, or
 * another of at most SCF_NOTE_SIGNATURE_MAX bytes. The text is a view. */
enum { SCF_NOTE_SIGNATURE_MAX = 72 };
bool scf_note_split(struct scf_str note, struct scf_str *ret_text,
                    uint8_t ret_sig[SCF_NOTE_SIGNATURE_MAX], size_t *ret_n) SCF_MUST_CHECK;
/* Its text alone. */
bool scf_note_text(struct scf_str note, struct scf_str *ret_text) SCF_MUST_CHECK;
/* "left <hex>" or "right <hex>" lines: on which side of the hash so far the next one stands. False:
 * the path has another length than index and size ask for. */
bool scf_path_lines(uint64_t index, uint64_t size, const struct scf_hash *path, size_t n,
                    struct scf_buf *out) SCF_MUST_CHECK;

/* ---- 00-README.txt and VERIFY.txt (instructions.c) ---- */

/* Of facts that were read (scf_bundle_facts_read). Both texts are facts themselves when a bundle is
 * checked: another version of scfd may word them otherwise. */
void scf_readme_write(const struct scf_bundle_facts *f, struct scf_buf *out);

struct scf_instructions {
    const char *file_name;
    enum scf_suite suite; /* of the chain */
    int64_t signed_us;    /* signing time of the signature */
    bool cosigned;        /* by witnesses */
    const struct scf_bundle_anchor *anchors;
    const int64_t *proven_us; /* of each anchor: the time that it proves; 0: see to_be_trusted */
    size_t anchor_count;
};
void scf_instructions_write(const struct scf_instructions *i, struct scf_buf *out);

#endif
