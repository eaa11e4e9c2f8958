# `mix credo`: its own rules, without those that this project decides otherwise.
%{
  configs: [
    %{
      name: "default",
      files: %{included: ["lib/", "config/", "mix.exs"], excluded: []},
      checks: %{
        extra: [
          {Credo.Check.Refactor.Nesting, max_nesting: 3},
          {Credo.Check.Refactor.CyclomaticComplexity, max_complexity: 12}
        ],
        disabled: [
          # A route has more fields than 31, and none of the structs is made in a hot loop in Elixir.
          {Credo.Check.Warning.StructFieldAmount, []}
        ]
      }
    }
  ]
}
