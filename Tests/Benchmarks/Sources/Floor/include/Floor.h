#pragma once
#include <stddef.h>
#include <stdint.h>

/// libcrypto with nothing round it: one fetched SHA-256 on one context, and one HMAC context that holds a signing key.
typedef struct Floor Floor;

/// Derives SigV4's signing key for S3 and prepares both contexts. Ends the program where libcrypto fails.
Floor *_Nonnull floor_open(const char *_Nonnull secret, const char *_Nonnull date, const char *_Nonnull region);
void floor_close(Floor *_Nonnull floor);

/// Writes the 32 bytes of SHA-256.
void floor_digest(Floor *_Nonnull floor, const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out);
/// Writes the 32 bytes of HMAC-SHA-256 under the signing key.
void floor_authenticate(Floor *_Nonnull floor, const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out);

/// The same two through copied SHA-256 states, without EVP: how much of the floor is EVP's own.
void floor_states_digest(Floor *_Nonnull floor, const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out);
void floor_states_authenticate(Floor *_Nonnull floor, const uint8_t *_Nonnull bytes, size_t count, uint8_t *_Nonnull out);
