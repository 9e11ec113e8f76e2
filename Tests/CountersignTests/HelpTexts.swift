/// What `--help` prints for each command, with its path.
enum HelpTexts {
    static let all: [(String, String)] =
        presign + policy + [
            (
                "",
                #"""
                OVERVIEW: Signs direct uploads to S3: one ticket, one key, one type, one size.

                A web app asks Countersign before each upload; the answer is a presigned PUT or
                a signed POST form that fits this one file, and the browser sends the bytes
                straight to the bucket.

                First look, without an account:
                  countersign dev

                Results go to standard output, everything else to standard error.
                Exit codes: 0 fine, 1 findings or a "no", 2 wrong use, 3 a fault outside
                (network, credentials).

                USAGE: countersign <subcommand>

                OPTIONS:
                  --version               Show the version.
                  -h, --help              Show help information.

                SUBCOMMANDS:
                  serve                   Runs the signing service.
                  dev                     Runs everything on this machine, without an account:
                                          the service, a bucket, a page.
                  presign                 Signs one request, or a million, without sending
                                          anything.
                  upload                  Signs and sends one file, with a progress bar.
                  inspect                 Explains a presigned URL or a form: who, where, until
                                          when, what it allows, and whether it verifies.
                  policy                  Checks bucket policies, and what belongs to them,
                                          without a network or an account.
                  check                   Holds each environment's rules against its bucket
                                          policy, CORS, lifecycle and signer policy.
                  token                   Makes API keys for back ends, and says whose a key or
                                          a token is.
                  health                  Asks the service on this machine whether it is alive;
                                          for container health checks.

                  See 'countersign help <subcommand>' for detailed help.
                """#
            ),
            (
                "serve",
                #"""
                OVERVIEW: Runs the signing service.

                Configuration comes from variables (the README has the table) and from the
                policies folder; the options win. Every mistake in either is reported at once,
                and then nothing starts. What check finds in the bucket's documents is logged;
                with --strict nothing starts then either. SIGTERM and SIGINT let requests
                finish and end the process within ten seconds.

                Examples:
                  countersign serve
                  countersign serve --strict --environment production --port 8080

                USAGE: countersign serve [--policies <dir>] [--environment <name> ...] [--host <host>] [--port <port>] [--strict]

                OPTIONS:
                  --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                          else policies).
                  --environment <name>    Serve this environment (repeatable; default:
                                          COUNTERSIGN_ENVIRONMENT, else all).
                  --host <host>           The address to listen on (default: COUNTERSIGN_HOST,
                                          else 0.0.0.0).
                  --port <port>           The port; 0 takes a free one (default:
                                          COUNTERSIGN_PORT, PORT, else 8080).
                  --strict                Refuse to start while check has errors or warnings.
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "dev",
                #"""
                OVERVIEW: Runs everything on this machine, without an account: the service, a
                bucket, a page.

                The environments of the policies folder are served with all their rules, but
                every bucket, endpoint and credential is replaced by those of a local bucket
                that keeps objects in a folder; AWS's variables are ignored, so nothing signed
                here is good anywhere else. Only this machine's own pages and programs are
                answered.

                staging, or the first environment that is not production, needs no API key; the
                others get one each, shown at the start. JWTs are taken as uploads.yaml says.
                Standard output has the URL of the page and that of the bucket, a line each.
                Ctrl-C stops it.

                The data folder gets a file aws-config with a profile for each environment,
                local-staging say, through which the AWS CLI and SDKs use the local buckets.

                Example:
                  countersign dev --port 3001

                USAGE: countersign dev [--port <port>] [--bucket-port <port>] [--data <dir>] [--policies <dir>]

                OPTIONS:
                  --port <port>           The port of the page and the API; 0 takes a free one.
                                          (default: 8080)
                  --bucket-port <port>    The port of the local bucket; 0 takes a free one.
                                          (default: 9000)
                  --data <dir>            Where the local bucket keeps its objects. (default:
                                          .countersign-dev)
                  --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                          else policies).
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "upload",
                #"""
                OVERVIEW: Signs and sends one file, with a progress bar.

                The file is streamed from disk, its exact length signed: in one PUT, or in
                parts side by side when it is larger than 64 MiB, up to 10,000 parts of 5 GiB.
                Each part is sent again, signed anew, when the network or the store fails for a
                while. Its type follows from its name's extension. An S3 URL that ends in a
                slash, or names the bucket only, gets the file's name.

                What fails or is stopped with Ctrl-C leaves nothing behind in the bucket. The
                exit code is 1 when the store refuses the file, 3 when the network fails.

                Examples:
                  countersign upload cat.jpg s3://my-bucket/pets/
                  countersign upload report.pdf s3://my-bucket/2026/ --once --checksum
                  countersign upload film.mov s3://my-bucket/films/ --parallel 8
                  countersign upload cat.jpg s3://my-bucket/by/hand.jpg --environment staging \
                    --rule avatars

                USAGE: countersign upload [<options>] <FILE> <s3://BUCKET/KEY>

                ARGUMENTS:
                  <FILE>                  The file to send.
                  <s3://BUCKET/KEY>       Where it goes.

                OPTIONS:
                  --rule <name>           Send only what this upload rule allows, stored as it
                                          says; needs --environment.
                  --content-type <type>   The content type (default: guessed from the
                                          extension).
                  --once                  Create only (If-None-Match: *): an existing object
                                          stays, and the exit code is 1.
                  --checksum              Read the file twice and sign its SHA-256, so that the
                                          store refuses damaged bytes.
                  --part-size <size>      Files larger than this go in parts of this size, 5MiB
                                          to 5GiB (default: 16MiB, or what the rule says, for
                                          files larger than 64MiB).
                  --parallel <count>      How many parts are sent at one time, 1 to 64.
                                          (default: 4)
                  --header <name: value>  Send this header too (repeatable).
                  --environment <name>    Take bucket, region and endpoint from this
                                          environment of the policies folder.
                  --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                          else policies).
                  --region <region>       The bucket's region (default: AWS_REGION, else the
                                          profile's).
                  --endpoint <url>        Base URL of the store, with port and path if it has
                                          them (default: AWS_ENDPOINT_URL_S3, else AWS).
                  --style <virtual|path>  virtual puts the bucket before the host, path after
                                          the endpoint's path (default: virtual on AWS, else
                                          path).
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "inspect",
                #"""
                OVERVIEW: Explains a presigned URL or a form: who, where, until when, what it
                allows, and whether it verifies.

                Nothing is sent. Put the URL between quotes, since a shell would cut it at the
                first &, or give - and the text on standard input: a URL, a form as HTML or
                JSON (a ticket, or what presign --format json prints), or a policy in base64.

                With the credentials at hand that signed it, the signature is checked; if it
                fails, single changes are tried to say which part differs. Signed headers other
                than host are not in the URL: give their values with --header.

                The exit code is 1 when S3 would refuse it: expired, malformed, or a signature
                that does not verify.

                Examples:
                  countersign inspect
                'https://my-bucket.s3.eu-central-1.amazonaws.com/cat.jpg?X-Amz-…'
                  countersign presign post s3://my-bucket/a.jpg --max-size 1MB | countersign
                inspect -

                USAGE: countersign inspect <URL> [--method <method>] [--header <name: value> ...] [--at <time>] [--environment <name>] [--endpoint <url>] [--format <format>]

                ARGUMENTS:
                  <URL>                   The presigned URL; - reads standard input.

                OPTIONS:
                  --method <method>       The method that it will be used with (default: found
                                          by trying).
                  --header <name: value>  A header that will be sent with it (repeatable).
                  --at <time>             Judge as of that time, such as 20130524T000000Z
                                          (default: now).
                  --environment <name>    Verify with the credentials of this environment.
                  --endpoint <url>        The store's base URL, to tell bucket from path
                                          (default: AWS_ENDPOINT_URL_S3).
                  --format <format>       What to print. (values: text, json; default: text)
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "token",
                #"""
                OVERVIEW: Makes API keys for back ends, and says whose a key or a token is.

                USAGE: countersign token <subcommand>

                OPTIONS:
                  --version               Show the version.
                  -h, --help              Show help information.

                SUBCOMMANDS:
                  mint                    Makes one API key and the line that lets it in.
                  verify                  Says whose an API key, a JWT or a scoped token is, or
                                          what is wrong with it.

                  See 'countersign help token <subcommand>' for detailed help.
                """#
            ),
            (
                "token mint",
                #"""
                OVERVIEW: Makes one API key and the line that lets it in.

                The key goes to standard output, once: the caller keeps it as a secret and
                sends it as Authorization: Bearer csk_…. The service only ever sees its
                SHA-256, in the variable that standard error shows; several callers are
                separated by commas. Nothing is stored here.

                Example:
                  countersign token mint --name web-backend --environment staging > staging.key

                USAGE: countersign token mint --name <name> [--environment <name>] [--format <format>]

                OPTIONS:
                  --name <name>           The caller's name, in keys of objects and in logs.
                  --environment <name>    The environment that the caller belongs to (default:
                                          the only one served).
                  --format <format>       What to print. (values: text, json; default: text)
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "token verify",
                #"""
                OVERVIEW: Says whose an API key, a JWT or a scoped token is, or what is wrong
                with it.

                The answer is the one that the service would give with the same policies folder
                and variables: the caller, its environment, the prefix of its keys, the rules
                that it may use, and when a JWT or a scoped token ends. Keys of issuers are
                fetched where uploads.yaml names a URL; with a file or a secret nothing leaves
                this machine. The exit code is 1 where the token is not taken.

                A token on the command line can be seen by other users of the machine; - reads
                it from standard input.

                Example:
                  countersign token verify - --environment staging < token.txt

                USAGE: countersign token verify <TOKEN> [--environment <name> ...] [--policies <dir>] [--format <format>]

                ARGUMENTS:
                  <TOKEN>                 The API key, JWT or scoped token; - is standard input.

                OPTIONS:
                  --environment <name>    Look at this environment (repeatable; default:
                                          COUNTERSIGN_ENVIRONMENT, else all).
                  --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                          else policies).
                  --format <format>       What to print. (values: text, json; default: text)
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
            (
                "health",
                #"""
                OVERVIEW: Asks the service on this machine whether it is alive; for container
                health checks.

                GET /health/live on loopback. The exit code is 0 when it answers 200, 1
                otherwise.

                Example:
                  HEALTHCHECK CMD ["countersign", "health"]

                USAGE: countersign health [--port <port>]

                OPTIONS:
                  --port <port>           The service's port (default: COUNTERSIGN_PORT, PORT,
                                          else 8080).
                  --version               Show the version.
                  -h, --help              Show help information.

                """#
            ),
        ]
}
