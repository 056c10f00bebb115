# docker build -t zynqsim . && docker run --rm -v "$PWD:/work" zynqsim run design.yaml
FROM debian:bookworm-slim AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y --no-install-recommends make
WORKDIR /src
COPY . .
RUN .ci/packages build && make deb

FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
COPY --from=build /src/build/zynqsim_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/zynqsim_*.deb gnuplot-nox graphviz python3 && rm -rf /var/lib/apt/lists/* /tmp/zynqsim_*.deb
WORKDIR /work
ENTRYPOINT ["zynqsim"]
