// SHA256_CTX is marked as deprecated since OpenSSL 3.0; why it is used stands in SHA256State.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
