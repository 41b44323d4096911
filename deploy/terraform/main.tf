# hmrc-tui on Kubernetes: the daemon with its migrations, its two public paths, its secrets from Vault, and a Grafana datasource.
terraform {
  required_version = ">= 1.6"
  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.30"
    }
  }
}

locals {
  labels = { "app.kubernetes.io/name" = "hmrc-tui" }
  # What the Service finds: a pod of the CronJob must not be among it.
  daemon_labels = merge(local.labels, { "app.kubernetes.io/component" = "daemon" })
  sync_labels   = merge(local.labels, { "app.kubernetes.io/component" = "sync" })
  service_host  = "hmrc-tui.${var.namespace}.svc"
  # Where every container of ours has its volumes; its root is read-only.
  mounts = {
    secrets = { path = local.secrets_folder, read_only = true }
    state   = { path = "/state", read_only = false }
    tmp     = { path = "/tmp", read_only = false }
  }
  secrets_folder = "/run/secrets/hmrc-tui"
  # Secrets are mounted as files: one that rotates is read again, and none stands in a process's environment.
  secret_keys = {
    client_id     = "HMRC_TUI_HMRC__CLIENT_ID_FILE"
    client_secret = "HMRC_TUI_HMRC__CLIENT_SECRET_FILE"
    utr           = "HMRC_TUI_HMRC__UTR_FILE"
    webhook_token = "HMRC_TUI_SERVICE__WEBHOOK_TOKEN_FILE"
    postgres_dsn  = "HMRC_TUI_STORAGE__POSTGRES_FILE"
    payslips_dsn  = "HMRC_TUI_PAYSLIPS__DATABASE_FILE"
    alert_urls    = "HMRC_TUI_ALERTS__URLS_FILE"
  }
  environment = merge(
    { for key, property in var.vault_properties : local.secret_keys[key] => "${local.secrets_folder}/${key}" },
    {
      HMRC_TUI_HMRC__ENVIRONMENT   = var.hmrc_environment
      HMRC_TUI_SERVICE__PUBLIC_URL = "https://${var.host}"
      HMRC_TUI_TOKENS__STORE       = "vault"
      HMRC_TUI_VAULT__ADDRESS      = var.vault_address
      HMRC_TUI_VAULT__MOUNT        = var.vault_mount
      HMRC_TUI_VAULT__PATH         = var.vault_path
      HMRC_TUI_VAULT__AUTH         = "kubernetes"
      HMRC_TUI_VAULT__ROLE         = var.vault_role
    },
  )
  daemon_environment = merge(
    local.environment,
    # Prometheus asks a pod by its address, which Kubernetes puts in the place of $(POD_IP).
    { HMRC_TUI_SERVICE__ALLOWED_HOSTS = "${local.service_host},$(POD_IP)" },
    # Beside a CronJob the daemon only catches up what the CronJob has left undone an hour after its time.
    var.cron_job ? { HMRC_TUI_SYNC__AT = "07:00" } : {},
  )
}

resource "kubernetes_manifest" "secrets" {
  manifest = {
    apiVersion = "external-secrets.io/v1"
    kind       = "ExternalSecret"
    metadata   = { name = "hmrc-tui", namespace = var.namespace, labels = local.labels }
    spec = {
      refreshInterval = "15m"
      secretStoreRef  = { name = var.secret_store, kind = "ClusterSecretStore" }
      target          = { name = "hmrc-tui" }
      data = [
        for key, property in var.vault_properties : {
          secretKey = key
          remoteRef = { key = var.vault_path, property = property }
        }
      ]
    }
  }
}

resource "kubernetes_service_account" "daemon" {
  metadata {
    name      = "hmrc-tui"
    namespace = var.namespace
    labels    = local.labels
  }
}

resource "kubernetes_persistent_volume_claim" "state" {
  metadata {
    name      = "hmrc-tui-state"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    access_modes = ["ReadWriteOnce"]
    resources {
      requests = { storage = "1Gi" }
    }
  }
  wait_until_bound = false
}

resource "kubernetes_deployment" "daemon" {
  metadata {
    name      = "hmrc-tui"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    # One writer: a new pod starts only when the old one, and a refresh that it may be finishing, is gone.
    replicas = 1
    strategy {
      type = "Recreate"
    }
    selector {
      match_labels = local.daemon_labels
    }
    template {
      metadata {
        labels = local.daemon_labels
        annotations = {
          "prometheus.io/scrape" = "true"
          "prometheus.io/port"   = "8081"
          "prometheus.io/path"   = "/metrics"
        }
      }
      spec {
        service_account_name             = kubernetes_service_account.daemon.metadata[0].name
        termination_grace_period_seconds = 90
        security_context {
          run_as_non_root = true
          run_as_user     = 10001
          run_as_group    = 10001
          fs_group        = 10001
          seccomp_profile {
            type = "RuntimeDefault"
          }
        }

        init_container {
          name  = "migrate"
          image = var.image
          # Without Postgres the daemon works from SQLite, so its pod starts without it; the first contact migrates.
          args = ["migrate", "--if-reachable"]
          dynamic "env" {
            for_each = local.environment
            content {
              name  = env.key
              value = env.value
            }
          }
          security_context {
            read_only_root_filesystem  = true
            allow_privilege_escalation = false
            capabilities {
              drop = ["ALL"]
            }
          }
          dynamic "volume_mount" {
            for_each = local.mounts
            content {
              name       = volume_mount.key
              mount_path = volume_mount.value.path
              read_only  = volume_mount.value.read_only
            }
          }
        }

        container {
          name  = "daemon"
          image = var.image
          args  = ["daemon"]
          env {
            name = "POD_IP"
            value_from {
              field_ref {
                field_path = "status.podIP"
              }
            }
          }
          dynamic "env" {
            for_each = local.daemon_environment
            content {
              name  = env.key
              value = env.value
            }
          }
          port {
            name           = "http"
            container_port = 8081
          }
          resources {
            requests = { cpu = "10m", memory = "96Mi" }
            limits   = { memory = "192Mi" }
          }
          security_context {
            read_only_root_filesystem  = true
            allow_privilege_escalation = false
            capabilities {
              drop = ["ALL"]
            }
          }
          # The service answers only to hosts that it knows, so the probes name one.
          liveness_probe {
            http_get {
              path = "/healthz"
              port = "http"
              http_header {
                name  = "Host"
                value = local.service_host
              }
            }
            period_seconds    = 30
            timeout_seconds   = 5
            failure_threshold = 5
          }
          readiness_probe {
            http_get {
              path = "/readyz"
              port = "http"
              http_header {
                name  = "Host"
                value = local.service_host
              }
            }
            period_seconds  = 15
            timeout_seconds = 5
          }
          dynamic "volume_mount" {
            for_each = local.mounts
            content {
              name       = volume_mount.key
              mount_path = volume_mount.value.path
              read_only  = volume_mount.value.read_only
            }
          }
        }

        volume {
          name = "state"
          persistent_volume_claim {
            claim_name = kubernetes_persistent_volume_claim.state.metadata[0].name
          }
        }
        volume {
          name = "secrets"
          secret {
            secret_name  = "hmrc-tui"
            default_mode = "0440"
          }
        }
        volume {
          name = "tmp"
          empty_dir {
            medium     = "Memory"
            size_limit = "16Mi"
          }
        }
      }
    }
  }
}

resource "kubernetes_service" "daemon" {
  metadata {
    name      = "hmrc-tui"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    selector = local.daemon_labels
    port {
      name        = "http"
      port        = 80
      target_port = "http"
    }
  }
}

resource "kubernetes_ingress_v1" "sign_in" {
  metadata {
    name        = "hmrc-tui"
    namespace   = var.namespace
    labels      = local.labels
    annotations = var.ingress_annotations
  }
  spec {
    ingress_class_name = var.ingress_class
    tls {
      hosts       = [var.host]
      secret_name = "hmrc-tui-tls"
    }
    rule {
      host = var.host
      http {
        # Nothing else is public: not /sync, not /metrics, not the API documentation.
        dynamic "path" {
          for_each = ["/authorize", "/callback"]
          content {
            path      = path.value
            path_type = "Exact"
            backend {
              service {
                name = kubernetes_service.daemon.metadata[0].name
                port {
                  name = "http"
                }
              }
            }
          }
        }
      }
    }
  }
}
