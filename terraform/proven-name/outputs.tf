output "subjects" {
  description = "What a federated identity credential has to trust, by NAMESPACE/NAME"
  value       = local.subjects
}

output "host_service_accounts" {
  description = "Namespace and name in the host cluster, by NAMESPACE/NAME"
  value = {
    for account, subject in local.subjects : account => {
      namespace = split(":", subject)[2]
      name      = split(":", subject)[3]
    }
  }
}

output "issuer" {
  description = "The host cluster's OIDC issuer, byte for byte; null if no host was read"
  value       = lookup(data.external.translate.result, "issuer", null)
}
