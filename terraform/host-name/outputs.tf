output "name" {
  description = "Name of the ServiceAccount in the host cluster"
  value       = local.host_name
}

output "namespace" {
  description = "Namespace of the ServiceAccount in the host cluster"
  value       = var.vcluster_namespace
}

output "subject" {
  description = "What a federated identity credential has to trust"
  value       = "system:serviceaccount:${var.vcluster_namespace}:${local.host_name}"
}
