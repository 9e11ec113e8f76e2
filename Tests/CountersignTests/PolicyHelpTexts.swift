/// What `--help` prints for `policy`, its commands, and `check`.
extension HelpTexts {
    static let policy: [(String, String)] = [
        (
            "policy",
            #"""
            OVERVIEW: Checks bucket policies, and what belongs to them, without a network
            or an account.

            USAGE: countersign policy <subcommand>

            OPTIONS:
              --version               Show the version.
              -h, --help              Show help information.

            SUBCOMMANDS:
              validate                Finds what is wrong with bucket policies, IAM
                                      policies, CORS and lifecycle documents.
              simulate                Tells what a policy decides about a request, and
                                      which statements decided.
              public                  Tells whether a bucket policy is public: by the rule
                                      of S3 Block Public Access, and by what it means.
              compare                 Tells whether a policy allows anything that an older
                                      one does not, with a request that shows it.
              access                  Tells whether a policy grants none of some actions on
                                      some resources, with a request that shows it.
              equal                   Tells whether two policies allow the same requests,
                                      with a request that shows where they differ.
              data                    Shows the S3 reference data that policies are checked
                                      with, or takes newer ones from a file.

              See 'countersign help policy <subcommand>' for detailed help.
            """#
        ),
        (
            "policy validate",
            #"""
            OVERVIEW: Finds what is wrong with bucket policies, IAM policies, CORS and
            lifecycle documents.

            Names files and folders; of a folder every *.json file below it. The codes are
            those of IAM Access Analyzer, and S3_… for what S3 itself refuses. What a file
            is follows from its name (bucket-policy.json, signer-policy.json, cors.json,
            lifecycle.json), else from its content; --kind says so instead.

            Files of an environment's folder, and those that --environment names one for,
            are also held against that environment's rules, as check does.

            Findings that are meant can be listed in .countersign-ignore.yaml of the
            policies folder, each with its code, file, reason and last day.

            The exit code is 1 when there is a finding as grave as --fail-on, or a file
            that is no policy.

            Examples:
              countersign policy validate policies/
              countersign policy validate --format sarif policies/ > findings.sarif
              countersign policy validate --fix bucket-policy.json

            USAGE: countersign policy validate <path> ... [--kind <kind>] [--format <format>] [--fail-on <type>] [--ignore-file <file>] [--policies <dir>] [--environment <name>] [--fix]

            ARGUMENTS:
              <path>                  Files and folders.

            OPTIONS:
              --kind <kind>           What the files are. (values: auto, bucket, identity,
                                      cors, lifecycle; default: auto)
              --format <format>       What to print. (values: text, json, sarif, github;
                                      default: text)
              --fail-on <type>        The least grave finding that fails. (values: error,
                                      security-warning, warning, suggestion; default:
                                      warning)
              --ignore-file <file>    The list of findings that are meant (default:
                                      .countersign-ignore.yaml of the policies folder).
              --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                      else policies).
              --environment <name>    The environment that the files belong to.
              --fix                   Make the changes to policies that are certain and let
                                      nobody do more than before.
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy simulate",
            #"""
            OVERVIEW: Tells what a policy decides about a request, and which statements
            decided.

            The request is given by --action, --resource, --principal and --context; or by
            a presigned URL, form or ticket, from which caller, actions, resource and
            context are read; or as JSON lines in a file. What the policy asks for and the
            request does not tell is listed. Of the caller a URL or form tells only the
            account, by its access key id: name the user or role with --principal where
            statements are about one.

            The answer is allowed, explicitDeny, implicitDeny or needsIdentityPolicy: the
            last when the caller's own IAM policies decide. Without --bucket-account the
            caller's account is taken to own the bucket.

            The exit code is 0 only when everything is allowed.

            Examples:
              countersign policy simulate --policy bucket-policy.json --action s3:PutObject
            \
                --resource arn:aws:s3:::my-bucket/a.png --principal anonymous --context
            aws:SecureTransport=true
              countersign policy simulate --policy bucket-policy.json --principal
            arn:aws:iam::111122223333:user/app \
                --url 'https://my-bucket.s3.eu-central-1.amazonaws.com/a.png?X-Amz-…'
            --method PUT

            USAGE: countersign policy simulate --policy <file> [--action <action>] [--resource <arn>] [--principal <principal>] [--context <key=value> ...] [--context-file <file>] [--url <url>] [--method <method>] [--requests <file>] [--bucket-account <account>] [--format <format>]

            OPTIONS:
              --policy <file>         The policy.
              --action <action>       The action, such as s3:PutObject.
              --resource <arn>        The ARN of the bucket or object.
              --principal <principal> Who asks: an ARN, an account, a service, or anonymous
                                      (also *; default: anonymous, or whose key signed the
                                      URL).
              --context <key=value>   A context key's value; an array in JSON for a key
                                      with several (repeatable).
              --context-file <file>   A JSON object of context keys; an array is a key with
                                      several values.
              --url <url>             A presigned URL, a form or a ticket; - reads standard
                                      input.
              --method <method>       The method that the URL is used with (default: GET,
                                      or what the ticket says).
              --requests <file>       Requests as JSON lines with action, resource,
                                      principal and context.
              --bucket-account <account>
                                      The account that owns the bucket.
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy public",
            #"""
            OVERVIEW: Tells whether a bucket policy is public: by the rule of S3 Block
            Public Access, and by what it means.

            The rule looks at each Allow statement alone and calls it public unless it is
            bound to fixed values; S3 refuses such a policy where BlockPublicPolicy is on.
            By what it means a policy is public when anybody at all can do anything. Each
            answer shows a request.

            The exit code is 0 when the policy is public by neither, 1 otherwise.

            Example:
              countersign policy public policies/staging/bucket-policy.json

            USAGE: countersign policy public <file> [--format <format>]

            ARGUMENTS:
              <file>                  The policy.

            OPTIONS:
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy compare",
            #"""
            OVERVIEW: Tells whether a policy allows anything that an older one does not,
            with a request that shows it.

            All requests are considered, not a sample. The exit code is 0 when the new
            policy allows nothing new, 1 when it does or when it cannot be told.

            Example:
              countersign policy compare old.json policies/staging/bucket-policy.json

            USAGE: countersign policy compare <old> <new> [--format <format>]

            ARGUMENTS:
              <old>                   The policy as it was.
              <new>                   The policy as it shall be.

            OPTIONS:
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy access",
            #"""
            OVERVIEW: Tells whether a policy grants none of some actions on some resources,
            with a request that shows it.

            The exit code is 0 when nothing of it is granted to anybody, 1 when anything
            is, or when it cannot be told.

            Example:
              countersign policy access bucket-policy.json --action s3:DeleteObject
            --action 's3:Put*'

            USAGE: countersign policy access <file> [--action <action> ...] [--resource <arn> ...] [--format <format>]

            ARGUMENTS:
              <file>                  The policy.

            OPTIONS:
              --action <action>       Actions, or patterns of actions (default: all).
              --resource <arn>        ARNs, or patterns of ARNs (default: all).
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy equal",
            #"""
            OVERVIEW: Tells whether two policies allow the same requests, with a request
            that shows where they differ.

            All requests are considered, not a sample. The exit code is 0 when they are
            equal, 1 when they differ or when it cannot be told.

            Example:
              countersign policy equal written.json generated.json

            USAGE: countersign policy equal <first> <second> [--format <format>]

            ARGUMENTS:
              <first>                 A policy.
              <second>                Another policy.

            OPTIONS:
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "policy data",
            #"""
            OVERVIEW: Shows the S3 reference data that policies are checked with, or takes
            newer ones from a file.

            Countersign comes with S3's actions, resource types and condition keys as of a
            date. Newer ones are taken from a file in the shape of AWS's service reference,
            downloaded by whoever has a network, and kept in the policies folder as
            .s3-reference.json, to be committed with the policies. Data that are older than
            those at hand, or of a day to come, are refused.

            Example:
              countersign policy data --update s3.json --date 2027-01-31

            USAGE: countersign policy data [--update <file>] [--date <day>] [--policies <dir>] [--format <format>]

            OPTIONS:
              --update <file>         Take the data of this file.
              --date <day>            The day of the data, where the file does not tell it,
                                      as YYYY-MM-DD.
              --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                      else policies).
              --format <format>       What to print. (values: text, json; default: text)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
        (
            "check",
            #"""
            OVERVIEW: Holds each environment's rules against its bucket policy, CORS,
            lifecycle and signer policy.

            Every ticket that the rules can issue is put through the documents beside them,
            for all callers and all allowed origins: what S3 or a browser would refuse
            later is an error now, with both places named. The documents themselves are
            validated as policy validate does. No network, no account.

            The exit code is 1 when there is a finding as grave as --fail-on.

            Example:
              countersign check --policies policies

            USAGE: countersign check [--policies <dir>] [--environment <name> ...] [--format <format>] [--fail-on <type>]

            OPTIONS:
              --policies <dir>        The policies folder (default: COUNTERSIGN_POLICIES,
                                      else policies).
              --environment <name>    Check this environment only (repeatable; default:
                                      all).
              --format <format>       What to print. (values: text, json, sarif, github;
                                      default: text)
              --fail-on <type>        The least grave finding that fails. (values: error,
                                      security-warning, warning, suggestion; default:
                                      warning)
              --version               Show the version.
              -h, --help              Show help information.

            """#
        ),
    ]
}
