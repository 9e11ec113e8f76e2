"""Random texts that are hard on a signer: each is valid, none is usual."""

import string

PIECES = (
    "/", "//", ".", "..", "./", "../", "%", "%2F", "%2f", "%25", "%zz", "+", " ", "  ", "&", "=", "?", "#", ";", ":", "@", ",", "$", "!",
    "*", "'", "(", ")", "[", "]", "{", "}", "|", "\\", "\"", "<", ">", "^", "`", "~", "-", "_", "\t", "\n", "\r\n", "\0", "\x7f",
    "\x85", "\u00a0", "é", "e\u0301", "\u0301", "ß", "\u2028", "日本", "\ufeff", "\ud7ff", "\uffff", "😀", "👩\u200d👩\u200d👧",
    "\U0010ffff", "${filename}", "X-Amz-Signature=", "&X-Amz-Date=", "a", "Z", "0", "photo", "index.html")
KEYS = (
    "/", "//", "///", ".", "..", "./", "../", "a/", "a//b", "a/./b", "a/../b", "/a", "//a", "/../a", "%", "%2F", "%252F", "+", " ",
    " a ", "?", "#", "a?b=c", "é", "e\u0301", "😀", "\u0301", "\0", "\n", "~", "*", "'", "a b+c%20d", "https://example.com/x?y#z",
    "x" * 1024, "😀" * 256, "%" * 1024, "/" * 1024)
HEADER = "".join(chr(code) for code in range(0x20, 0x7F))
TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
RESERVED = (("xn--", "sthree-", "amzn-s3-demo-"), ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))


def text(rng, most=12):
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, most)))


def key(rng):
    if rng.random() < 0.25:
        return rng.choice(KEYS)
    made = text(rng, rng.choice((3, 12, 60)))
    while len(made.encode()) > 1024:
        made = made[:-1]
    return made


def header(rng):
    """What HTTP can carry in ASCII, white space at the ends and in runs included."""
    if rng.random() < 0.03:
        return rng.choice(("", " ", "\t"))
    made = "".join(rng.choice(HEADER) for _ in range(rng.randint(1, 40)))
    if rng.random() < 0.3:
        made = made.replace(rng.choice(made), rng.choice(("  ", "\t", " \t ", "\"  \"", ", ")))
    return rng.choice(("", "", " ", "\t ")) + made + rng.choice(("", "", "  ", "\t"))


def name(rng):
    return "".join(rng.choice(TOKEN) for _ in range(rng.randint(1, 20)))


def bucket(rng, dots):
    letters = string.ascii_lowercase + string.digits
    while True:
        labels = []
        for _ in range(rng.randint(2, 4) if dots else 1):
            inner = "".join(rng.choice(letters + "-") for _ in range(rng.randint(0, 8)))
            labels.append(rng.choice(letters) + inner + rng.choice(letters))
        made = ".".join(labels)
        is_address = made.replace(".", "").isdigit()
        if 3 <= len(made) <= 63 and not is_address and not made.startswith(RESERVED[0]) and not made.endswith(RESERVED[1]):
            return made if rng.random() < 0.9 or dots else (made + "x" * 63)[:63]


def credentials(rng):
    """Keys and, half of the time, a token, as in a line of `presign batch`. They fit into variables: no NUL, no combining mark first."""
    base64 = string.ascii_letters + string.digits + "+/"
    made = {"accessKeyId": rng.choice(("AKIA", "ASIA")) + "".join(rng.choice(string.ascii_uppercase + string.digits) for _ in range(16)),
            "secretAccessKey": "".join(rng.choice(base64) for _ in range(40))}
    if rng.random() < 0.15:
        made = {"accessKeyId": rng.choice(("minio", "me@example.com", "key:id", "tenant$user", "a+b")),
                "secretAccessKey": "s" + text(rng).replace("\0", "0")}
    if rng.random() < 0.5:
        made["sessionToken"] = "".join(rng.choice(base64) for _ in range(rng.choice((1, 356, 1500)))) + rng.choice(("", "=", "=="))
    return made


def time(rng):
    year, month = rng.choice((1999, 2000, 2013, 2024, 2026, 2037, 2038, 2039, 2100, 9998)), rng.randint(1, 12)
    day = rng.choice((1, 28, 29 if month != 2 else 28, rng.randint(1, 28)))
    day = 29 if (year, month) in ((2000, 2), (2024, 2)) and rng.random() < 0.5 else day
    clock = rng.choice(("000000", "235959", f"{rng.randint(0, 23):02}{rng.randint(0, 59):02}{rng.randint(0, 59):02}"))
    return f"{year}{month:02}{day:02}T{clock}Z"
