# Hubbub on one machine: gateway, functions and an embedded DynamoDB in one process, as nobody in
# particular.
#
#   docker build --tag hubbub .
#   docker run --publish 127.0.0.1:8080:8080 --volume hubbub:/data hubbub --data /data
#
# What follows the image's name goes to `local`: `docker run hubbub --help`. The base images are
# arguments, for those who have mirrors of their own.
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS page
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund
COPY web .
RUN npm run build

FROM ${RUST_IMAGE} AS build
# `dev` compiles in a third of the time.
ARG CARGO_PROFILE=release
# Symbols are three quarters of the program.
ENV CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_INCREMENTAL=0
# For jemalloc; the slim images have a compiler and no more.
RUN command -v make >/dev/null || { apt-get update && apt-get install --yes --no-install-recommends make; }
WORKDIR /src
COPY . .
COPY --from=page /web/dist web/dist
RUN cargo build --locked --package local --profile "$CARGO_PROFILE" --target-dir /target \
  && mkdir -p /root-of-image/usr/local/bin /root-of-image/etc/ssl/certs /root-of-image/data \
  && cp /target/*/local /root-of-image/usr/local/bin/ \
  && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/

FROM ${RUNTIME_IMAGE}
COPY --from=build /root-of-image/usr /usr
# For a JWKS that is fetched; the slim images have no roots.
COPY --from=build /root-of-image/etc /etc
COPY --from=build --chown=10001:10001 /root-of-image/data /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
# All addresses of the container; who reaches them is decided by --publish.
ENTRYPOINT ["/usr/local/bin/local", "--host", "0.0.0.0"]
# 503 where the database does not answer. There is no curl in the image, but there is bash.
HEALTHCHECK --interval=10s --timeout=10s --start-period=10s CMD \
  ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == 'HTTP/1.1 200 '* ]]"]
