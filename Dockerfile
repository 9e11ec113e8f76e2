# One image for every environment: COUNTERSIGN_ENVIRONMENT names what a container serves, secrets come as variables.
# Both stages are Debian 12, so that the binary meets the libcrypto that it was linked with.

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies are a layer of their own: the versions of Package.resolved where there is one, else the newest that the manifest takes.
COPY Package.swift Package.resolve[d] ./
RUN swift package resolve
# SwiftPM wants the folders of the test targets too, though nothing in them is built.
COPY Sources ./Sources
COPY Tests ./Tests
# Stripped, and without the runtime's backtracer: they would add 35 MB, and a backtrace shows memory that may hold secrets.
RUN swift build -c release --product countersign --static-swift-stdlib \
    && install -D --strip "$(swift build -c release --static-swift-stdlib --show-bin-path)/countersign" /built/countersign

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Countersign" \
      org.opencontainers.image.description="Signs direct uploads to S3: one ticket, one key, one type, one size." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# What runs here needs no program that changes its user.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +
COPY --from=build /built/countersign /usr/local/bin/countersign
COPY policies /etc/countersign/policies
ENV COUNTERSIGN_POLICIES=/etc/countersign/policies
# A number, so that an orchestrator can see that it is not root; any other works as well.
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["countersign", "health"]
ENTRYPOINT ["countersign"]
CMD ["serve"]
