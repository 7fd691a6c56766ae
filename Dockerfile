# docker build -t openaudit . && docker run --rm -v "$PWD:/work:ro" openaudit check
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY openaudit openaudit
COPY rules rules
RUN python -m venv /opt/openaudit \
    && /opt/openaudit/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.13-slim
COPY --from=build /opt/openaudit /opt/openaudit
RUN useradd --create-home --uid 10001 --shell /usr/sbin/nologin openaudit
ENV PATH=/opt/openaudit/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["openaudit"]
CMD ["--help"]
