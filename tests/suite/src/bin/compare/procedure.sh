#!/usr/bin/env bash
# The vendor's documented procedure for one ServiceAccount, step by step, as the pipe's rival in the bench:
# without its `sleep 30`, without its test pod, and without the call for the host name (KSA_NAME is handed in).
# Source: vcluster docs, third-party-integrations/pod-identity/aks-workload-identity.
set -euo pipefail

: "${RESOURCE_GROUP_NAME:?}" "${SERVICE_ACCOUNT_NAME:?}" "${SERVICE_ACCOUNT_NAMESPACE:?}" "${VCLUSTER_NAMESPACE:?}" \
  "${AKS_CLUSTER_NAME:?}" "${REGION:?}" "${FEDERATED_IDENTITY_CREDENTIAL_NAME:?}" "${USER_ASSIGNED_IDENTITY_NAME:?}" \
  "${KSA_NAME:?}" "${TENANT_CONTEXT:?}"

SUBSCRIPTION_ID=$(az account show --query id --output tsv)
az identity create --name "$USER_ASSIGNED_IDENTITY_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --location "$REGION" --subscription "$SUBSCRIPTION_ID" --output none
AKS_OIDC_ISSUER=$(az aks show --name "$AKS_CLUSTER_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --query oidcIssuerProfile.issuerUrl --output tsv)
CLIENT_ID=$(az identity show --name "$USER_ASSIGNED_IDENTITY_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --query clientId --output tsv)
TENANT_ID=$(az identity show --name "$USER_ASSIGNED_IDENTITY_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --query tenantId --output tsv)
az identity federated-credential create --name "$FEDERATED_IDENTITY_CREDENTIAL_NAME" \
  --identity-name "$USER_ASSIGNED_IDENTITY_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --issuer "$AKS_OIDC_ISSUER" --subject "system:serviceaccount:$VCLUSTER_NAMESPACE:$KSA_NAME" \
  --audience api://AzureADTokenExchange --output none
PRINCIPAL_ID=$(az identity show --name "$USER_ASSIGNED_IDENTITY_NAME" --resource-group "$RESOURCE_GROUP_NAME" \
  --query principalId --output tsv)
SCOPE=/subscriptions/$SUBSCRIPTION_ID/resourceGroups/$RESOURCE_GROUP_NAME
az role assignment create --assignee-object-id "$PRINCIPAL_ID" --assignee-principal-type ServicePrincipal \
  --role Reader --scope "$SCOPE" --output none
az role assignment list --assignee "$PRINCIPAL_ID" --scope "$SCOPE" --output none
kubectl --context "$TENANT_CONTEXT" annotate serviceaccount "$SERVICE_ACCOUNT_NAME" \
  --namespace "$SERVICE_ACCOUNT_NAMESPACE" --overwrite \
  azure.workload.identity/use=true \
  "azure.workload.identity/client-id=$CLIENT_ID" \
  "azure.workload.identity/tenant-id=$TENANT_ID" >/dev/null
