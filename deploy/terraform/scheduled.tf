# For those who prefer a CronJob to the daemon's own schedule: one unattended sync a day at 06:00 UTC, which tells its alerts too.
# The daemon stays for signing in, and for a day that the CronJob missed.
resource "kubernetes_cron_job_v1" "sync" {
  count = var.cron_job ? 1 : 0
  metadata {
    name      = "hmrc-tui-sync"
    namespace = var.namespace
    labels    = local.labels
  }
  spec {
    schedule                      = "0 6 * * *"
    timezone                      = "Etc/UTC"
    concurrency_policy            = "Forbid"
    starting_deadline_seconds     = 43200
    successful_jobs_history_limit = 3
    failed_jobs_history_limit     = 3
    job_template {
      metadata {
        labels = local.labels
      }
      spec {
        backoff_limit = 2
        template {
          metadata {
            labels = local.sync_labels
          }
          spec {
            service_account_name             = kubernetes_service_account.daemon.metadata[0].name
            restart_policy                   = "Never"
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
            # Both use one volume, which can be mounted on one node only, and lock each other out where they must.
            affinity {
              pod_affinity {
                required_during_scheduling_ignored_during_execution {
                  topology_key = "kubernetes.io/hostname"
                  label_selector {
                    match_labels = local.daemon_labels
                  }
                }
              }
            }
            container {
              name  = "sync"
              image = var.image
              args  = ["sync", "--unattended"]
              dynamic "env" {
                for_each = local.environment
                content {
                  name  = env.key
                  value = env.value
                }
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
  }
}
