variable "namespace" {
  description = "The Kubernetes namespace, which must exist."
  type        = string
  default     = "hmrc-tui"
}

variable "image" {
  description = "The image, with a tag or digest."
  type        = string
}

variable "host" {
  description = "The public host name for signing in; its https://HOST/callback must be registered with the application at HMRC."
  type        = string
}

variable "ingress_class" {
  description = "The ingress class."
  type        = string
  default     = "nginx"
}

variable "ingress_annotations" {
  description = "Annotations of the ingress, such as the issuer of its certificate."
  type        = map(string)
  default     = {}
}

variable "hmrc_environment" {
  description = "sandbox or production."
  type        = string
  default     = "production"
  validation {
    condition     = contains(["sandbox", "production"], var.hmrc_environment)
    error_message = "Use sandbox or production."
  }
}

variable "secret_store" {
  description = "The ClusterSecretStore of the External Secrets Operator that reads Vault."
  type        = string
  default     = "vault"
}

variable "vault_address" {
  description = "The address of Vault, where the rotating sign-in is kept."
  type        = string
}

variable "vault_mount" {
  description = "The KV version 2 mount."
  type        = string
  default     = "secret"
}

variable "vault_path" {
  description = "The secret that holds the values named in vault_properties; the sign-in is kept beneath it."
  type        = string
  default     = "hmrc-tui"
}

variable "vault_role" {
  description = "The role of Vault's Kubernetes authentication."
  type        = string
  default     = "hmrc-tui"
}

variable "vault_properties" {
  description = "Which property of that secret holds which value. client_id, client_secret and utr are needed; payslips_dsn (a payslip_ingest database) and alert_urls (Apprise addresses, one on each line) may be added."
  type        = map(string)
  default = {
    client_id     = "hmrc_client_id"
    client_secret = "hmrc_client_secret"
    utr           = "hmrc_utr"
    webhook_token = "hmrc_webhook_token"
    postgres_dsn  = "hmrc_postgres_dsn"
  }
  validation {
    condition = length(setsubtract(keys(var.vault_properties), [
      "client_id", "client_secret", "utr", "webhook_token", "postgres_dsn", "payslips_dsn", "alert_urls",
    ])) == 0
    error_message = "Use client_id, client_secret, utr, webhook_token, postgres_dsn, payslips_dsn and alert_urls only."
  }
}

variable "cron_job" {
  description = "Whether a CronJob makes the daily run; the daemon's own schedule then only catches up what it has left undone."
  type        = bool
  default     = false
}

variable "grafana_namespace" {
  description = "Where Grafana's sidecar looks for datasources."
  type        = string
  default     = "monitoring"
}

variable "postgres_host" {
  description = "Host and port of the Postgres for Grafana."
  type        = string
}

variable "postgres_database" {
  description = "The database that the ledger is shared through."
  type        = string
  default     = "hmrc_sync"
}

variable "grafana_postgres_user" {
  description = "A role that may only read."
  type        = string
  default     = "grafana"
}
