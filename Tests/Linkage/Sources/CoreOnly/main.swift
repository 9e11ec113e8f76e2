import Libcrypto
import S3Policy
import S3Signing
import SigV4
import Uploads
print("x")
