defmodule ServiceRadar.BMP.Test.LeftOut do
  @moduledoc """
  Tests that this machine or this build cannot run count as skipped, with the reason; none is left out in silence.

  A test of a module that compiles says so with `@tag skip: reason`. A file whose module cannot even be compiled, because
  its packages are not there, calls `file/2` instead of defining the module.

  As a formatter of ExUnit it prints, after the last test, how many passed, and for each reason how many were left out.
  """
  use GenServer

  @doc "Defines, for the tests of a file, tests of the same names that are skipped for the reason."
  def file(path, reason) do
    names = path |> File.read!() |> Code.string_to_quoted!() |> names()
    module = Module.concat(__MODULE__, path |> Path.basename(".exs") |> Macro.camelize())

    tests =
      quote do
        use ExUnit.Case
        @moduletag skip: unquote(reason)
        for name <- unquote(names), do: test(name, do: :ok)
      end

    Module.create(module, tests, file: path, line: 1)
  end

  # With the line, because tests of two `describe` blocks may have the same name.
  defp names(source) do
    {_, names} =
      Macro.prewalk(source, [], fn
        {:test, meta, [name | _]} = test, names ->
          {test, ["#{if is_binary(name), do: name, else: Macro.to_string(name)} (line #{meta[:line]})" | names]}

        other, names ->
          {other, names}
      end)

    Enum.reverse(names)
  end

  @impl true
  def init(_options), do: {:ok, %{passed: 0, left_out: %{}}}

  @impl true
  def handle_cast({:test_finished, %ExUnit.Test{state: nil}}, counts),
    do: {:noreply, %{counts | passed: counts.passed + 1}}

  def handle_cast({:test_finished, %ExUnit.Test{state: {:skipped, reason}}}, counts),
    do: {:noreply, %{counts | left_out: Map.update(counts.left_out, reason, 1, &(&1 + 1))}}

  # `bin/test` reads these lines.
  def handle_cast({:suite_finished, _times}, counts) do
    # The dots of the tests may not have ended their line yet.
    IO.puts("\npassed: #{counts.passed}")
    for {reason, count} <- Enum.sort(counts.left_out), do: IO.puts("left out: #{count} of the tests: #{reason}")
    {:noreply, counts}
  end

  def handle_cast(_event, counts), do: {:noreply, counts}
end
