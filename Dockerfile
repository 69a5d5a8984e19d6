# The same steps as the Makefile, in two stages: build the environment, then run it as nobody special.
# x86-64 wheels of torch from the default registry carry CUDA; pass --build-arg PIP_INDEX_URL=... of
# a registry with CPU wheels for a small image.
FROM python:3.11-slim AS build
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/coursegraph
COPY . .
RUN make setup INSTALL=.

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 coursegraph \
    && mkdir /data \
    && chown coursegraph /data
COPY --from=build /opt/coursegraph/.venv /opt/coursegraph/.venv
ENV PATH=/opt/coursegraph/.venv/bin:$PATH \
    COURSEGRAPH_DATA=/data \
    COURSEGRAPH_HOST=0.0.0.0
USER 10001
WORKDIR /home/coursegraph
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/health', timeout=4)"]
# Reachable from outside the container, so it asks for COURSEGRAPH_API_KEY.
CMD ["/bin/sh", "-c", "coursegraph ingest && exec coursegraph serve"]
