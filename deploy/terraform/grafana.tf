# A datasource for the dashboard in deploy/grafana, picked up by Grafana's sidecar through its label.
resource "kubernetes_config_map" "grafana_datasource" {
  metadata {
    name      = "hmrc-tui-grafana-datasource"
    namespace = var.grafana_namespace
    labels    = merge(local.labels, { grafana_datasource = "1" })
  }
  data = {
    "hmrc-tui.yaml" = yamlencode({
      apiVersion = 1
      datasources = [{
        name     = "hmrc-tui"
        uid      = "hmrc-tui"
        type     = "postgres"
        url      = var.postgres_host
        user     = var.grafana_postgres_user
        jsonData = { database = var.postgres_database, sslmode = "require", postgresVersion = 1500 }
        # Grafana replaces this from its own environment; no password stands in the ConfigMap.
        secureJsonData = { password = "$HMRC_TUI_GRAFANA_PASSWORD" }
      }]
    })
  }
}
