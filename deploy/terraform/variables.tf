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
  description = "Which property of that secret holds which value."
  type        = map(string)
  default = {
    client_id     = "hmrc_client_id"
    client_secret = "hmrc_client_secret"
    utr           = "hmrc_utr"
    webhook_token = "hmrc_webhook_token"
    postgres_dsn  = "hmrc_postgres_dsn"
    payslips_dsn  = "hmrc_payslips_dsn"
  }
}

variable "cron_job" {
  description = "Whether to run a daily CronJob as well. The daemon's own schedule needs none."
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
