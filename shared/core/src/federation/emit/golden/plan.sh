#!/bin/sh
# Made by kubectl vwi federate: 10 to create, 0 to change, 0 to delete, 2 unchanged (2 adopted)
# Role assignments of an identity that is made here get names that are not federate's own:
# its next run adopts them, and --delete-roles leaves them.
set -eu

# A new identity is not known everywhere at once.
again() {
  for pause in 5 10 20 40 80; do
    "$@" && return
    sleep "$pause"
  done
  "$@"
}

# identity app-identity
az identity federated-credential create --name vwi-team-x-app-x-default-x-vc-698755ddcd6b12de --identity-name app-identity --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --issuer https://westeurope.oic.prod-aks.azure.com/t/g/ --subject system:serviceaccount:team-x:app-x-default-x-vc --audiences api://AzureADTokenExchange --output none
# credential by-hand: adopted
az identity federated-credential create --name vwi-team-x-odd-x-default-x-vc-982195215e35ce3f --identity-name app-identity --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --issuer https://westeurope.oic.prod-aks.azure.com/t/g/ --subject system:serviceaccount:team-x:odd-x-default-x-vc --audiences "api://it's \"odd\" "'${x} %{y} '"\\" --output none
az role assignment create --role /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope /subscriptions/00000000-0000-4000-8000-000000000001 --assignee-principal-type ServicePrincipal --output none --name 59be9cd8-7127-5139-bec9-d9c676018af5 --assignee-object-id 00000000-0000-4000-8000-0000000000aa
# role Reader at /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg: adopted
az role assignment create --role /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data --assignee-principal-type ServicePrincipal --output none --name 3d18e535-9911-5233-a5b4-35c154a08061 --assignee-object-id 00000000-0000-4000-8000-0000000000aa

# identity fresh
az identity create --name fresh --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --location westeurope --tags 'managed-by=kubectl-vwi' --output none
again az identity federated-credential create --name vwi-team-x-app-x-default-x-vc-698755ddcd6b12de --identity-name fresh --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --issuer https://westeurope.oic.prod-aks.azure.com/t/g/ --subject system:serviceaccount:team-x:app-x-default-x-vc --audiences api://AzureADTokenExchange --output none
again az identity federated-credential create --name vwi-team-x-job-x-default-x-vc-8b53bfa3c9922abd --identity-name fresh --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --issuer https://westeurope.oic.prod-aks.azure.com/t/g/ --subject system:serviceaccount:team-x:job-x-default-x-vc --audiences api://AzureADTokenExchange --output none
principal_id=$(az identity show --name fresh --resource-group rg --subscription 00000000-0000-4000-8000-000000000001 --query principalId --output tsv)
again az role assignment create --role /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope /subscriptions/00000000-0000-4000-8000-000000000001 --assignee-principal-type ServicePrincipal --output none --assignee-object-id "$principal_id"
again az role assignment create --role /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg --assignee-principal-type ServicePrincipal --output none --assignee-object-id "$principal_id"
again az role assignment create --role /subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7 --scope /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data --assignee-principal-type ServicePrincipal --output none --assignee-object-id "$principal_id"
