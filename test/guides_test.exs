defmodule ServiceRadar.BMP.GuidesTest do
  @moduledoc """
  What the guides say of the code holds: their examples at the prompt, and the options and events that their tables name.

  `test/commands_test.exs` runs their commands, `test/serviceradar/bmp/store/sql_guide_test.exs` their SQL.
  """
  use ExUnit.Case, async: true

  alias ServiceRadar.BMP.{Config, Telemetry}

  @guides Path.expand("../guides", __DIR__)

  # Debian's Elixir 1.14 cannot read doctests from a file, and knows no such macro.
  if macro_exported?(ExUnit.DocTest, :doctest_file, 1) do
    Code.eval_quoted(quote(do: doctest_file(unquote(Path.join(@guides, "decoding.md")))), [], __ENV__)
  else
    @tag skip: "examples of a file need Elixir 1.15 or newer"
    test "the examples of the decoding guide", do: :ok
  end

  test "every limit in the guide is an option with that name" do
    guide = File.read!(Path.join(@guides, "operating.md"))
    nested = for [_, group, name] <- Regex.scan(~r/`(session|table): \[(\w+):\]`/, guide), do: {group, name}
    assert length(nested) >= 7

    {:ok, config} = Config.new([])

    for {group, name} <- nested do
      limits = Map.fetch!(config, String.to_existing_atom(group))
      assert Map.has_key?(limits, String.to_existing_atom(name)), "#{group}: #{name}"
    end
  end

  if Code.ensure_loaded?(ServiceRadar.BMP.Migrations) do
    test "the host's migration in the guide makes the newest tables" do
      guide = File.read!(Path.join(@guides, "in-serviceradar.md"))
      assert guide =~ "version: #{ServiceRadar.BMP.Migrations.newest()})"
    end
  end

  test "the layout in the README has every crate and every folder" do
    root = Path.expand("..", @guides)
    readme = File.read!(Path.join(root, "README.md"))

    crates =
      for file <- Path.wildcard(Path.join(root, "native/*/Cargo.toml")), do: file |> Path.dirname() |> Path.basename()

    assert length(crates) >= 10
    missing = for crate <- crates, not (readme =~ "`native/#{crate}`"), do: crate
    folders = for folder <- ~w(guides bench assets proto priv/sql priv/sample), not (readme =~ "`#{folder}"), do: folder
    assert missing ++ folders == []
  end

  test "every event in the guide is one" do
    guide = File.read!(Path.join(@guides, "operating.md"))
    known = for [_, _, thing, verb] <- Telemetry.events(), do: "#{thing}, #{verb}"
    named = for [_, name] <- Regex.scan(~r/^\| `(\w+, \w+)`/m, guide), do: name
    assert length(named) >= 8
    assert Enum.uniq(named) -- known == []
  end
end
