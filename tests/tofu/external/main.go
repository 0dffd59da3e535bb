// Command external is a stand-in for Terraform's provider `hashicorp/external`, which only a registry
// has: its data source runs a program as the documented protocol says, and refuses what the real one
// was seen to refuse.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"os/exec"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func main() {
	options := providerserver.ServeOpts{
		Address:         "example.org/hashicorp/external",
		ProtocolVersion: 5,
	}
	if err := providerserver.Serve(context.Background(), func() provider.Provider { return external{} }, options); err != nil {
		log.Fatal(err)
	}
}

type external struct{}

func (external) Metadata(_ context.Context, _ provider.MetadataRequest, response *provider.MetadataResponse) {
	response.TypeName = "external"
}

func (external) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (external) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (external) Resources(context.Context) []func() resource.Resource { return nil }

func (external) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{func() datasource.DataSource { return program{} }}
}

// program is the data source `external`.
type program struct{}

type values struct {
	Program    types.List   `tfsdk:"program"`
	WorkingDir types.String `tfsdk:"working_dir"`
	Query      types.Map    `tfsdk:"query"`
	Result     types.Map    `tfsdk:"result"`
	ID         types.String `tfsdk:"id"`
}

func (program) Metadata(_ context.Context, _ datasource.MetadataRequest, response *datasource.MetadataResponse) {
	response.TypeName = "external"
}

func (program) Schema(_ context.Context, _ datasource.SchemaRequest, response *datasource.SchemaResponse) {
	response.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"program":     schema.ListAttribute{ElementType: types.StringType, Required: true},
		"working_dir": schema.StringAttribute{Optional: true},
		"query":       schema.MapAttribute{ElementType: types.StringType, Optional: true},
		"result":      schema.MapAttribute{ElementType: types.StringType, Computed: true},
		"id":          schema.StringAttribute{Computed: true},
	}}
}

func (program) Read(ctx context.Context, request datasource.ReadRequest, response *datasource.ReadResponse) {
	var given values
	response.Diagnostics.Append(request.Config.Get(ctx, &given)...)
	var words []string
	response.Diagnostics.Append(given.Program.ElementsAs(ctx, &words, false)...)
	query := map[string]string{}
	if !given.Query.IsNull() {
		response.Diagnostics.Append(given.Query.ElementsAs(ctx, &query, false)...)
	}
	if response.Diagnostics.HasError() || len(words) == 0 {
		return
	}
	result, fault := run(ctx, words, given.WorkingDir.ValueString(), query)
	if fault != nil {
		response.Diagnostics.Append(fault)
		return
	}
	answer, problems := types.MapValueFrom(ctx, types.StringType, result)
	response.Diagnostics.Append(problems...)
	given.Result = answer
	given.ID = types.StringValue("-")
	response.Diagnostics.Append(response.State.Set(ctx, &given)...)
}

// run hands the query to the program: one JSON object without a line end, its keys sorted.
func run(ctx context.Context, words []string, folder string, query map[string]string) (map[string]string, diag.Diagnostic) {
	input, err := json.Marshal(query)
	if err != nil {
		return nil, diag.NewErrorDiagnostic("Query Handling Failed", err.Error())
	}
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir = folder
	command.Stdin = bytes.NewReader(input)
	output, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		said := "Error Message: " + string(exit.Stderr) + "\nState: " + exit.String()
		return nil, diag.NewErrorDiagnostic("External Program Execution Failed", said)
	}
	if err != nil {
		return nil, diag.NewErrorDiagnostic("External Program Lookup Failed", err.Error())
	}
	result := map[string]string{}
	if err := json.Unmarshal(output, &result); err != nil {
		return nil, diag.NewErrorDiagnostic("Unexpected External Program Results", "Result Error: "+err.Error())
	}
	return result, nil
}
