import Connections
import HTTPTypes
public import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
public import ServiceLifecycle
import UnixSignals
import Uploads

/// Builds the HTTP service: routes, callers, limits, problem responses, metrics, logs. It listens when it is run.
///
/// - Parameters:
///   - logger: gets one line per request, and what the server itself has to say.
///   - onServerRunning: called with the listening channel, for its port.
///   - onMetricsServerRunning: the same for the metrics' own port, where one is configured.
public func buildUploadService(
    _ configuration: UploadServiceConfiguration,
    logger: Logger,
    onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in },
    onMetricsServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) throws(UploadServiceConfigurationError) -> some ApplicationProtocol {
    try configuration.validate()
    let builder = ServiceBuilder(configuration: configuration, logger: logger)
    var application = builder.application(
        port: configuration.port, routes: builder.mainRoutes, onServerRunning: onServerRunning)
    if let metricsPort = configuration.metricsPort {
        application.addServices(
            builder.application(
                port: metricsPort, routes: [.metrics, .live], maximumConnections: min(configuration.limits.maximumConnections, 64),
                onServerRunning: onMetricsServerRunning))
    }
    for service in configuration.backgroundServices { application.addServices(service) }
    return application
}

/// Runs services until SIGTERM or SIGINT, then lets them finish what they have begun, and returns within ten seconds.
public func runUntilTerminated(_ services: [any Service], logger: Logger) async throws {
    try await serviceGroup(services, logger: logger).run()
}

func serviceGroup(_ services: [any Service], logger: Logger, drainingTime: Duration = .seconds(8)) -> ServiceGroup {
    var configuration = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = drainingTime
    return ServiceGroup(configuration: configuration)
}

private struct ServiceBuilder {
    let configuration: UploadServiceConfiguration
    let logger: Logger
    let origins: OriginPolicy
    let metrics: ServiceMetrics
    let uploadHandlers: UploadHandlers
    let stepHandlers: StepHandlers
    let downloadHandlers: DownloadHandlers
    let tokenHandlers: TokenHandlers
    let publicHandlers: PublicHandlers
    let dialectHandlers: DialectHandlers

    init(configuration: UploadServiceConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.origins = OriginPolicy(
            environments: configuration.offices.map(\.environment), isLoopbackOnly: configuration.isLoopbackOnly)
        self.metrics = ServiceMetrics(factory: configuration.metrics)
        let limits = LimitDesk(configuration: configuration, logger: logger)
        let admittance = Admittance(configuration: configuration, origins: origins, metrics: metrics, limits: limits)
        let steps = UploadSteps(configuration: configuration, limits: limits)
        let desk = TicketDesk(configuration: configuration, steps: steps, metrics: metrics)
        self.uploadHandlers = UploadHandlers(configuration: configuration, admittance: admittance, desk: desk)
        self.stepHandlers = StepHandlers(configuration: configuration, admittance: admittance, steps: steps)
        self.downloadHandlers = DownloadHandlers(configuration: configuration, admittance: admittance)
        self.tokenHandlers = TokenHandlers(configuration: configuration, origins: origins, admittance: admittance)
        self.publicHandlers = PublicHandlers(configuration: configuration)
        self.dialectHandlers = DialectHandlers(DialectDesk(admittance: admittance, tickets: desk, limits: configuration.limits))
    }

    var mainRoutes: [Route] {
        Route.allCases.filter { route in
            switch route {
            case .metrics: configuration.metricsPort == nil
            case .demonstration: configuration.showsDemonstrationPage
            default: route.dialect.map { dialect in configuration.offices.contains { $0.environment.dialects.serves(dialect) } } ?? true
            }
        }
    }

    /// - Parameter maximumConnections: nil for the configuration's.
    func application(
        port: Int, routes: [Route], maximumConnections: Int? = nil, onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> Application<RouterResponder<ServiceContext>> {
        let limits = configuration.limits
        let room = ConnectionRoom(
            limit: maximumConnections ?? limits.maximumConnections, pieceBytes: 2 << 10, headDeadline: TimeAmount(limits.bodyDeadline),
            patience: TimeAmount(limits.idleTimeout))
        var listening = ApplicationConfiguration(address: .hostname(configuration.host, port: port), backlog: limits.maximumConnections)
        listening.availableConnectionsDelegate = room.door
        return Application(
            responder: router(routes, room).buildResponder(), server: .http1(configuration: connections(in: room)),
            configuration: listening, onServerRunning: onServerRunning, logger: logger)
    }

    /// Header limits are those that proxies in front of a service apply as well.
    private func connections(in room: ConnectionRoom) -> HTTP1Channel.Configuration {
        let limits = configuration.limits
        return HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                room.makeSeat(),
                ConnectionGuard(
                    bodyDeadline: TimeAmount(limits.bodyDeadline), draining: TimeAmount(limits.lingering),
                    lingering: TimeAmount(limits.lingering),
                    maximumBodyBytes: max(limits.maximumBodyBytes, limits.maximumBatchBodyBytes)),
            ],
            idleTimeout: TimeAmount(limits.idleTimeout),
            httpDecoderConfiguration: .init(maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100))
    }

    private func router(_ routes: [Route], _ room: ConnectionRoom) -> Router<ServiceContext> {
        let router = Router(context: ServiceContext.self)
        router.add(
            middleware: ObservingMiddleware(served: routes, metrics: metrics, logger: logger, makeRandom: configuration.makeRandom))
        router.add(middleware: CORSMiddleware(origins: origins))
        router.add(middleware: ProblemMiddleware(served: routes, metrics: metrics, logger: logger))
        if configuration.isLoopbackOnly { router.add(middleware: LoopbackMiddleware()) }
        router.add(middleware: InFlightMiddleware(served: routes, maximum: configuration.limits.maximumInFlight, room: room))
        router.add(middleware: OptionsMiddleware(served: routes, origins: origins))
        for route in routes { add(route, to: router) }
        return router
    }

    /// HEAD runs the same handler as GET; `ObservingMiddleware` takes the body away.
    private func add(_ route: Route, to router: Router<ServiceContext>) {
        for method in route.methods where method != .options {
            router.on(RouterPath(route.rawValue), method: method, use: handler(of: route, method))
            if route.takesTokenInPath {
                let mounted = "/\(Route.tokenMount)/{\(Admittance.tokenParameter)}\(route.rawValue)"
                router.on(RouterPath(mounted), method: method, use: handler(of: route, method))
            }
        }
    }

    private func handler(of route: Route, _ method: HTTPRequest.Method) -> @Sendable (Request, ServiceContext) async throws -> Response {
        switch route {
        case .uploads: uploadHandlers.upload
        case .uploadsBatch: uploadHandlers.uploadBatch
        case .uploadParts: stepHandlers.parts
        case .uploadList: stepHandlers.list
        case .uploadComplete: stepHandlers.complete
        case .uploadAbort: stepHandlers.abort
        case .uploadConfirm: stepHandlers.confirm
        case .rules: uploadHandlers.rules
        case .downloads: downloadHandlers.download
        case .tokens: tokenHandlers.token
        case .version: publicHandlers.version
        case .live: publicHandlers.live
        case .ready: publicHandlers.ready
        case .metrics: publicHandlers.metricsText
        case .openAPI: publicHandlers.openAPIDocument
        case .client: publicHandlers.clientModule
        case .demonstration: publicHandlers.demonstrationPage
        case .uppyParameters: dialectHandlers.uppy.parameters
        case .uppyPresign: dialectHandlers.uppySigning.presign
        case .uppyMultipart: dialectHandlers.uppy.create
        case .uppyUpload: method == .delete ? dialectHandlers.uppy.abort : dialectHandlers.uppy.list
        case .uppyBatch: dialectHandlers.uppy.batch
        case .uppyComplete: dialectHandlers.uppy.complete
        case .uppyPart: dialectHandlers.uppy.part
        case .shrine: dialectHandlers.shrine.presign
        case .activeStorage: dialectHandlers.activeStorage.directUpload
        case .betterUpload: dialectHandlers.betterUpload.upload
        }
    }
}
