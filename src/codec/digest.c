/* Digests through OpenSSL's EVP: the algorithms are fetched once, and every thread keeps one
 * context per algorithm (libraries: OSSL-1; a fetch for each digest costs more than the digest). */
#include "scfd/codec/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { ALGORITHMS = 2, HMAC_BLOCK = 64 };

/* Written once by scf_digest_init, then read-only. */
static EVP_MD *algorithms[ALGORITHMS];
static pthread_key_t thread_exit_key;
static pthread_once_t init_once = PTHREAD_ONCE_INIT;

/* Each thread's own; freed by the key's destructor. */
static _Thread_local EVP_MD_CTX *contexts[ALGORITHMS];

static void free_contexts(void *own) {
    EVP_MD_CTX **ctx = own;
    for (int i = 0; i < ALGORITHMS; i++) {
        EVP_MD_CTX_free(ctx[i]);
        ctx[i] = NULL;
    }
}

static void fetch_algorithms(void) {
    algorithms[SCF_SHA256 - 1] = EVP_MD_fetch(NULL, "SHA256", NULL);
    algorithms[SCF_SM3 - 1] = EVP_MD_fetch(NULL, "SM3", NULL);
    SCF_ASSERT(algorithms[0] && algorithms[1]);
    SCF_ASSERT(pthread_key_create(&thread_exit_key, free_contexts) == 0);
}

void scf_digest_init(void) {
    pthread_once(&init_once, fetch_algorithms);
}

static EVP_MD *algorithm(enum scf_hash_alg alg) {
    SCF_ASSERT(alg == SCF_SHA256 || alg == SCF_SM3);
    EVP_MD *md = algorithms[alg - 1];
    SCF_ASSERT(md); /* scf_digest_init was called */
    return md;
}

/* This thread's context, started afresh. */
static EVP_MD_CTX *begin(enum scf_hash_alg alg) {
    EVP_MD *md = algorithm(alg);
    EVP_MD_CTX **ctx = &contexts[alg - 1];
    if (!*ctx) {
        *ctx = EVP_MD_CTX_new();
        SCF_ASSERT(*ctx && pthread_setspecific(thread_exit_key, contexts) == 0);
    }
    SCF_ASSERT(EVP_DigestInit_ex2(*ctx, md, NULL) == 1);
    return *ctx;
}

static void update(EVP_MD_CTX *ctx, const void *bytes, size_t n) {
    SCF_ASSERT(EVP_DigestUpdate(ctx, bytes, n) == 1);
}

static struct scf_hash finish(EVP_MD_CTX *ctx) {
    struct scf_hash hash;
    unsigned int n = 0;
    SCF_ASSERT(EVP_DigestFinal_ex(ctx, hash.b, &n) == 1 && n == SCF_HASH_LEN);
    return hash;
}

struct scf_hash scf_digest(enum scf_hash_alg alg, const void *bytes, size_t n) {
    EVP_MD_CTX *ctx = begin(alg);
    update(ctx, bytes, n);
    return finish(ctx);
}

struct scf_hash scf_digest_parts(enum scf_hash_alg alg, const struct scf_str *parts, size_t n) {
    EVP_MD_CTX *ctx = begin(alg);
    for (size_t i = 0; i < n; i++)
        update(ctx, parts[i].p, parts[i].n);
    return finish(ctx);
}

void scf_sha512_parts(const struct scf_str *parts, size_t n, uint8_t out[SCF_SHA512_LEN]) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned int length = 0;
    SCF_ASSERT(ctx && EVP_DigestInit_ex2(ctx, EVP_sha512(), NULL) == 1);
    for (size_t i = 0; i < n; i++)
        update(ctx, parts[i].p, parts[i].n);
    SCF_ASSERT(EVP_DigestFinal_ex(ctx, out, &length) == 1 && length == SCF_SHA512_LEN);
    EVP_MD_CTX_free(ctx);
}

struct scf_hash scf_sha256(const void *bytes, size_t n) {
    return scf_digest(SCF_SHA256, bytes, n);
}

/* RFC 2104 over this thread's context; OpenSSL's own HMAC fetches and allocates at every call. */
struct scf_hash scf_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n) {
    uint8_t pad[HMAC_BLOCK] = {0};
    if (key_n > sizeof pad) {
        struct scf_hash short_key = scf_sha256(key, key_n);
        memcpy(pad, short_key.b, sizeof short_key.b);
    } else if (key_n > 0) {
        memcpy(pad, key, key_n);
    }
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    EVP_MD_CTX *ctx = begin(SCF_SHA256);
    update(ctx, pad, sizeof pad);
    update(ctx, bytes, n);
    struct scf_hash inner = finish(ctx);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    ctx = begin(SCF_SHA256);
    update(ctx, pad, sizeof pad);
    update(ctx, inner.b, sizeof inner.b);
    OPENSSL_cleanse(pad, sizeof pad);
    return finish(ctx);
}

bool scf_hash_eq(const struct scf_hash *a, const struct scf_hash *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool scf_secret_eq(const void *a, const void *b, size_t n) {
    return CRYPTO_memcmp(a, b, n) == 0;
}

/* ---- streams: a context of their own, since a thread may hold several ---- */

struct scf_digest_stream {
    EVP_MD_CTX *ctx;
};

struct scf_digest_stream *scf_digest_begin(enum scf_hash_alg alg) {
    struct scf_digest_stream *s = malloc(sizeof *s);
    SCF_ASSERT(s);
    s->ctx = EVP_MD_CTX_new();
    SCF_ASSERT(s->ctx && EVP_DigestInit_ex2(s->ctx, algorithm(alg), NULL) == 1);
    return s;
}

void scf_digest_update(struct scf_digest_stream *s, const void *bytes, size_t n) {
    update(s->ctx, bytes, n);
}

struct scf_hash scf_digest_final(struct scf_digest_stream *s) {
    struct scf_hash hash = finish(s->ctx);
    scf_digest_drop(s);
    return hash;
}

void scf_digest_drop(struct scf_digest_stream *s) {
    if (!s)
        return;
    EVP_MD_CTX_free(s->ctx);
    free(s);
}
