variable "name" {
  description = "Name of the ServiceAccount in the tenant cluster"
  type        = string

  validation {
    condition     = length(var.name) <= 253 && can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", var.name))
    error_message = "This is no name of a ServiceAccount."
  }
}

variable "namespace" {
  description = "Namespace of the ServiceAccount in the tenant cluster"
  type        = string

  validation {
    condition     = length(var.namespace) <= 63 && can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", var.namespace))
    error_message = "This is no name of a Namespace."
  }
}

variable "vcluster" {
  description = "Name of the vCluster: its Helm release, not the name that the Platform shows"
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", var.vcluster))
    error_message = "This is no name of a Helm release."
  }
}

variable "vcluster_namespace" {
  description = "Namespace of the vCluster's control plane in the host cluster"
  type        = string

  validation {
    condition     = length(var.vcluster_namespace) <= 63 && can(regex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", var.vcluster_namespace))
    error_message = "This is no name of a Namespace."
  }
}
