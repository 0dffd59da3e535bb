# The subjects of ServiceAccounts of a vCluster, proven by `kubectl vwi translate`: one process for
# all of them. Credentials are those of the kubeconfig; none is an input, since it would be in the
# state.

terraform {
  required_version = ">= 1.6"

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.2"
    }
  }
}

locals {
  flags = {
    "--kubeconfig"         = var.kubeconfig
    "--context"            = var.context
    "--host-kubeconfig"    = var.host_kubeconfig
    "--host-context"       = var.host_context
    "--vcluster"           = var.vcluster
    "--vcluster-namespace" = var.vcluster_namespace
    "--accept"             = var.accept
  }
}

data "external" "translate" {
  program = concat(
    var.program,
    ["--terraform"],
    [for flag, value in local.flags : "${flag}=${value}" if value != null],
  )

  query = {
    serviceaccounts = jsonencode(sort(var.service_accounts))
  }
}

locals {
  subjects = { for account in var.service_accounts : account => data.external.translate.result[account] }
}
