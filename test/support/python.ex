defmodule ServiceRadar.BMP.Test.Python do
  @moduledoc """
  Python programs for tests, with packages of their own in a virtual environment under `_build`, made with pip where it can be.
  """

  alias ServiceRadar.BMP.Test.JSON

  @doc "Why there is no Python with the package here, or nil. Installs it the first time."
  def missing(package) do
    folder = Path.join([Mix.Project.build_path(), "python", package])
    python = Path.join(folder, "bin/python")

    cond do
      imports?(python, package) -> nil
      System.find_executable("python3") == nil -> "python3 is not installed"
      install(folder, package) and imports?(python, package) -> nil
      true -> "pip cannot install #{package} here"
    end
  end

  defp imports?(python, package),
    do: File.exists?(python) and match?({_, 0}, System.cmd(python, ["-c", "import #{package}"], stderr_to_stdout: true))

  defp install(folder, package) do
    with {_, 0} <- System.cmd("python3", ["-m", "venv", folder], stderr_to_stdout: true),
         pip = [Path.join(folder, "bin/pip"), "install", "--quiet", package],
         {_, 0} <- System.cmd("timeout", ["120" | pip], stderr_to_stdout: true) do
      true
    else
      _ -> false
    end
  end

  @doc "Starts a program that writes a JSON object a line. It ends with the test."
  def start!(program) do
    python = Path.join([Mix.Project.build_path(), "python", "pyarrow", "bin/python"])

    Port.open({:spawn_executable, python}, [
      :binary,
      :exit_status,
      :stderr_to_stdout,
      line: 1_000_000,
      args: ["-u", "-c", program]
    ])
  end

  @doc "Its objects, up to one that is wanted."
  def lines_until(port, wanted?, seen \\ []) do
    receive do
      {^port, {:data, {:eol, line}}} ->
        object = JSON.decode!(line)
        if wanted?.(object), do: Enum.reverse([object | seen]), else: lines_until(port, wanted?, [object | seen])

      {^port, {:exit_status, status}} ->
        raise "python ended with #{status}"
    after
      30_000 -> raise "python said only #{inspect(Enum.reverse(seen))}"
    end
  end
end
