# vCluster's own answers, row by row, beside the module's.

locals {
  text = file("${path.module}/../../../../shared/core/tests/vectors/host-names-single.jsonl")
  rows = [for line in split("\n", trimspace(local.text)) : jsondecode(line)]

  # Rows with names that no cluster can have pin the algorithm, which the module never sees.
  valid = { for index, row in local.rows : index => row if row.validK8sName }
}

module "host_name" {
  source   = "../.."
  for_each = local.valid

  name               = each.value.name
  namespace          = each.value.namespace
  vcluster           = each.value.vcluster
  vcluster_namespace = each.value.vclusterNamespace
}

output "wrong" {
  value = [
    for index, row in local.valid : "${row.case}: ${row.hostName} is ${module.host_name[index].name}"
    if module.host_name[index].name != row.hostName
    || module.host_name[index].namespace != row.hostNamespace
    || module.host_name[index].subject != "system:serviceaccount:${row.hostNamespace}:${row.hostName}"
  ]
}

output "count" {
  value = length(local.valid)
}

output "cut" {
  value = length([for row in local.valid : row if row.truncated])
}
