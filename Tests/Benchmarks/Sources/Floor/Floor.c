// The bare functions on SHA-256's state are deprecated, and here to be compared with.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "Floor.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Floor {
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC *hmac;
    EVP_MAC_CTX *keyed;
    /// HMAC's two hashes (RFC 2104), each after its padded key.
    SHA256_CTX inner, outer;
};

static void require(int fine, const char *what) {
    if (fine) return;
    fprintf(stderr, "floor: %s failed\n", what);
    exit(1);
}

/// One step of the key's derivation: key = HMAC(key, text).
static void derive(uint8_t key[32], const char *text) {
    require(HMAC(EVP_sha256(), key, 32, (const uint8_t *)text, strlen(text), key, NULL) != NULL, "HMAC");
}

static void start_state(SHA256_CTX *state, const uint8_t key[32], uint8_t pad) {
    uint8_t block[64];
    memset(block, pad, sizeof block);
    for (int index = 0; index < 32; index++) block[index] ^= key[index];
    require(SHA256_Init(state) && SHA256_Update(state, block, sizeof block), "SHA256_Init");
}

Floor *floor_open(const char *secret, const char *date, const char *region) {
    char prefixed[256];
    uint8_t key[32];
    int length = snprintf(prefixed, sizeof prefixed, "AWS4%s", secret);
    require(length > 0 && (size_t)length < sizeof prefixed, "the secret's length");
    require(HMAC(EVP_sha256(), prefixed, length, (const uint8_t *)date, strlen(date), key, NULL) != NULL, "HMAC");
    derive(key, region);
    derive(key, "s3");
    derive(key, "aws4_request");

    Floor *floor = malloc(sizeof *floor);
    require(floor != NULL, "malloc");
    require((floor->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) != NULL, "EVP_MD_fetch");
    require((floor->digest = EVP_MD_CTX_new()) != NULL, "EVP_MD_CTX_new");
    require((floor->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL)) != NULL, "EVP_MAC_fetch");
    require((floor->keyed = EVP_MAC_CTX_new(floor->hmac)) != NULL, "EVP_MAC_CTX_new");
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    require(EVP_MAC_init(floor->keyed, key, sizeof key, parameters), "EVP_MAC_init");
    start_state(&floor->inner, key, 0x36);
    start_state(&floor->outer, key, 0x5C);
    return floor;
}

void floor_close(Floor *floor) {
    EVP_MAC_CTX_free(floor->keyed);
    EVP_MAC_free(floor->hmac);
    EVP_MD_CTX_free(floor->digest);
    EVP_MD_free(floor->sha256);
    free(floor);
}

void floor_digest(Floor *floor, const uint8_t *bytes, size_t count, uint8_t *out) {
    require(EVP_DigestInit_ex2(floor->digest, floor->sha256, NULL), "EVP_DigestInit_ex2");
    require(EVP_DigestUpdate(floor->digest, bytes, count), "EVP_DigestUpdate");
    require(EVP_DigestFinal_ex(floor->digest, out, NULL), "EVP_DigestFinal_ex");
}

void floor_authenticate(Floor *floor, const uint8_t *bytes, size_t count, uint8_t *out) {
    size_t written;
    require(EVP_MAC_init(floor->keyed, NULL, 0, NULL), "EVP_MAC_init");
    require(EVP_MAC_update(floor->keyed, bytes, count), "EVP_MAC_update");
    require(EVP_MAC_final(floor->keyed, out, &written, 32), "EVP_MAC_final");
}

void floor_states_digest(Floor *floor, const uint8_t *bytes, size_t count, uint8_t *out) {
    (void)floor;
    SHA256_CTX state;
    require(SHA256_Init(&state) && SHA256_Update(&state, bytes, count) && SHA256_Final(out, &state), "SHA256");
}

void floor_states_authenticate(Floor *floor, const uint8_t *bytes, size_t count, uint8_t *out) {
    SHA256_CTX state = floor->inner;
    require(SHA256_Update(&state, bytes, count) && SHA256_Final(out, &state), "SHA256");
    state = floor->outer;
    require(SHA256_Update(&state, out, 32) && SHA256_Final(out, &state), "SHA256");
}
