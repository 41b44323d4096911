# syntax=docker/dockerfile:1
# Two stages: everything is installed by hash into one folder, and only that folder goes into the image.
FROM docker.io/library/python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY requirements/run.txt requirements/build.txt requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --quiet --require-hashes -r requirements/build.txt
RUN python -m venv --without-pip /opt/hmrc-tui \
 && python -m pip --python /opt/hmrc-tui/bin/python install --quiet --no-compile --require-hashes -r requirements/run.txt
# pip is only there for a command of sqlite-utils that installs plugins; SQLAlchemy and PyYAML do without their compiled
# halves, which would be a tenth of the image for a migration a year and no YAML at all.
RUN cd /opt/hmrc-tui/lib/python3*/site-packages \
 && rm -rf pip pip-*.dist-info apprise/i18n alembic/templates alembic/testing sqlalchemy/testing yaml/_yaml*.so \
    sqlalchemy/dialects/mssql sqlalchemy/dialects/mysql sqlalchemy/dialects/oracle \
 && find sqlalchemy -name '*_cy.*.so' -delete \
 && find . -name '*.pyi' -delete
COPY pyproject.toml README.md LICENSE config.example.toml ./
COPY storage storage
COPY daemon daemon
COPY hmrc_tui hmrc_tui
RUN /opt/build/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheels . \
 && python -m pip --python /opt/hmrc-tui/bin/python install --quiet --no-compile --no-deps /tmp/wheels/*.whl \
 && find /opt/hmrc-tui/bin -type f ! -name hmrc-tui -delete
COPY deploy/image/compile_used.py ./
RUN cd / && /opt/hmrc-tui/bin/python /src/compile_used.py

FROM docker.io/library/python:3.13-slim

LABEL org.opencontainers.image.title="hmrc-tui" \
      org.opencontainers.image.description="HMRC's record of your pay and tax beside your payslips" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/hmrc-tui /opt/hmrc-tui
ENV PATH=/opt/hmrc-tui/bin:$PATH \
    HMRC_TUI_HOME=/state/hmrc-tui \
    HMRC_TUI_SERVICE__HOST=0.0.0.0 \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# Whichever user the container runs as makes a folder of their own here, which nobody else can enter.
RUN mkdir /state && chmod 1777 /state
USER 10001:10001
WORKDIR /state
VOLUME /state
EXPOSE 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python", "-m", "daemon.health"]
# The first process waits for a refresh of the sign-in that is under way before the container goes: stop it with 90 s of grace.
ENTRYPOINT ["python", "-m", "daemon.first_process", "hmrc-tui"]
CMD ["daemon"]
