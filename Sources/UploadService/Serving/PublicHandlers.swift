import CoreMetrics
import HTTPTypes
import Hummingbird
import NIOCore
import SigV4
import Uploads

/// What everybody may ask.
struct PublicHandlers: Sendable {
    private let offices: [SigningOffice]
    private let clock: @Sendable () -> SigningTime
    private let authenticator: any CallerAuthenticator
    private let metrics: PrometheusMetrics
    private let limits: any LimitStore
    private let openUploads: Gauge
    private let client: StaticAsset
    private let openAPI: StaticAsset
    private let demonstration: StaticAsset

    init(configuration: UploadServiceConfiguration) {
        self.offices = configuration.offices
        self.clock = configuration.clock
        self.authenticator = configuration.authenticator
        self.metrics = configuration.metrics
        self.limits = configuration.limitStore
        self.openUploads = Gauge(label: "countersign_open_uploads", factory: configuration.metrics)
        // Pages import the client from here: five minutes bound how long a fixed client stays unseen, the entity tag saves the bytes.
        self.client = StaticAsset(
            PackageResources.countersign_js, contentType: "text/javascript; charset=utf-8", cacheControl: "public, max-age=300")
        self.openAPI = StaticAsset(PackageResources.openapi_json, contentType: "application/json", cacheControl: "public, max-age=300")
        self.demonstration = StaticAsset(
            PackageResources.demo_html, contentType: "text/html; charset=utf-8", cacheControl: "no-cache",
            headers: [.contentSecurityPolicy: "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"])
    }

    func version(_ request: Request, _ context: ServiceContext) -> Response {
        .json { json in
            json.object { json in
                json.member("name", "countersign")
                json.member("version", ServiceVersion.current)
                json.member("build", ServiceVersion.build)
                json.member("swift", ServiceVersion.swift)
            }
        }
    }

    func live(_ request: Request, _ context: ServiceContext) -> Response {
        .json { json in
            json.object { $0.member("status", "live") }
        }
    }

    /// Ready means that every environment that should be served can sign, and that there are keys of every issuer of JWTs.
    func ready(_ request: Request, _ context: ServiceContext) -> Response {
        let issuers = authenticator.issuers
        let now = clock()
        let environments = offices.map { (office: $0, canSign: $0.canSign(at: now)) }
        let isReady = environments.allSatisfy(\.canSign) && issuers.allSatisfy { $0.keys > 0 }
        return .json(isReady ? .ok : .serviceUnavailable) { json in
            json.object { json in
                json.member("status", isReady ? "ready" : "unavailable")
                json.name("environments")
                json.array { json in
                    for (office, canSign) in environments {
                        json.object { json in
                            json.member("name", office.environment.name)
                            json.member("rules", office.environment.rules.count)
                            json.member("credentials", canSign)
                            json.member("failing", office.credentials.fault != nil)
                            json.member("credentialsEnd", office.credentials.current?.expiresAt?.iso8601)
                        }
                    }
                }
                guard !issuers.isEmpty else { return }
                json.name("issuers")
                json.array { json in
                    for issuer in issuers {
                        json.object { json in
                            json.member("name", issuer.name)
                            json.member("environment", issuer.environment)
                            json.member("keys", issuer.keys)
                            json.member("failing", issuer.fault != nil)
                        }
                    }
                }
            }
        }
    }

    func metricsText(_ request: Request, _ context: ServiceContext) async -> Response {
        openUploads.record(await limits.openUploadCount)
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
    }

    func clientModule(_ request: Request, _ context: ServiceContext) -> Response { client.response(to: request) }
    func openAPIDocument(_ request: Request, _ context: ServiceContext) -> Response { openAPI.response(to: request) }
    func demonstrationPage(_ request: Request, _ context: ServiceContext) -> Response { demonstration.response(to: request) }
}

/// Which program this is.
public enum ServiceVersion {
    /// Semantic version of Countersign.
    public static let current = "0.1.0"

    #if DEBUG
        static let build = "debug"
    #else
        static let build = "release"
    #endif

    /// The language version of the compiler that made it.
    #if swift(>=6.4)
        static let swift = "6.4 or later"
    #elseif swift(>=6.3)
        static let swift = "6.3"
    #else
        static let swift = "6.2"
    #endif
}
