variable "service_accounts" {
  description = "ServiceAccounts of the tenant cluster, as NAMESPACE/NAME"
  type        = set(string)

  validation {
    condition     = alltrue([for account in var.service_accounts : can(regex("^[^/]+/[^/]+$", account))])
    error_message = "Each is NAMESPACE/NAME."
  }
}

variable "program" {
  description = "How the step is called: [\"kubectl\", \"vwi\", \"translate\"] where krew installed it"
  type        = list(string)
  default     = ["kubectl-vwi-translate"]
}

variable "kubeconfig" {
  description = "Kubeconfig file of the tenant cluster"
  type        = string
  default     = null
}

variable "context" {
  description = "Context of the tenant cluster, or of the host together with vcluster and vcluster_namespace"
  type        = string
  default     = null
}

variable "host_kubeconfig" {
  description = "Kubeconfig file of the host cluster"
  type        = string
  default     = null
}

variable "host_context" {
  description = "Context of the host cluster"
  type        = string
  default     = null
}

variable "vcluster" {
  description = "Name of the vCluster (its Helm release), where nothing else tells"
  type        = string
  default     = null
}

variable "vcluster_namespace" {
  description = "Host namespace of the vCluster's control plane, where nothing else tells"
  type        = string
  default     = null
}

variable "accept" {
  description = "Weakest proof that is enough: proven, configured or computed; null is configured"
  type        = string
  default     = null
}
