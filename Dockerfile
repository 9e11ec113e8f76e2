# syntax=docker/dockerfile:1
# One image for every environment: COUNTERSIGN_ENVIRONMENT names what a container serves, secrets come as variables.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
RUN swift package resolve
COPY Sources ./Sources
COPY Tests ./Tests
RUN swift build -c release --product countersign --static-swift-stdlib \
    && install -D --strip "$(swift build -c release --static-swift-stdlib --show-bin-path)/countersign" /built/countersign

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin countersign
COPY --from=build /built/countersign /usr/local/bin/countersign
COPY policies /etc/countersign/policies
ENV COUNTERSIGN_HOST=0.0.0.0 \
    COUNTERSIGN_POLICIES=/etc/countersign/policies \
    PORT=8080
USER countersign
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD countersign health --port "$PORT"
ENTRYPOINT ["countersign"]
CMD ["serve"]
