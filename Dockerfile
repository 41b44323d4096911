# syntax=docker/dockerfile:1
# Two stages: everything is installed by hash into one folder, and only that folder goes into the image.
FROM docker.io/library/python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --quiet --require-hashes -r requirements/build.txt
RUN python -m venv --without-pip /opt/hmrc-tui \
 && python -m pip --python /opt/hmrc-tui/bin/python install --quiet --no-compile --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE config.example.toml ./
COPY storage storage
COPY daemon daemon
COPY hmrc_tui hmrc_tui
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheels . \
 && python -m pip --python /opt/hmrc-tui/bin/python install --quiet --no-compile --no-deps /tmp/wheels/*.whl
# The root is read-only when it runs, so what starts must be compiled here. pip is only a dependency of sqlite-utils'
# plugin command, which is not used; compiled, the whole tree would be half as large again.
RUN cd /opt/hmrc-tui/lib/python3*/site-packages \
 && rm -rf pip pip-*.dist-info apprise/i18n sqlalchemy/testing alembic/testing \
 && python -m compileall -q -j 0 storage daemon hmrc_tui msgspec click anyio h11 httpcore2 httpx2 apscheduler starlette \
    fastapi uvicorn pydantic typing_inspection annotated_types prometheus_client psycopg psycopg_pool sqlite_utils \
    typing_extensions.py tzlocal stamina tenacity

FROM docker.io/library/python:3.13-slim

LABEL org.opencontainers.image.title="hmrc-tui" \
      org.opencontainers.image.description="HMRC's record of your pay and tax beside your payslips" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/hmrc-tui /opt/hmrc-tui
ENV PATH=/opt/hmrc-tui/bin:$PATH \
    HMRC_TUI_HOME=/state \
    HMRC_TUI_SERVICE__HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
RUN mkdir -m 0700 /state && chown 10001:10001 /state
USER 10001:10001
WORKDIR /state
VOLUME /state
EXPOSE 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python", "-m", "daemon.health"]
# The first process waits for a refresh of the sign-in that is under way before the container goes: stop it with 90 s of grace.
ENTRYPOINT ["python", "-m", "daemon.first_process", "hmrc-tui"]
CMD ["daemon"]
