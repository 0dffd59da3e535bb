variables {
  name               = "app"
  namespace          = "default"
  vcluster           = "my-vcluster"
  vcluster_namespace = "team-x"
}

run "every_vector" {
  command = plan

  module {
    source = "./tests/vectors"
  }

  assert {
    condition     = length(output.wrong) == 0
    error_message = "Not as vCluster has it: ${join(", ", output.wrong)}"
  }

  assert {
    condition     = output.count > 300 && output.cut > 100
    error_message = "The vectors were not read."
  }
}

run "subject" {
  command = plan

  assert {
    condition     = output.subject == "system:serviceaccount:team-x:app-x-default-x-my-vcluster"
    error_message = "The subject is ${output.subject}."
  }
}

run "no_name_of_a_service_account" {
  command = plan

  variables {
    name = "App"
  }

  expect_failures = [var.name]
}

run "no_name_of_a_namespace" {
  command = plan

  variables {
    namespace = "a.b"
  }

  expect_failures = [var.namespace]
}

run "no_name_of_a_release" {
  command = plan

  variables {
    vcluster = ""
  }

  expect_failures = [var.vcluster]
}

run "no_name_of_a_host_namespace" {
  command = plan

  variables {
    vcluster_namespace = "team_x"
  }

  expect_failures = [var.vcluster_namespace]
}
