# The name of a host ServiceAccount by vCluster's algorithm alone (single-namespace mode, its
# default), without provider and program. Nothing is proven: where namespaces are mapped, where
# ServiceAccounts are not synced, or where somebody else has the name, it is wrong without an error.
# The module proven-name looks.

terraform {
  required_version = ">= 1.6"
}

locals {
  joined = "${var.name}-x-${var.namespace}-x-${var.vcluster}"
  cut    = "${substr(local.joined, 0, 52)}-${substr(sha256(local.joined), 0, 10)}"

  # Names are ASCII, so characters are bytes. Only a cut name is mended.
  host_name = length(local.joined) <= 63 ? local.joined : replace(local.cut, ".-", "-")
}
