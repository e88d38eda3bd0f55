# syntax=docker/dockerfile:1
# One file, four images: docker build --target gateway|renderer|storage|webhooks. Each holds only its own service, what all
# share and the pinned packages of its own lock file: only the renderer has a typesetting engine.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app PATH=/venv/bin:$PATH HOST=0.0.0.0 PORT=8080
RUN useradd --system --uid 10001 --create-home --shell /usr/sbin/nologin exports
WORKDIR /app
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=2)"]

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /venv

FROM build AS build-gateway
COPY requirements/gateway.lock .
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r gateway.lock

FROM build AS build-renderer
COPY requirements/renderer.lock .
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r renderer.lock

FROM build AS build-storage
COPY requirements/storage.lock .
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r storage.lock

FROM build AS build-webhooks
COPY requirements/webhooks.lock .
RUN --mount=type=cache,target=/root/.cache/pip pip install --require-hashes -r webhooks.lock

# What each image holds, as a CycloneDX bill of materials that the image carries.
FROM build AS sbom
COPY pyproject.toml dev/sbom.sh dev/supply.sh requirements ./
RUN mkdir dev requirements && mv sbom.sh supply.sh dev && mv *.lock requirements
RUN --mount=type=cache,target=/root/.cache/pip dev/sbom.sh /sbom

FROM base AS gateway
COPY --from=build-gateway /venv /venv
COPY --from=sbom /sbom/gateway.json /usr/share/doc/correcta-exports/sbom.json
COPY contracts contracts
COPY services/__init__.py services/
COPY services/common services/common
COPY services/gateway services/gateway
USER exports
CMD ["python", "-m", "services.gateway"]

FROM base AS renderer
RUN apt-get update && apt-get install -y --no-install-recommends \
        fontconfig libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libseccomp2 \
        fonts-texgyre fonts-dejavu-core fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji \
    && rm -rf /var/lib/apt/lists/*
# Fontconfig's cache is good for folders of the same time, which not every builder keeps: a stale one is made again at the
# start, in memory that every container has, instead of complaining on stderr.
COPY services/renderer/typesetting/fonts.conf services/renderer/typesetting/
RUN find /usr/share/fonts /usr/share/texmf/fonts -type d -exec touch --date=2026-01-01T00:00:00Z {} + \
    && FONTCONFIG_FILE=$PWD/services/renderer/typesetting/fonts.conf fc-cache -f
ENV XDG_CACHE_HOME=/dev/shm
COPY --from=build-renderer /venv /venv
COPY --from=sbom /sbom/renderer.json /usr/share/doc/correcta-exports/sbom.json
COPY contracts contracts
COPY services/__init__.py services/
COPY services/common services/common
COPY services/renderer services/renderer
USER exports
CMD ["python", "-m", "services.renderer"]

FROM base AS storage
COPY --from=build-storage /venv /venv
COPY --from=sbom /sbom/storage.json /usr/share/doc/correcta-exports/sbom.json
COPY contracts contracts
COPY services/__init__.py services/
COPY services/common services/common
COPY services/storage services/storage
RUN install -d -o exports -g exports /var/lib/correcta-exports
VOLUME /var/lib/correcta-exports
USER exports
ENV STORAGE_ROOT=file:///var/lib/correcta-exports
CMD ["python", "-m", "services.storage"]

FROM base AS webhooks
COPY --from=build-webhooks /venv /venv
COPY --from=sbom /sbom/webhooks.json /usr/share/doc/correcta-exports/sbom.json
COPY contracts contracts
COPY services/__init__.py services/
COPY services/common services/common
COPY services/webhooks services/webhooks
USER exports
CMD ["python", "-m", "services.webhooks"]
