# SPDX-License-Identifier: Apache-2.0
#
# docker build -t tocsin .
# docker run -p 9093:9093 -v $PWD/alertmanager.yml:/etc/alertmanager/alertmanager.yml -v tocsin:/alertmanager tocsin
#
# Paths, port and user are those of Alertmanager's image.

FROM debian:12-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	gcc libc6-dev cmake ninja-build pkg-config libevent-dev libyaml-dev libjansson-dev libcurl4-openssl-dev \
	libesmtp-dev zlib1g-dev libsqlite3-dev libssl-dev \
	&& rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cmake --preset release \
	&& cmake --build --preset release \
	&& install -D -m 755 build/release/tocsin /out/bin/tocsin \
	&& strip --strip-unneeded /out/bin/tocsin

FROM debian:12-slim
# libesmtp6 brings the plugins that it authenticates with (/usr/lib/*/esmtp-plugins-*).
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	libevent-core-2.1-7 libevent-extra-2.1-7 libevent-openssl-2.1-7 libyaml-0-2 libjansson4 libcurl4 libesmtp6 \
	libsqlite3-0 libssl3 tzdata ca-certificates \
	&& rm -rf /var/lib/apt/lists/* \
	&& install -d -o nobody -g nogroup -m 755 /alertmanager
COPY --from=build /out/bin/tocsin /bin/tocsin
COPY contrib/quickstart/alertmanager.yml /etc/alertmanager/alertmanager.yml
COPY LICENSE /usr/share/doc/tocsin/copyright
# A library that is missing would otherwise show only at the first start.
RUN ["/bin/tocsin", "check-config", "/etc/alertmanager/alertmanager.yml"]

USER nobody
EXPOSE 9093 9094 9094/udp
VOLUME /alertmanager
WORKDIR /alertmanager
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
	CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9093 && printf 'GET /-/healthy HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/tocsin"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
