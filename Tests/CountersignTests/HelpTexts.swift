/// What `--help` prints for each command, with its path.
enum HelpTexts {
    static let all: [(String, String)] = [
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
              token                   Makes API keys for back ends.
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
            and then nothing starts. SIGTERM and SIGINT let requests finish and end the
            process within ten seconds.

            Examples:
              countersign serve
              countersign serve --environment production --port 8080

            USAGE: countersign serve [--policies <dir>] [--environment <name> ...] [--host <host>] [--port <port>]

            OPTIONS:
              --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                      else policies).
              --environment <name>    Serve this environment (repeatable; default:
                                      COUNTERSIGN_ENVIRONMENT, else all).
              --host <host>           The address to listen on (default: COUNTERSIGN_HOST,
                                      else 0.0.0.0).
              --port <port>           The port; 0 takes a free one (default:
                                      COUNTERSIGN_PORT, PORT, else 8080).
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

            The first environment, or staging where there is one, needs no API key; the
            others get one each, shown at the start. Standard output has the URL of the
            page and that of the bucket, a line each. Ctrl-C stops it.

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
            "presign",
            #"""
            OVERVIEW: Signs one request, or a million, without sending anything.

            Nothing goes over the network: the signature is worked out here, from the
            credentials of the AWS variables or the shared files.

            Examples:
              countersign presign get s3://my-bucket/report.pdf --expires 1h
              countersign presign put s3://my-bucket/cat.jpg --content-type image/jpeg \
                --content-length 482113 --once
              countersign presign put s3://my-bucket/cat.jpg --environment staging \
                --rule avatars --content-type image/jpeg --content-length 482113
              countersign presign post s3://my-bucket --key-prefix inbox/ \
                --max-size 10MB --format html

            USAGE: countersign presign <subcommand>

            OPTIONS:
              --version               Show the version.
              -h, --help              Show help information.

            SUBCOMMANDS:
              put                     Signs an upload of one object.
              get                     Signs a download of one object, or a listing of the
                                      bucket.
              head                    Signs a look at an object's size, type and metadata.
              delete                  Signs the deletion of one object.
              post                    Signs a form for uploading, with a policy of
                                      conditions.
              part                    Signs the upload of one part of a multipart upload.
              batch                   Signs JSON lines: one request in, one answer out, in
                                      order.

              See 'countersign help presign <subcommand>' for detailed help.
            """#
        ),
        (
            "presign put",
            #"""
            OVERVIEW: Signs an upload of one object.

            What is not bound is open to whoever holds the URL; standard error says what
            that is. Bound values are signed headers: the client must send exactly these.

            Examples:
              countersign presign put s3://my-bucket/cat.jpg --content-type image/jpeg \
                --content-length 482113 --once
              countersign presign put s3://my-bucket/cat.jpg --format curl | sh

            USAGE: countersign presign put [<options>] <s3://BUCKET/KEY>

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object.

            OPTIONS:
              --rule <name>           Bind what this upload rule binds; needs
                                      --environment, --content-type and --content-length.
              --content-type <type>   The exact type, such as image/jpeg.
              --content-length <size> The exact size: 482113, 5MiB.
              --sha256 <digest>       The content's SHA-256, hexadecimal or base64.
              --once                  Create only (If-None-Match: *): a second use is
                                      refused.
              --header <name: value>  Sign this header; whoever uses the URL must send it
                                      (repeatable).
              --query <name=value>    Sign this query parameter, such as versionId=…
                                      (repeatable).
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: url)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign get",
            #"""
            OVERVIEW: Signs a download of one object, or a listing of the bucket.

            Examples:
              countersign presign get s3://my-bucket/report.pdf --expires 1h
              countersign presign get s3://my-bucket/report.pdf \
                --query response-content-disposition=attachment
              countersign presign get s3://my-bucket --query list-type=2 --query
            prefix=2026/

            USAGE: countersign presign get <s3://BUCKET/KEY> [--header <name: value> ...] [--query <name=value> ...] [--format <format>] [--expires <duration>] [--at <time>] [--environment <name>] [--policies <dir>] [--region <region>] [--endpoint <url>] [--style <virtual|path>]

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object, or the bucket alone.

            OPTIONS:
              --header <name: value>  Sign this header; whoever uses the URL must send it
                                      (repeatable).
              --query <name=value>    Sign this query parameter, such as versionId=…
                                      (repeatable).
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: url)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign head",
            #"""
            OVERVIEW: Signs a look at an object's size, type and metadata.

            Example:
              countersign presign head s3://my-bucket/report.pdf --format curl | sh

            USAGE: countersign presign head <s3://BUCKET/KEY> [--header <name: value> ...] [--query <name=value> ...] [--format <format>] [--expires <duration>] [--at <time>] [--environment <name>] [--policies <dir>] [--region <region>] [--endpoint <url>] [--style <virtual|path>]

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object, or the bucket alone.

            OPTIONS:
              --header <name: value>  Sign this header; whoever uses the URL must send it
                                      (repeatable).
              --query <name=value>    Sign this query parameter, such as versionId=…
                                      (repeatable).
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: url)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign delete",
            #"""
            OVERVIEW: Signs the deletion of one object.

            Example:
              countersign presign delete s3://my-bucket/old.pdf --expires 5m

            USAGE: countersign presign delete <s3://BUCKET/KEY> [--header <name: value> ...] [--query <name=value> ...] [--format <format>] [--expires <duration>] [--at <time>] [--environment <name>] [--policies <dir>] [--region <region>] [--endpoint <url>] [--style <virtual|path>]

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object.

            OPTIONS:
              --header <name: value>  Sign this header; whoever uses the URL must send it
                                      (repeatable).
              --query <name=value>    Sign this query parameter, such as versionId=…
                                      (repeatable).
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: url)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign post",
            #"""
            OVERVIEW: Signs a form for uploading, with a policy of conditions.

            A form may leave room where a presigned PUT cannot: any size within a range,
            any key under a prefix. It works more than once until it expires: S3 cannot
            make a form single-use.

            Examples:
              countersign presign post s3://my-bucket/inbox/scan.pdf \
                --content-type application/pdf --max-size 10MB
              countersign presign post s3://my-bucket --key-prefix inbox/ --max-size 10MB \
                --starts-with Content-Type=image/ --format html > upload.html

            USAGE: countersign presign post [<options>] <s3://BUCKET/KEY>

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object; with --key-prefix the bucket alone will
                                      do.

            OPTIONS:
              --key-prefix <prefix>   Take any file name under this prefix: the key is the
                                      prefix and ${filename}.
              --min-size <size>       The smallest size taken: 1, 10kB.
              --max-size <size>       The largest size taken: 10MB, 5MiB.
              --starts-with <field=prefix>
                                      Let this field be anything with that prefix
                                      (repeatable).
              --field <name=value>    Fix this form field (repeatable).
              --content-type <type>   The exact type, such as image/jpeg.
              --content-length <size> The exact size: 482113, 5MiB.
              --sha256 <digest>       The content's SHA-256, hexadecimal or base64.
              --rule <name>           Bind what this upload rule binds; needs --environment
                                      and --content-type.
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: json)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign part",
            #"""
            OVERVIEW: Signs the upload of one part of a multipart upload.

            Example:
              countersign presign part s3://my-bucket/film.mp4 --upload-id VXBsb2Fk \
                --part-number 1 --content-length 8MiB

            USAGE: countersign presign part [<options>] <s3://BUCKET/KEY> --upload-id <id> --part-number <number>

            ARGUMENTS:
              <s3://BUCKET/KEY>       The object.

            OPTIONS:
              --upload-id <id>        The upload id that CreateMultipartUpload answered.
              --part-number <number>  The part, 1 to 10000.
              --content-length <size> The part's exact size.
              --sha256 <digest>       The part's SHA-256, hexadecimal or base64.
              --header <name: value>  Sign this header; whoever uses the URL must send it
                                      (repeatable).
              --query <name=value>    Sign this query parameter, such as versionId=…
                                      (repeatable).
              --format <format>       What to print. (values: url, json, curl, fetch, html;
                                      default: url)
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
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
            "presign batch",
            #"""
            OVERVIEW: Signs JSON lines: one request in, one answer out, in order.

            A line is
            {"method":"PUT","bucket":"b","key":"k","region":"eu-central-1","expires":900}
            and may add endpoint, style, headers and query (arrays of [name, value]), at,
            accessKeyId, secretAccessKey, sessionToken. The answer is
            {"url":…,"signature":…,"signedHeaders":…}. Without key the bucket itself is
            meant. {"method":"POST-POLICY","policy":"<base64>",…} is answered
            {"signature":…,"credential":…,"date":…}.

            A line that cannot be signed is answered
            {"error":{"code":…,"message":…,"line":…}}; the others are signed all the same,
            and the exit code is 1. Empty lines are skipped. Memory does not grow with the
            input.

            Example:
              countersign presign batch requests.jsonl > signed.jsonl

            USAGE: countersign presign batch [<FILE>] [--region <region>] [--endpoint <url>] [--expires <duration>] [--at <time>]

            ARGUMENTS:
              <FILE>                  The file to read; - is standard input. (default: -)

            OPTIONS:
              --region <region>       Region of lines that name none (default: AWS_REGION,
                                      else the profile's).
              --endpoint <url>        Base URL of lines that name none (default:
                                      AWS_ENDPOINT_URL_S3, else AWS).
              --expires <duration>    How long the signature lives: 900, 15m, 1h, at most
                                      7d (default: 15m; with a rule, its lifetime).
              --at <time>             Sign as of that time, such as 20130524T000000Z
                                      (default: now).
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "upload",
            #"""
            OVERVIEW: Signs and sends one file, with a progress bar.

            The file is streamed from disk in one PUT, up to 5 GiB, with its exact length
            signed. Its type follows from its name's extension. An S3 URL that ends in a
            slash, or names the bucket only, gets the file's name.

            The exit code is 1 when the store refuses it, 3 when the network fails.

            Examples:
              countersign upload cat.jpg s3://my-bucket/pets/
              countersign upload report.pdf s3://my-bucket/2026/report.pdf --once --checksum

            USAGE: countersign upload <FILE> <s3://BUCKET/KEY> [--content-type <type>] [--once] [--checksum] [--header <name: value> ...] [--environment <name>] [--policies <dir>] [--region <region>] [--endpoint <url>] [--style <virtual|path>]

            ARGUMENTS:
              <FILE>                  The file to send.
              <s3://BUCKET/KEY>       Where it goes.

            OPTIONS:
              --content-type <type>   The content type (default: guessed from the
                                      extension).
              --once                  Create only (If-None-Match: *): an existing object
                                      stays, and the exit code is 1.
              --checksum              Read the file twice and send its SHA-256 along, so
                                      that the store refuses damaged bytes.
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
            OVERVIEW: Makes API keys for back ends.

            USAGE: countersign token <subcommand>

            OPTIONS:
              --version               Show the version.
              -h, --help              Show help information.

            SUBCOMMANDS:
              mint                    Makes one API key and the line that lets it in.

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
