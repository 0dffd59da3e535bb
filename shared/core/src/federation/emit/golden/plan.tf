# Made by kubectl vwi federate: 10 to create, 0 to change, 0 to delete, 2 unchanged (2 adopted)

terraform {
  required_version = ">= 1.5"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  subscription_id = "00000000-0000-4000-8000-000000000001"

  features {}
}

data "azurerm_user_assigned_identity" "app_identity" {
  name                = "app-identity"
  resource_group_name = "rg"
}

resource "azurerm_federated_identity_credential" "vwi_team_x_app_x_default_x_vc_698755ddcd6b12de" {
  name                = "vwi-team-x-app-x-default-x-vc-698755ddcd6b12de"
  resource_group_name = "rg"
  parent_id           = data.azurerm_user_assigned_identity.app_identity.id
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/g/"
  subject             = "system:serviceaccount:team-x:app-x-default-x-vc"
  audience            = ["api://AzureADTokenExchange"]
}

import {
  to = azurerm_federated_identity_credential.by_hand
  id = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app-identity/federatedIdentityCredentials/by-hand"
}

resource "azurerm_federated_identity_credential" "by_hand" {
  name                = "by-hand"
  resource_group_name = "rg"
  parent_id           = data.azurerm_user_assigned_identity.app_identity.id
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/g/"
  subject             = "system:serviceaccount:team-x:by-hand-x-default-x-vc"
  audience            = ["api://AzureADTokenExchange"]
}

resource "azurerm_federated_identity_credential" "vwi_team_x_odd_x_default_x_vc_982195215e35ce3f" {
  name                = "vwi-team-x-odd-x-default-x-vc-982195215e35ce3f"
  resource_group_name = "rg"
  parent_id           = data.azurerm_user_assigned_identity.app_identity.id
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/g/"
  subject             = "system:serviceaccount:team-x:odd-x-default-x-vc"
  audience            = ["api://it's \"odd\" $${x} %%{y} \\"]
}

resource "azurerm_role_assignment" "app_identity_reader" {
  name               = "59be9cd8-7127-5139-bec9-d9c676018af5"
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = data.azurerm_user_assigned_identity.app_identity.principal_id
  principal_type     = "ServicePrincipal"
}

import {
  to = azurerm_role_assignment.app_identity_reader_2
  id = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-0000000000bb"
}

resource "azurerm_role_assignment" "app_identity_reader_2" {
  name               = "00000000-0000-4000-8000-0000000000bb"
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = data.azurerm_user_assigned_identity.app_identity.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "app_identity_reader_3" {
  name               = "3d18e535-9911-5233-a5b4-35c154a08061"
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = data.azurerm_user_assigned_identity.app_identity.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_user_assigned_identity" "fresh" {
  name                = "fresh"
  resource_group_name = "rg"
  location            = "westeurope"
  tags                = { "managed-by" = "kubectl-vwi" }
}

resource "azurerm_federated_identity_credential" "vwi_team_x_app_x_default_x_vc_698755ddcd6b12de_2" {
  name                = "vwi-team-x-app-x-default-x-vc-698755ddcd6b12de"
  resource_group_name = "rg"
  parent_id           = azurerm_user_assigned_identity.fresh.id
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/g/"
  subject             = "system:serviceaccount:team-x:app-x-default-x-vc"
  audience            = ["api://AzureADTokenExchange"]
}

resource "azurerm_federated_identity_credential" "vwi_team_x_job_x_default_x_vc_8b53bfa3c9922abd" {
  name                = "vwi-team-x-job-x-default-x-vc-8b53bfa3c9922abd"
  resource_group_name = "rg"
  parent_id           = azurerm_user_assigned_identity.fresh.id
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/g/"
  subject             = "system:serviceaccount:team-x:job-x-default-x-vc"
  audience            = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "fresh_reader" {
  name               = uuidv5("url", "/subscriptions/00000000-0000-4000-8000-000000000001|${lower(azurerm_user_assigned_identity.fresh.principal_id)}|acdd72a7-3385-48ef-bd42-f606fba81ae7")
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = azurerm_user_assigned_identity.fresh.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "fresh_reader_2" {
  name               = uuidv5("url", "/subscriptions/00000000-0000-4000-8000-000000000001/resourcegroups/rg|${lower(azurerm_user_assigned_identity.fresh.principal_id)}|acdd72a7-3385-48ef-bd42-f606fba81ae7")
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = azurerm_user_assigned_identity.fresh.principal_id
  principal_type     = "ServicePrincipal"
}

resource "azurerm_role_assignment" "fresh_reader_3" {
  name               = uuidv5("url", "/subscriptions/00000000-0000-4000-8000-000000000001/resourcegroups/rg-data/providers/microsoft.storage/storageaccounts/data|${lower(azurerm_user_assigned_identity.fresh.principal_id)}|acdd72a7-3385-48ef-bd42-f606fba81ae7")
  scope              = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data"
  role_definition_id = "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = azurerm_user_assigned_identity.fresh.principal_id
  principal_type     = "ServicePrincipal"
}
