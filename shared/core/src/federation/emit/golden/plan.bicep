// Made by kubectl vwi federate: 10 to create, 0 to change, 0 to delete, 2 unchanged (2 adopted)
// Role assignments of an identity that is made here get names that are not federate's own:
// its next run adopts them, and --delete-roles leaves them.
targetScope = 'resourceGroup'

resource app_identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: 'app-identity'
}

var app_identity_trusts = [
  {
    name: 'vwi-team-x-app-x-default-x-vc-698755ddcd6b12de'
    issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/'
    subject: 'system:serviceaccount:team-x:app-x-default-x-vc'
    audience: 'api://AzureADTokenExchange'
  }
  {
    name: 'by-hand'
    issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/'
    subject: 'system:serviceaccount:team-x:by-hand-x-default-x-vc'
    audience: 'api://AzureADTokenExchange'
  }
  {
    name: 'vwi-team-x-odd-x-default-x-vc-982195215e35ce3f'
    issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/'
    subject: 'system:serviceaccount:team-x:odd-x-default-x-vc'
    audience: 'api://it\'s "odd" \${x} %{y} \\'
  }
]

@batchSize(1)
resource app_identity_credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for trust in app_identity_trusts: {
  parent: app_identity
  name: trust.name
  properties: {
    issuer: trust.issuer
    subject: trust.subject
    audiences: [
      trust.audience
    ]
  }
}]

resource app_identity_reader 'Microsoft.Resources/deployments@2022-09-01' = {
  name: 'vwi-${uniqueString('59be9cd8-7127-5139-bec9-d9c676018af5')}'
  subscriptionId: '00000000-0000-4000-8000-000000000001'
  location: resourceGroup().location
  properties: {
    mode: 'Incremental'
    expressionEvaluationOptions: {
      scope: 'Inner'
    }
    parameters: {
      name: {
        value: '59be9cd8-7127-5139-bec9-d9c676018af5'
      }
      principalId: {
        value: app_identity.properties.principalId
      }
    }
    template: {
      '$schema': 'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#'
      contentVersion: '1.0.0.0'
      parameters: {
        name: {
          type: 'string'
        }
        principalId: {
          type: 'string'
        }
      }
      resources: [
        {
          type: 'Microsoft.Authorization/roleAssignments'
          apiVersion: '2022-04-01'
          name: '[parameters(\'name\')]'
          properties: {
            roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
            principalId: '[parameters(\'principalId\')]'
            principalType: 'ServicePrincipal'
          }
        }
      ]
    }
  }
}

resource app_identity_reader_2 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: '00000000-0000-4000-8000-0000000000bb'
  properties: {
    roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
    principalId: app_identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource app_identity_reader_3 'Microsoft.Resources/deployments@2022-09-01' = {
  name: 'vwi-${uniqueString('3d18e535-9911-5233-a5b4-35c154a08061')}'
  subscriptionId: '00000000-0000-4000-8000-000000000001'
  resourceGroup: 'rg-data'
  properties: {
    mode: 'Incremental'
    expressionEvaluationOptions: {
      scope: 'Inner'
    }
    parameters: {
      name: {
        value: '3d18e535-9911-5233-a5b4-35c154a08061'
      }
      principalId: {
        value: app_identity.properties.principalId
      }
    }
    template: {
      '$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
      contentVersion: '1.0.0.0'
      parameters: {
        name: {
          type: 'string'
        }
        principalId: {
          type: 'string'
        }
      }
      resources: [
        {
          type: 'Microsoft.Authorization/roleAssignments'
          apiVersion: '2022-04-01'
          name: '[parameters(\'name\')]'
          scope: '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data'
          properties: {
            roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
            principalId: '[parameters(\'principalId\')]'
            principalType: 'ServicePrincipal'
          }
        }
      ]
    }
  }
}

resource fresh 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'fresh'
  location: 'westeurope'
  tags: {
    'managed-by': 'kubectl-vwi'
  }
}

var fresh_trusts = [
  {
    name: 'vwi-team-x-app-x-default-x-vc-698755ddcd6b12de'
    issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/'
    subject: 'system:serviceaccount:team-x:app-x-default-x-vc'
    audience: 'api://AzureADTokenExchange'
  }
  {
    name: 'vwi-team-x-job-x-default-x-vc-8b53bfa3c9922abd'
    issuer: 'https://westeurope.oic.prod-aks.azure.com/t/g/'
    subject: 'system:serviceaccount:team-x:job-x-default-x-vc'
    audience: 'api://AzureADTokenExchange'
  }
]

@batchSize(1)
resource fresh_credentials 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = [for trust in fresh_trusts: {
  parent: fresh
  name: trust.name
  properties: {
    issuer: trust.issuer
    subject: trust.subject
    audiences: [
      trust.audience
    ]
  }
}]

resource fresh_reader 'Microsoft.Resources/deployments@2022-09-01' = {
  name: 'vwi-${uniqueString(guid('/subscriptions/00000000-0000-4000-8000-000000000001', fresh.id, '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'))}'
  subscriptionId: '00000000-0000-4000-8000-000000000001'
  location: resourceGroup().location
  properties: {
    mode: 'Incremental'
    expressionEvaluationOptions: {
      scope: 'Inner'
    }
    parameters: {
      name: {
        value: guid('/subscriptions/00000000-0000-4000-8000-000000000001', fresh.id, '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7')
      }
      principalId: {
        value: fresh.properties.principalId
      }
    }
    template: {
      '$schema': 'https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#'
      contentVersion: '1.0.0.0'
      parameters: {
        name: {
          type: 'string'
        }
        principalId: {
          type: 'string'
        }
      }
      resources: [
        {
          type: 'Microsoft.Authorization/roleAssignments'
          apiVersion: '2022-04-01'
          name: '[parameters(\'name\')]'
          properties: {
            roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
            principalId: '[parameters(\'principalId\')]'
            principalType: 'ServicePrincipal'
          }
        }
      ]
    }
  }
}

resource fresh_reader_2 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg', fresh.id, '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7')
  properties: {
    roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
    principalId: fresh.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource fresh_reader_3 'Microsoft.Resources/deployments@2022-09-01' = {
  name: 'vwi-${uniqueString(guid('/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data', fresh.id, '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'))}'
  subscriptionId: '00000000-0000-4000-8000-000000000001'
  resourceGroup: 'rg-data'
  properties: {
    mode: 'Incremental'
    expressionEvaluationOptions: {
      scope: 'Inner'
    }
    parameters: {
      name: {
        value: guid('/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data', fresh.id, '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7')
      }
      principalId: {
        value: fresh.properties.principalId
      }
    }
    template: {
      '$schema': 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
      contentVersion: '1.0.0.0'
      parameters: {
        name: {
          type: 'string'
        }
        principalId: {
          type: 'string'
        }
      }
      resources: [
        {
          type: 'Microsoft.Authorization/roleAssignments'
          apiVersion: '2022-04-01'
          name: '[parameters(\'name\')]'
          scope: '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/data'
          properties: {
            roleDefinitionId: '/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7'
            principalId: '[parameters(\'principalId\')]'
            principalType: 'ServicePrincipal'
          }
        }
      ]
    }
  }
}
