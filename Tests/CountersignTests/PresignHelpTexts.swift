extension HelpTexts {
    static let presign: [(String, String)] = [
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
    ]
}
