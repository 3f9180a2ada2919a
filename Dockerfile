# Images for those who prefer containers: one program each, nothing else in them.
#   docker build --target worker .    docker build --target starter .
#   docker build --target temporal .  Temporal's development server, for evaluation only

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
# What the programs say of themselves: --build-arg COB_VERSION=$(git describe --always --dirty=+dirty --abbrev=12)
ARG COB_VERSION=
RUN mkdir /files && go build -trimpath -tags timetzdata -ldflags "-X github.com/closeofbusiness/cob/config.build=$COB_VERSION" -o /files/ ./worker ./starter
# The user that everything runs as, and the folders that it may write to.
RUN echo 'cob:x:65532:65532:COB:/:/none' > /files/passwd && mkdir -p /files/empty

FROM scratch AS base
COPY --from=build /files/passwd /etc/passwd
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
USER 65532:65532

FROM base AS worker
COPY --from=build /files/worker /worker
COPY --from=build --chown=65532:65532 /files/empty /out
ENV COB_OUTPUT_DIR=/out
ENTRYPOINT ["/worker"]

FROM base AS starter
COPY --from=build /files/starter /starter
COPY --from=build --chown=65532:65532 /files/empty /out
ENV COB_OUTPUT_DIR=/out
ENTRYPOINT ["/starter"]

FROM golang:1.26-bookworm AS build-temporal
WORKDIR /src/tools/temporal
COPY tools/temporal/go.mod tools/temporal/go.sum ./
RUN go mod download
ENV CGO_ENABLED=0
RUN mkdir -p /files/empty && go build -trimpath -ldflags '-s -w' -o /files/temporal github.com/temporalio/cli/cmd/temporal

FROM base AS temporal
COPY --from=build-temporal /files/temporal /temporal
COPY --from=build-temporal --chown=65532:65532 /files/empty /data
ENTRYPOINT ["/temporal"]
