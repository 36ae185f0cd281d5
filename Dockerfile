# SPDX-License-Identifier: Apache-2.0
#
# docker build -t tocsin .
# docker run -p 9093:9093 -v $PWD/alertmanager.yml:/etc/alertmanager/alertmanager.yml -v tocsin:/alertmanager tocsin
#
# For both architectures, with the tags of contrib/package/tags.sh:
#   docker buildx build --platform linux/amd64,linux/arm64 $(contrib/package/tags.sh registry.example/tocsin) --push .
#
# Paths, port and user are those of Alertmanager's image. It holds the program and what that needs, and no shell. It runs as any
# user, with a root that is read-only; only /alertmanager is written to.

FROM debian:12-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	gcc libc6-dev cmake ninja-build pkg-config libevent-dev libyaml-dev libjansson-dev libcurl4-openssl-dev \
	libesmtp-dev zlib1g-dev libsqlite3-dev libssl-dev tzdata ca-certificates \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release \
	&& cmake --build --preset release \
	&& strip --strip-unneeded build/release/tocsin \
	&& contrib/package/image.sh build/release/tocsin /image
# A library that is missing would otherwise show only at the first start.
RUN ["chroot", "/image", "/bin/tocsin", "check-config", "/etc/alertmanager/alertmanager.yml"]

FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="tocsin" \
	org.opencontainers.image.description="Alert router compatible with Prometheus Alertmanager" \
	org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/bin
USER 65534:65534
EXPOSE 9093 9094 9094/udp
VOLUME /alertmanager
WORKDIR /alertmanager
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
	CMD ["/bin/tocsin", "healthcheck", "--timeout=4s"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/tocsin"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
